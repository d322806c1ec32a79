"""Wrote ``tests/golden/0.1.tar`` with the code of release 0.1. Never run it again: it is kept as a record.

What it wrote is a small archive with every kind of record that release knew, driven through the command line at chosen
moments of the summer of 2026. Times are always the same, identifiers and keys are random. It ran in this repository at
the commit that added it, as: ``python tests/golden/0.1/make_0_1.py``. It made /srv/golden-0.1, whose paths stand in
the records.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import socket
import struct
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE.parent, HERE.parents[1] / "ingest", HERE.parents[1] / "inspection", HERE.parents[1] / "custody"):
    sys.path.append(str(folder))

from clamd_support import EICAR  # noqa: E402
from golden_support import GOLDENS, ROOT_MARK, Golden, Unpacked, one_hour_later, openings, set_clock, unpack  # noqa: E402
from ingest_support import Failing, with_opener, write  # noqa: E402
from local_authority import STAMPING, LocalAuthority, certify  # noqa: E402

from archive.cli import run  # noqa: E402
from archive.holdings import timestamping  # noqa: E402
from archive.ingest import transfer  # noqa: E402
from archive.model.records import RECORD_TYPES  # noqa: E402
from archive.storage.mounts import Mount  # noqa: E402

ROOT = Path("/srv/golden-0.1")
HOME = ROOT / "archive"
MACHINE = "golden"

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)
NOT_UTF8 = b"\xcf\xf0\xee\xf2\xee\xea\xee\xeb.txt"  # a Russian word in cp1251
NEWLINE = b"two\nlines.txt"
LATE_THREAT = b"only later signatures know this"
STATEMENT = "показания, от которых человек отказался\n".encode()

TERMS = """\
name = "case-files"
version = 1
title = "Files of cases, one package a person"
[metadata]
required = true
columns_required = ["path", "person_code"]
columns = ["consent_ref", "restriction"]
[files]
without_row = "quarantine"
duplicates = "reference"
digests = ["md5"]
[packages]
group_by = "column"
column = "person_code"
[rights]
unknown = "embargo"
"""
FORMATS = r"""<formats>
<format><puid>fmt/4</puid><name>GIF 1989a</name><version>89a</version><extension>gif</extension><signature><name>g</name>
<pattern><position>BOF</position><regex>(?s)\AGIF89a</regex></pattern></signature></format>
<format><puid>fmt/18</puid><name>PDF 1.4</name><version>1.4</version><extension>pdf</extension><signature><name>p</name>
<pattern><position>BOF</position><regex>(?s)\A%PDF-1\.4</regex></pattern></signature></format>
<format><puid>fmt/45</puid><name>RTF</name><version>1.0-1.4</version><extension>rtf</extension><signature><name>r</name>
<pattern><position>BOF</position><regex>(?s)\A\{\\rtf1</regex></pattern></signature></format>
<format><puid>fmt/13</puid><name>PNG 1.2</name><version>1.2</version><extension>png</extension><signature><name>n</name>
<pattern><position>BOF</position><regex>(?s)\A\x89PNG</regex></pattern></signature></format>
</formats>
"""  # noqa: E501
CONTAINERS = """<?xml version="1.0" encoding="UTF-8"?>
<ContainerSignatureMapping schemaVersion="1.0" signatureVersion="999"><ContainerSignatures>
<ContainerSignature Id="90010" ContainerType="ZIP"><Description>Novel</Description><Files><File><Path>novel.txt</Path>
<BinarySignatures><InternalSignatureCollection><InternalSignature ID="1"><ByteSequence Reference="BOFoffset">
<SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>'novel member'</Sequence></SubSequence>
</ByteSequence></InternalSignature></InternalSignatureCollection></BinarySignatures></File></Files></ContainerSignature>
</ContainerSignatures><FileFormatMappings><FileFormatMapping signatureId="90010" Puid="fmt/18"/></FileFormatMappings>
<TriggerPuids><TriggerPuid ContainerType="ZIP" Puid="x-fmt/263"/></TriggerPuids></ContainerSignatureMapping>
"""
OWN_RISKS = "puid,risk,advice,source,date\nx-fmt/111,high,transform,golden,2026-07-20\n"
PUBLISHED_RISKS = (
    "NARA Format ID,PRONOM URL,NARA Risk Level,NARA Preservation Action\r\n"
    "NF00001,fmt/11,Low Risk,Retain\r\nNF00002,x-fmt/111,Low Risk,Retain\r\n"
)


class Story:
    """The clock, and the hand at the keyboard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.now = datetime(2026, 6, 1, 8, tzinfo=UTC)
        set_clock(monkeypatch, self.now)

    def at(self, month: int, day: int, hour: int, minute: int = 0) -> None:
        self.now = datetime(2026, month, day, hour, minute, tzinfo=UTC)
        set_clock(self.monkeypatch, self.now)

    def __call__(self, *words: object, by: str = "olga", code: int = 0) -> Any:
        """One command, three minutes after the one before; its JSON."""
        self.now += timedelta(minutes=3)
        set_clock(self.monkeypatch, self.now)
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        named = ("--as", by) if by else ()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = run(["--archive", str(HOME), *named, *map(str, words), *([] if words[0] == "init" else ["--json"])])
        out.flush(), err.flush()
        told, wrong = out.buffer.getvalue().decode(), err.buffer.getvalue().decode()
        print(f"{self.now:%m-%d %H:%M} {ended} archive {' '.join(map(str, words))}  {wrong.strip()[:300]}")
        assert ended == code, (told, wrong)
        lines = told.splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None

    def request(self, *words: object, reason: str, by: str = "anna") -> str:
        return str(self(*words, "--reason", reason, "--key", by, by=by)["request"])

    def agreed(self, *words: object, reason: str, by: tuple[str, str] = ("anna", "boris"), carry: bool = True) -> str:
        """A request, approved by another person and, three days and an hour later, carried out."""
        request = self.request(*words, reason=reason, by=by[0])
        self("approve", request, "--key", by[1], by=by[1])
        self.now += timedelta(hours=73)
        if carry:
            self("carry-out", request, by=by[0])
        return request

    def file(self, path: str) -> str:
        (found,) = [file for file in self("find", path)["files"] if file["path"] == path]
        return str(found["id"])

    def packages(self, accession: str, kind: str = "aip") -> list[str]:
        return [p["id"] for p in self("list")["aips"] if (p["accession"], p["kind"]) == (accession, kind)]

    def close_incidents(self, reason: str) -> None:
        for incident in self("incident", "list", "--open")["incidents"]:
            self("incident", "close", incident["id"], "--reason", reason)


def delivery(name: str, files: dict[str | bytes, bytes]) -> Path:
    """A delivered folder whose files were last changed in August 2020."""
    folder = write(ROOT / "deliveries" / name, files)
    for number, path in enumerate(sorted(files, key=os.fsencode)):
        moment = 1_598_000_000_000_000_000 + number * 1_000_000_123
        os.utime(os.path.join(os.fsencode(folder), os.fsencode(path)), ns=(moment, moment))
    return folder


@contextlib.contextmanager
def scanner(version: str, threats: dict[bytes, str]) -> Iterator[None]:
    """A stand-in for clamd that finds these octets; archive.toml names it meanwhile."""
    place = ROOT / "clamd"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(line,), daemon=True).start()

        def answer(line: socket.socket) -> None:
            with line, contextlib.suppress(OSError, struct.error), line.makefile("rb") as stream:
                word = b""
                while not word.endswith(b"\0"):
                    word += stream.read(1)
                if word == b"zVERSION\0":
                    line.sendall(f"ClamAV 1.0.7/{version}\0".encode())
                    return
                data = b""
                while size := struct.unpack(">L", stream.read(4))[0]:
                    data += stream.read(size)
                found = next((threat for octets, threat in threats.items() if octets in data), None)
                if b"too hard for a scanner" in data:
                    line.sendall(b"stream: Can't allocate memory ERROR\0")
                else:
                    line.sendall(b"stream: OK\0" if found is None else f"stream: {found} FOUND\0".encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        edit('socket = ""', f'socket = "{place}"')
        try:
            yield
        finally:
            edit(f'socket = "{place}"', 'socket = ""')
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            place.unlink()


def edit(old: str, new: str) -> None:
    toml = HOME / "archive.toml"
    text = toml.read_text("utf-8")
    assert text.count(old) == 1, old
    toml.write_text(text.replace(old, new), "utf-8")


def make_authority(story: Story) -> None:
    """A time-stamping authority whose certificates hold for the whole story and thirty years more."""
    folder = ROOT / "authority"
    folder.mkdir()
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    root = certify("Golden root", ca=True, begins=begins, ends=datetime(2066, 1, 1, tzinfo=UTC))
    middle = certify(
        "Golden intermediate", root, ca=True, depth=0, begins=begins, ends=datetime(2061, 1, 1, tzinfo=UTC)
    )
    stamper = certify("Golden stamps", middle, purposes=STAMPING, begins=begins, ends=datetime(2056, 1, 1, tzinfo=UTC))
    local = LocalAuthority(folder, root, middle, stamper)
    (HOME / "authorities").mkdir(mode=0o700)
    (HOME / "authorities" / "golden.pem").write_bytes(root.pem())
    with open(HOME / "archive.toml", "a", encoding="utf-8") as toml:
        toml.write(
            '\n[[timestamps]]\nname = "golden"\nurl = "https://tsa.example.org/tsr"\nca = "authorities/golden.pem"\n'
        )
    ask: Callable[[str, bytes], bytes] = lambda _url, request: local.craft(request, time=story.now)  # noqa: E731
    object.__setattr__(timestamping.NETWORK, "ask", ask)


def begin(story: Story) -> None:
    """Four locations, agents, keys, producers, consents."""
    places = [f"--location={name}={ROOT / name}" for name in ("second", "third")]
    story("init", HOME, *places, by="")
    make_authority(story)
    roles = {"anna": "approver", "boris": "approver", "clara": "approver", "olga": "archivist"}
    roles |= {"tech-1": "technician", "auditor-1": "auditor", "nightly": "software"}
    for code, role in roles.items():
        story("agent", "add", code, "--role", role, by="")
    story("key", "new", "anna-2025", "--role", "approver", "--holder", "anna", by="anna")
    story("key", "retire", "anna-2025", "--reason", "its paper copy was lost", by="anna")
    for name in ("anna", "boris"):
        story("key", "new", name, "--role", "approver", by=name)
    story("location", "add", "fourth", ROOT / "fourth", "--reason", "a borrowed disk", by="tech-1")
    story("quarantine", "key", "--new")
    story("producer", "add", "ojos", "--name", "Collectors of open sources", "--profile", "open-source-1")
    (ROOT / "terms.toml").write_text(TERMS, "utf-8")
    story("producer", "add", "viasna", "--name", "Правозащитный центр", "--profile", ROOT / "terms.toml")
    story("consent", "add", "CF-0001", "--given", "2020-09-01", "--scope", "court,un", "--person", "P-17")
    story("consent", "add", "CF-0002", "--given", "2020-09-02", "--scope", "all", "--terms", "no-public,ask-again",
          "--expires", "2036-09-01", "--person", "P-18")  # fmt: skip
    (ROOT / "consents.csv").write_text(
        "ref,person,given,scope,terms,expires\nCF-0003,P-19,2019-01-01,un,embargo-2030,2025-12-31\n"
    )
    story("consent", "import", ROOT / "consents.csv")


def open_sources(story: Story) -> str:
    """An accession with difficult names, two files that could not be read, of which one comes and one is given up."""
    story.at(6, 3, 9)
    files: dict[str | bytes, bytes] = {
        "Видео/площадь 9 августа.png": PNG,
        "Видео/площадь 9 августа.png.ots": b"\0OpenTimestamps\0\0Proof\0 not a real one",
        NOT_UTF8: b"a name in cp1251\n",
        NEWLINE: b"a name of two lines\n",
        "post.html": b"<html><body>a post</body></html>\n",
        "post-again.html": b"<html><body>a post</body></html>\n",
        "late.bin": LATE_THREAT,
        "hard.bin": b"too hard for a scanner",
        "later.txt": b"could be read the second time\n",
        "never.mp4": b"could never be read\n",
        "empty.txt": b"",
        "odd: name?.txt": b"a name that no disk agrees on\n",
        "cafe\u0301.txt": b"a name of two spellings\n",
        f"длинное/{'и' * 120}.txt": b"a name that is shortened\n",
    }
    folder = delivery("open-sources", files)
    (folder / "an empty folder").mkdir()
    (folder / "a link").symlink_to("post.html")
    (ROOT / "open-sources.csv").write_text(
        "path;captured_at;place;rights_basis;restriction;consent_ref\n"
        "Видео/площадь 9 августа.png;2020-08-09T22:10:00+03:00;Минск;public;;\n"
        "post.html;2020-08-10;;public;no-public;\n"
        "late.bin;2020-08-11;;consent;;CF-0001\n",
        "utf-8",
    )
    (ROOT / "MD5SUMS").write_text("c5bd3f9ba1d1a0ddee8bc38ef5ee6f0b  empty.txt\n")  # a wrong one
    (ROOT / "note.txt").write_text("handed over in a sealed bag\n")
    given = ("--metadata", ROOT / "open-sources.csv", "--checksums", ROOT / "MD5SUMS", "--medium", "USB stick 0042")
    given += ("--seal", "004411", "--seal-state", "intact", "--handed-over-by", "C-02", "--received-by", "olga")
    given += ("--handed-over-at", "2026-06-02T14:05+03:00", "--hand-over-note", ROOT / "note.txt")
    words = ("ingest", folder, "--producer", "ojos", *given)
    signatures = "27390/Tue Jun  2 08:31:20 2026"
    with scanner(signatures, {}):
        with story.monkeypatch.context() as patch:
            with_opener(patch, Failing(13, b"later.txt", b"never.mp4"))
            first = story(*words, code=3)
        story.at(6, 4, 9)
        with story.monkeypatch.context() as patch:
            with_opener(patch, Failing(13, b"never.mp4"))
            story(*words, code=3)
    accession = str(first["accession"])
    story("accession", "reject", accession, "--file", "never.mp4", "--reason", "the collector deleted it")
    story("accession", "close", accession)
    story("custody", "timestamp", by="tech-1")
    return accession


def two_persons(story: Story) -> None:
    """Everything that two persons decide of keys, policy and locations."""
    story.at(6, 7, 10)
    story.agreed("location", "retire", "fourth", reason="the disk goes back to its owner")
    story.agreed("key", "new", "clara", "--role", "approver", reason="a third approver")
    story.agreed("key", "new", "log-2", "--role", "log", reason="the yearly new key of the log")
    story.agreed("key", "retire", "log-1", reason="log-2 takes its place")
    edit("every_days = 90 ", "every_days = 120 ")
    story.agreed("policy", "request", reason="the disks are slow", by=("boris", "clara"))


def testimonies(story: Story) -> str:
    """An accession of persons: one package each, bytes stored once, malware and a file without a row set apart."""
    story.at(6, 28, 9)
    files: dict[str | bytes, bytes] = {
        "P-17/допрос 1.txt": "вопросы и ответы\n".encode() * 20,
        "P-17/допрос 1 (копия).txt": "вопросы и ответы\n".encode() * 20,
        "P-17/letter.com": EICAR,
        "P-18/statement.txt": STATEMENT,
        "P-18/kept.txt": b"what the person still agrees to\n",
        "unlisted.txt": b"no row speaks of this\n",
    }
    folder = delivery("testimonies", files)
    with zipfile.ZipFile(folder / "P-18" / "photos.zip", "w") as packed:
        packed.writestr(zipfile.ZipInfo("inner/e.com", (2020, 8, 9, 22, 0, 0)), EICAR)
    os.utime(folder / "P-18" / "photos.zip", (1_598_000_000, 1_598_000_000))
    (ROOT / "testimonies.csv").write_text(
        "path,person_code,consent_ref,restriction\n"
        "P-17/допрос 1.txt,P-17,CF-0001,no-research\nP-17/допрос 1 (копия).txt,P-17,CF-0001,no-research\n"
        "P-17/letter.com,P-17,CF-0001,\nP-18/statement.txt,P-18,CF-0002,\nP-18/kept.txt,P-18,CF-0002,\n"
        "P-18/photos.zip,P-18,CF-0002,\n",
        "utf-8",
    )
    with scanner("27410/Thu Jun 25 08:31:20 2026", {EICAR: "Eicar-Test-Signature"}):
        done = story("ingest", folder, "--producer", "viasna", "--metadata", ROOT / "testimonies.csv",
                     "--medium", "disk 7", "--seal-state", "missing", code=3)  # fmt: skip
    accession = str(done["accession"])
    quarantined = {
        one["files"][0]["path"]: one["package"] for one in story("quarantine", "list", "--files")["packages"]
    }
    for path, decision in {"P-17/letter.com": "keep", "P-18/photos.zip": "reject", "unlisted.txt": "release"}.items():
        story("quarantine", "decide", quarantined[path], f"--{decision}", "--reason", f"{decision}, looked at")
    return accession


def one_file(story: Story) -> None:
    """An accession of one file, of which nothing was told but the day it came."""
    story.at(7, 1, 9)
    folder = delivery("one-file", {"letter.txt": b"only this\n"})
    story("ingest", folder, "--producer", "ojos", "--handed-over-at", "2026-06-30")


def formats(story: Story) -> None:
    """Signatures come and go, files are identified anew, a person decides, risks are rated."""
    story.at(7, 5, 9)
    (ROOT / "formats-v110.xml").write_text(FORMATS, "utf-8")
    (ROOT / "container-signature-20260303.xml").write_text(CONTAINERS, "utf-8")
    (ROOT / "third").rename(ROOT / "away")
    story("formats", "update", ROOT / "formats-v110.xml", ROOT / "container-signature-20260303.xml", by="tech-1")
    story("formats", "reidentify", code=3)
    story("formats", "update", "--as-shipped", "fido", "--even-if-older", by="tech-1")
    (ROOT / "away").rename(ROOT / "third")
    story("formats", "decide", story.file("late.bin"), "--puid", "unknown", "--reason", "nobody knows")
    story("formats", "decide", story.file("post.html"), "--puid", "fmt/96", "--reason", "seen in a browser")
    story.at(7, 21, 9)
    (ROOT / "plans_20260715.csv").write_text(PUBLISHED_RISKS, "utf-8", newline="")
    (ROOT / "own.csv").write_text(OWN_RISKS, "utf-8")
    story("formats", "watch", ROOT / "plans_20260715.csv", code=3)
    story("formats", "watch", ROOT / "own.csv", code=3)
    with scanner("27440/Mon Jul 20 08:31:20 2026", {LATE_THREAT: "Late.Threat"}):
        story("malware", "scan", code=3)
    story.close_incidents("a false alarm; the file stays")


def damage(story: Story, package: str, papers: str) -> None:
    """One file rots, one is lost, one is added, a whole package is gone; all is found, repaired and told."""
    story.at(7, 23, 9)

    def bag(location: str) -> Path:
        return ROOT / location / package[:2] / package / "data/representations/original/data"

    rotten, lost = (next(bag(place).rglob("*.png")) for place in ("second", "third"))
    data = bytearray(rotten.read_bytes())
    data[40] ^= 0x10
    rotten.write_bytes(data)
    lost.unlink()
    (bag("second") / "Thumbs.db").write_bytes(b"nobody delivered this")
    gone = next((ROOT / "second").glob(f"{papers[:2]}/{papers}"))
    shutil.rmtree(gone)
    story("audit", by="nightly", code=20)
    story.close_incidents("the disks were looked at")
    story("audit", by="nightly")


def deletions(story: Story, accession: str) -> None:
    """A consent is withdrawn and what rested on it deleted; holds; requests that come to nothing."""
    story.at(7, 26, 9)
    story("consent", "add", "CF-0001", "--given", "2020-09-01", "--scope", "court,un,prosecutor", "--person", "P-17",
          "--reason", "the form was read again")  # fmt: skip
    story("consent", "withdraw", "CF-0002", "--on", "2026-07-24", "--reason", "letter of 24 July")
    kept = story.file("P-17/допрос 1.txt")
    holds = {"file": story("hold", "place", kept, "--reason", "case 12/2026", by="anna")["hold"]}
    holds["accession"] = story("hold", "place", accession, "--reason", "order of a court", by="anna")["hold"]
    package = story.packages(accession)[0]
    holds["package"] = story("hold", "place", package, "--reason", "asked by telephone", by="anna")["hold"]
    for scope in ("accession", "package"):
        story.agreed("hold", "lift", holds[scope], reason="the order ended")
    statement = story.file("P-18/statement.txt")
    story.agreed("deletion", "request", statement, reason="consent withdrawn")
    rejected = next(p["package"] for p in story("quarantine", "list")["packages"] if p["decision"] == "reject")
    story.agreed("deletion", "request", rejected, reason="consent withdrawn", by=("clara", "anna"))
    withdrawn = story.request("deletion", "request", story.file("post.html"), reason="asked by mistake")
    story("approvals", "withdraw", withdrawn, "--reason", "asked by mistake", by="anna")


def clock_behind(story: Story) -> None:
    """For one command the clock is forty minutes behind the log."""
    story.now -= timedelta(minutes=40)
    story("consent", "add", "CF-0004", "--given", "2026-08-01", "--scope", "research", by="olga", code=3)
    story.now += timedelta(minutes=60)
    story.close_incidents("the battery of the clock was changed")


def hand_over(story: Story) -> None:
    story("handover", "plan", "--recipient", "OHCHR")
    story("handover", "freeze")
    request = story.request("handover", "request", reason="the first copy")
    story("approve", request, "--key", "clara", by="clara")
    story.now += timedelta(hours=73)
    story("handover", "volume", "1", ROOT / "volume-1")


def end(story: Story) -> None:
    """What stays open on purpose, a last audit, a checkpoint and its time-stamp."""
    story.agreed("key", "retire", "boris", reason="boris has left", by=("anna", "clara"))
    story("audit", by="auditor-1")
    story.request("deletion", "request", story.file("post-again.html"), reason="nobody approves this")
    story.now += timedelta(days=34)
    waiting = story.request("deletion", "request", story.file("empty.txt"), reason="waits for its time")
    story("approve", waiting, "--key", "clara", by="clara")
    story.request("deletion", "request", story.file("hard.bin"), reason="waits for another person", by="clara")
    story("audit", by="auditor-1")
    story("schedule", "--once", by="nightly")
    story("custody", "checkpoint", by="tech-1")
    story("custody", "timestamp", by="tech-1")


def tell() -> datetime:
    """The whole story, and when it ended."""
    ROOT.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(socket, "gethostname", lambda: MACHINE)
        medium = Mount(os.fsencode(ROOT / "deliveries"), b"/dev/sdz1", b"ext4", writable=True)
        monkeypatch.setattr(transfer, "mount_under", lambda _folder: medium)
        story = Story(monkeypatch)
        begin(story)
        collected = open_sources(story)
        two_persons(story)
        accession = testimonies(story)
        one_file(story)
        formats(story)
        package = next(p for p in story.packages(collected) if list((HOME / "store" / p[:2] / p).rglob("*.png")))
        damage(story, package, story.packages(collected, "accession-package")[0])
        deletions(story, accession)
        clock_behind(story)
        hand_over(story)
        end(story)
        return story.now


def pack(tar: Path, ended: datetime) -> None:
    """Everything but deliveries, tables and locks; what has the same octets is stored once, as hard links."""
    toml = HOME / "archive.toml"
    toml.write_text(toml.read_text("utf-8").replace(str(ROOT), ROOT_MARK), "utf-8")
    first: dict[bytes, str] = {}
    with tarfile.open(tar, "x", format=tarfile.GNU_FORMAT) as out:
        for top in ("third", "second", "fourth", "archive", "volume-1"):  # links lead to the shortest name
            for path in sorted((ROOT / top, *(ROOT / top).rglob("*"))):
                name = path.relative_to(ROOT).as_posix()
                if name.endswith(".lock") or name == "archive/lock":
                    continue
                member = tarfile.TarInfo(name)
                member.mode = 0o700 if path.is_dir() else 0o600
                member.mtime = min(int(path.stat().st_mtime), int(ended.timestamp()))
                data = b"" if path.is_dir() else path.read_bytes()
                if path.is_dir():
                    member.type = tarfile.DIRTYPE
                elif data and first.setdefault(data, name) != name:
                    member.type, member.linkname, data = tarfile.LNKTYPE, first[data], b""
                member.size = len(data)
                out.format = tarfile.USTAR_FORMAT
                try:
                    member.tobuf(tarfile.USTAR_FORMAT)
                except ValueError:  # a name is too long for it
                    out.format = tarfile.GNU_FORMAT
                out.addfile(member, io.BytesIO(data))


def keep_answers(golden: Golden, unpacked: Unpacked) -> None:
    """Ask everything once, and keep what is said."""
    folder, records = golden.folder, [json.loads(record) for _, record, _ in openings(unpacked.custody("home"))]
    packages = [record["aip"] for record in records if record["kind"] == "seal"]
    files = dict.fromkeys(record["file"] for record in records if record["kind"] == "receipt")
    accessions = dict.fromkeys(record["accession"] for record in records if record["kind"] == "accession")
    items = [record["item"] for record in records if record["kind"] == "item"]
    asked = [["list"], ["list", "--json"], ["status"], ["status", "--json"]]
    for word, identifiers in (("show", [*accessions, *packages, *items, *files]), ("explain", [*packages, *files])):
        asked += [[word, identifier] for identifier in identifiers]
    asked += [["show", identifier, "--json"] for identifier in [*accessions, *items, *files]]
    answers = []
    (folder / "answers").mkdir()
    for number, words in enumerate(asked):
        ran = unpacked.run(*words)
        name = f"answers/{number:03}-{words[0]}.{'json' if '--json' in words else 'txt'}"
        (folder / name).write_text(unpacked.normalised(ran.out), "utf-8")
        answers.append({"arguments": words, "code": ran.code, "stdout": name})
        assert ran.code == 0, (words, ran.err)
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")
    (folder / "catalogue-digest.txt").write_text(unpacked.run("catalogue", "digest").out)
    (folder / "kinds.txt").write_text("".join(f"{kind} 1\n" for kind in sorted(RECORD_TYPES)))
    for place, name in (("archive", "checkpoint.note"), ("volume-1", "checkpoint-of-volume.note")):
        newest = max((unpacked.root / place / "custody" / "checkpoints").glob("*.note"))
        shutil.copyfile(newest, folder / name)
    keys = [key["verifier_key"] for key in unpacked.run("custody", "show", "--json").json["keys"]]
    (folder / "keys.txt").write_text("".join(f"{key}\n" for key in keys))
    verdicts = []
    for place in (*golden.volumes, *golden.locations):
        base = place if place in golden.volumes else unpacked.custody(place).relative_to(unpacked.root)
        for program in ("verify_custody.py", "verify_acts.py"):
            ran = unpacked.judged(place, unpacked.root / base / program)
            name = f"answers/{place}-{Path(program).stem}.txt"
            (folder / name).write_text(unpacked.normalised(ran.out), "utf-8")
            verdicts.append({"place": place, "program": f"{base}/{program}", "code": ran.code, "stdout": name})
    (folder / "verdicts.json").write_text(json.dumps(verdicts, indent=1) + "\n")


def main() -> None:
    """Tell the story, pack what it left, and ask the packed archive everything once."""
    assert not ROOT.exists(), f"{ROOT} is there already"
    golden = replace(GOLDENS[0], sha256="")
    assert golden.version == "0.1" and not golden.tar.exists(), "a golden archive is never made again"
    os.umask(0o077)
    ended = tell()
    pack(golden.tar, ended)
    shutil.rmtree(ROOT)
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as monkeypatch:
        unpacked = unpack(golden, Path(place).resolve())
        one_hour_later(monkeypatch, unpacked)
        keep_answers(golden, unpacked)
    print(hashlib.sha256(golden.tar.read_bytes()).hexdigest(), golden.tar.stat().st_size)


if __name__ == "__main__":
    main()
