"""Pages for people: one self-contained HTML file each, with plots, without script and without anything remote.

``page`` holds what a page is made of, as frozen values: sections, texts, numbers, tables, and figures, which are a plot
with its table. ``plots`` holds bar charts and histograms and where their parts lie; ``bins`` sorts sizes and days into
the columns of a histogram. ``rendering`` turns a page into HTML and is the only door to jinja2; ``writing`` puts it
into a file that must not exist yet.

Whatever is said on a page is escaped, and control and bidi characters are shown instead of applied, so that delivered
names can stand here. The same page gives the same octets. What a page says is decided in ``archive.report``.
Start reading with ``page``.
"""
