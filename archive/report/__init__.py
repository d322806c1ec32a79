"""Reports: what the archive knows, told to people.

``explain`` tells the life of one package or one file in sentences, from the custody log and from the PREMIS inside the
package. ``format_report`` counts what is held by format, risk and action, and ``format_page`` makes a page of it.
Nothing here changes anything.
"""
