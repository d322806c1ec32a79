"""Hostile names: every one is kept, in a spelling that every tool agrees on, and byte for byte beside it."""

from __future__ import annotations

import os
from hashlib import sha256

from hostile_case import named

from archive.model.names import PackagePaths

LONG = "a long folder name/" * 12
TWICE_TOO_LONG = "/".join(["n" * 200] * 45) + "/file"
BELOW_THE_BELOW = "/".join(["d"] * 900) + "/file"
CUT = os.fsencode(str(PackagePaths().path(("x" * 300).encode()[:255] + b"/" + b"y" * 200)))

CASES = (
    named("name-of-255-bytes", "a name as long as a name can be", "x" * 251 + ".jpg", "x" * 255),
    named("name-of-255-bytes-cyrillic", "the same in letters of two and three bytes", "ж" * 127, "文" * 85),
    named("name-of-255-bytes-to-escape", "255 bytes each of which needs an escape", "%" * 255, b"\xff" * 255),
    named("names-alike-but-for-the-255th-byte", "two names that are alike once cut", "%" * 254 + "a", "%" * 254 + "b"),
    named("path-over-260", "a path too long for Windows", LONG + "film.mp4", LONG + "Film.mp4"),
    named("path-beyond-path-max", "a tree deeper than Linux takes in one piece (9,000 bytes)", TWICE_TOO_LONG),
    named("path-of-900-folders", "900 folders, one in another", BELOW_THE_BELOW),
    named("name-of-4-byte-characters", "emoji, and letters beyond the basic plane", "\U0001f600.txt", "\U00020000"),
    named("name-turning-right-to-left", "a name that reads `photo exe.jpg` and is a program", "photo \u202egpj.exe"),
    named("name-with-bidi-isolates", "isolates and marks that turn text", "\u2066a\u2069", "\u200fb", "\u061cc"),
    named("name-invisible", "names that differ by what nobody sees", "a\u200bb", "ab", "a\u00adb", "a\ufeffb"),
    named("name-homoglyph", "Latin and Cyrillic letters that look alike", "paccoon.txt", "рассооn.txt"),
    named("name-with-newline", "line feeds, as a manifest line of its own", "a\nb", "\n", "x\n00  data/y"),
    named("name-with-carriage-return", "carriage returns", "a\rb", "both\r\nends\r"),
    named("name-with-tab", "tabulators", "a\tb", "\t"),
    named("name-with-other-line-ends", "NEL, line and paragraph separator, form feed", "a\u0085", "b\u2028c", "d\x0ce"),
    named("name-with-percent", "percent signs and percent escapes", "100%.txt", "%41.txt", "A.txt", "%0A", "%2525"),
    named("name-with-encoded-traversal", "`%2e%2e%2f` as a name", "%2e%2e%2fpasswd", "..%2fpasswd", "%2Fetc"),
    named(
        "name-with-backslash", "backslashes, as a path of Windows", "..\\..\\evil.exe", "C:\\autoexec.bat", "\\\\h\\s"
    ),
    named("name-with-quotes", "quotation marks of all kinds", "'", '"', "`id`", "a\"b'c", "«ж»"),
    named("name-for-a-shell", "what a shell would carry out", "$(reboot)", "; rm -rf .", "a & b | c", "~root", "*"),
    named("name-with-leading-dash", "options of other programs", "-rf", "--help", "--check", "-"),
    named("name-with-leading-blank", "blanks in front", " a", "\u00a0b", "\u3000c", "*d"),
    named(
        "name-with-trailing-blank-or-dot", "ends that Windows drops", "a ", "a.", "a", "b\u00a0", "c./file", "d /file"
    ),
    named("name-of-dots-and-blanks", "nothing but dots or blanks", "...", " ", "....", "\u3000"),
    named("name-forbidden-on-windows", "`< > : | ? *` and a stream", "a<b>c.txt", "a:stream", "a|b", "a?b", "a*b"),
    named("name-of-a-device", "devices of Windows", "CON", "nul.txt", "Com1.tar.gz", "LPT9 .txt", "AUX/x", "conin$"),
    named(
        "names-nfc-and-nfd",
        "one name in two normalisation forms",
        "й.txt",
        "и\u0306.txt",
        "\u00c5",
        "A\u030a",
        "\u212b",
    ),
    named(
        "names-alike-but-for-case",
        "one name in several cases",
        "Foto",
        "foto",
        "FOTO",
        "straße",
        "STRASSE",
        "D/x",
        "d/x",
    ),
    named(
        "name-in-cp1251",
        "a name in a code page of Windows",
        "допрос.txt".encode("cp1251"),
        "допрос.txt".encode("cp866"),
    ),
    named(
        "name-not-utf-8", "overlong forms, halves of surrogates, stray bytes", b"\xc0\xaf", b"\xed\xa0\x80", b"\xff\xfe"
    ),
    named("name-not-xml", "what XML cannot carry", "a\x01b", "a\x08", "\ufffe", "\uffff", "\U0001ffff", "\ufdd0"),
    named(
        "name-for-a-terminal", "sequences that a terminal obeys", "a\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\x7f\x08"
    ),
    named("name-in-html", "script in a name", "<script>alert(1)<", "<img src=x onerror=alert(1)>", "&lt;b&gt;"),
    named("name-for-a-spreadsheet", "formulas", "=cmd|' calc'!A0", "+1", "@SUM(A1)", "-1+1", "=HYPERLINK(1)"),
    named(
        "name-in-another-template",
        "what templates and formats fill in",
        "{{7*7}}",
        "${x}",
        "%s%n",
        "{0}",
        "{file.name}",
    ),
    named("name-of-our-escapes", "names that look like our escapes", "=41", "A", "=3D41", "=", "a=~0123456789abcdef"),
    named("name-of-our-cuts", "a name that is the path we would give to another", "x" * 255 + "/" + "y" * 200, CUT),
    named(
        "name-of-our-digest",
        "names like those we make of a digest",
        "=~" + sha256(b"a").hexdigest(),
        "a",
        "=~" + sha256(b"a").hexdigest()[:16],
    ),
    named(
        "names-of-our-files",
        "files that are called like those of a package, in a loose folder",
        "METS.xml",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "bag-info.txt",
        "fetch.txt",
        "data/METS.xml",
        "data/metadata/preservation/premis.xml",
        "data/representations/original/data/premis.xml",
        "representations/original/METS.xml",
        codes=frozenset({"no-checksums"}),
    ),
    named(
        "names-of-our-workshop",
        "files that are called like those ingest works with",
        "journal.jsonl",
        ".listing-0",
        ".scratch-0",
        "x.sealed",
        "x.done",
        "archive.toml",
        "custody/leaves/00000000000000000000-1.jsonl",
        "location.json",
    ),
    named(
        "names-of-the-system",
        "what systems leave behind",
        "Thumbs.db",
        ".DS_Store",
        "desktop.ini",
        "._a",
        "lost+found/x",
    ),
)
