#!/usr/bin/env python3
"""Check evidence packages and their custody log, trusting nobody: one file, no program of the archive, no network.

    python3 -I verify_custody.py [DIR] [--since CHECKPOINT]... [--key VKEY]... [--proof FILE]...

DIR is a handover volume, a storage location or one package, and is only read. --since, a file with a checkpoint (three
lines are enough, or five copied by hand), and --key, the archive's verifier key, show that it was not all made anew, if
you got them by ANOTHER WAY. --proof: that a record is in the log, or that a checkpoint continues another. Signatures
need the program openssl. verify_acts.py checks all this and who approved deletions; VERIFY-BY-HAND.txt, by hand.
Exit code: 0 all right; 1 something is wrong; 2 not understood; 3 right so far, but something could not be checked."""
import argparse, base64, calendar, functools, hashlib, heapq, itertools, json, os, re, subprocess, sys, tempfile, time
from collections import Counter, defaultdict, namedtuple
from pathlib import Path
N = rb'"n":(?P<n>0|[1-9][0-9]{0,15})'
LEAF = re.compile(rb'{"commitment":"([0-9a-f]{64})",' + N + rb',"time":"([0-9-]{10})","type":"record","v":1}\n')
OPENING = re.compile(rb'{("erased":true,)?' + N + rb'(?(1)|,"record":({.*}),"salt":"([A-Za-z0-9+/]{43}=)")}\n')
PRIVATE = re.compile(rb'{"i":(?P<i>0|[1-9][0-9]{0,8}),' + N + rb',"object":({.*}),"salt":"([A-Za-z0-9+/]{43}=)"}\n')
FOLDERS = ("leaves", LEAF), ("openings", OPENING), ("private", PRIVATE)
LISTED = re.compile(rb"([0-9a-f]{64})  (?:packages/([^/]+/[^/]+)/)?(.+)\n")  # as sha256sum; RFC 8493 section 2.1.3
TAGS, PAYLOAD, CONTENT = b"tagmanifest-sha256.txt", b"manifest-sha256.txt", b"data/representations/original/data/"
PAPER = re.compile(r"(\d{1,16}) records?((?:\s+[0-9a-f]{4}){20})\b")
OUTCOMES = ("accepted", "duplicate", "quarantined", "rejected", "pending")
Note = namedtuple("Note", "source text origin size root signatures")  # what a checkpoint says
said = Counter()

def say(right, check: str, text: str) -> None:
    """One line of the report: right is True, False, or None where it cannot be told. Problems take back a RIGHT."""
    if right and said[False, check]:
        right, text = False, f"{said[False, check]} problems, named above"
    said.update([right, (right, check)])
    sys.stdout.write(f"{ {True: 'RIGHT', False: 'WRONG', None: 'NOT CHECKED'}[right]:12} {check:12} {text}\n")

def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()

def climb(first: int, size: int, known: list, path: list, leaf: bool) -> tuple:
    """The roots at `first` and at `size` leaves to which a proof leads, or an error: RFC 6962 section 2.1.2, `known`
    being the old root; with `leaf` section 2.1.1, and `known` is the hash of the leaf before `first`."""
    if (size == 1) if leaf else (first == size):
        (node,) = path + known
        return node, node
    half = 1 << (size - 1).bit_length() - 1  # the largest power of two smaller than size
    if first <= half:
        old, new = climb(first, half, known, path[:-1], leaf)
        return old, sha256(b"\1", new, path[-1])
    old, new = climb(first - half, size - half, known if leaf else [], path[:-1], leaf)
    return sha256(b"\1", path[-1], old), sha256(b"\1", path[-1], new)

def checkpoint(source: str, data: bytes = b"") -> Note:
    """A checkpoint: origin, size, root, further lines; an empty line; signature lines (C2SP tlog-checkpoint)."""
    data = data or (Path(source).read_bytes() if Path(source).is_file() else b"")
    text, _, tail = data.decode("utf-8-sig").replace("\r\n", "\n").strip().partition("\n\n")
    for number, groups in PAPER.findall(text.lower()):  # lines of four groups of the root, and a fifth to check them
        lines = [(g[at : at + 16], g[at + 16 : at + 20]) for g in ["".join(groups.split())] for at in range(0, 80, 20)]
        if any(sha256(f"{number} {n} {digits}".encode()).hex()[:4] != check for n, (digits, check) in enumerate(lines)):
            raise argparse.ArgumentTypeError(f"{source} was copied wrongly")
        return Note(source, b"", "", int(number), bytes.fromhex("".join(digits for digits, _ in lines)), ())
    origin, size, root = [*text.split("\n"), "", ""][:3]
    octets = bytes.fromhex(root) if len(root) == 64 else base64.b64decode(root, validate=True)
    if not re.fullmatch("0|[1-9][0-9]{0,15}", size) or len(octets) != 32:
        raise ValueError(f"{source} is no checkpoint")
    signatures = [(name, base64.b64decode(value)) for name, value in re.findall(r"^— (\S+) (\S+)$", tail, re.M)]
    return Note(source, text.encode() + b"\n", origin, int(size), octets, tuple(signatures))

def openssl(folder, words: str, **files: bytes) -> tuple:
    _ = [Path(folder, name).write_bytes(data) for name, data in files.items()]
    done = subprocess.run(["openssl", *words.split()], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode == 0, " ".join((done.stdout + done.stderr).decode("utf-8", "replace").split())

def check_signatures(notes: list, keys: list) -> None:
    """Each checkpoint is signed with a key given as "name+id+base64(01 key)" (C2SP signed-note; Ed25519, RFC 8032)."""
    verify = "pkeyutl -verify -pubin -keyform DER -inkey key -sigfile signature -rawin -in text"
    spki = bytes.fromhex("302a300506032b6570032100")  # stands before an Ed25519 key in DER; RFC 8410 section 4
    with tempfile.TemporaryDirectory() as folder:  # openssl reads files; nothing is written where the evidence lies
        for note in notes:
            tried = [openssl(folder, verify, text=note.text, signature=value[4:], key=spki + base64.b64decode(key)[1:])
                     for signer, value in note.signatures for name, key_id, key in (text.split("+", 2) for text in keys)
                     if signer == name == note.origin and value[:4].hex() == key_id]
            if not tried or not all(good for good, _ in tried):
                say(False, "signatures", f"{note.source} has no right signature of a key you gave")
    say(True, "signatures", f"{len(notes)} checkpoints are signed with a key you gave (Ed25519, RFC 8032)")

def check_token(place: Path, notes: list) -> None:
    """A time-stamp is of a checkpoint here and leads to its authority's root certificate (RFC 3161; openssl ts)."""
    verify = "ts -verify -data checkpoint.txt -in response.tsr -CAfile chain.pem -untrusted signer.pem -attime "
    told = re.search(r"stamp: (\w+ +\d+ [\d:]+)\S* (\d+) GMT", openssl(place, "ts -reply -text -in response.tsr")[1])
    moment = time.strptime(" ".join(told.groups()), "%b %d %H:%M:%S %Y") if told else time.gmtime(0)
    good, answer = openssl(place, verify + str(calendar.timegm(moment)))
    size, data = int(place.parent.name), (place / "checkpoint.txt").read_bytes()
    text = f"RFC 3161: that {place.name} saw checkpoint {size} on {time.asctime(moment)} UTC {answer * (not good)}"
    say(good and (size, data) in [(note.size, note.text) for note in notes], "time-stamps", text)

def log_lines(folder: Path, form: re.Pattern):
    """Lines of the segments "<first number>-<count>.jsonl" in order; one that a longer one repeats is passed over, and
    so is one of private lines before "<first number>-<count>.<generation>.jsonl", made when lines were erased."""
    found = [re.fullmatch(r"(\d{20})-(\d+)(?:\.(\d+))?\.jsonl", path.name) for path in folder.glob("*")]
    end, last = 0, (-1, 0)
    for first, minus, _, name in sorted((int(m[1]), -int(m[2]), -int(m[3] or 0), m[0]) for m in found if m):
        with open(folder / name, "rb") as file:
            for line in file if first - minus > end else ():
                match = form.fullmatch(line)
                place = match and (int(match["n"]), int(match["i"]) if form is PRIVATE else 0)
                if place and place > last:
                    last = place
                    yield place[0], match
                else:
                    say(False, folder.name, f"after number {last[0]} stands {line[:200]!r}")
        end = max(end, first - minus)

def opened(leaf: re.Match, opening: re.Match) -> dict:
    """The record in an opening, checked against its leaf and for its canonical form (RFC 8785)."""
    n, committed = opening["n"].decode(), (b"evidence-archive/custody/commitment/v1\0", base64.b64decode(opening[4]))
    if opening["n"] != leaf["n"] or sha256(*committed, opening[3]).hex() != leaf[1].decode():
        return say(False, "openings", f"record {n} is not the one that its leaf commits to") or {}
    record = json.loads(opening[3])
    if json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != opening[3]:
        say(False, "openings", f"record {n} is not in canonical form (RFC 8785)")
    return dated(record, leaf)

def dated(record: dict, leaf: re.Match) -> dict:
    if record["time"][:11] != leaf[3].decode() + "T":
        say(False, "openings", f"record {leaf['n'].decode()} is dated {record['time']}, its leaf {leaf[3].decode()}")
    return record

def kept_in(folder: Path) -> dict:
    """What erasures keep of records whose openings they took away, the first of each; `take` checks the erasures."""
    lines = itertools.chain.from_iterable(path.open("rb") for path in sorted(folder.glob("*.jsonl")))
    told = [OPENING.fullmatch(line) for line in lines if b'"kind":"erasure"' in line]
    records = [json.loads(match[3]) for match in told if match and match[3]]
    named = [one for record in records if record["kind"] == "erasure" for one in record["openings"]]
    return {one["n"]: {**one["kept"], "kind": one["kind"], "v": one["v"]} for one in reversed(named)}

def uncovered(n: int, record: dict, lines: list, lacking: set) -> int:
    """Put into a receipt what its private lines say, each checked against the record; how many of these are here."""
    digests = record.get("private", [])
    lacking.update((n, i) for i, digest in enumerate(digests) if digest)
    for line in lines:
        i, salted = int(line["i"]), (b"evidence-archive/custody/private/v1\0", base64.b64decode(line[4]), line[3])
        if i >= len(digests) or sha256(*salted).hex() != digests[i]:
            say(False, "private", f"line {i} of record {n} is not the one that the record holds the digest of")
        lacking.discard((n, i))
        record.update(json.loads(line[3]) if record.get("kind") == "receipt" and i == 2 else {})
    return len(lines)

def withheld(path: Path, log) -> set:
    """The lines that were withheld from this copy: named in a file, which a record has the digest and the count of."""
    data = path.read_bytes() if path.is_file() else b""
    named = [json.loads(line) for line in data.splitlines()]
    if data and (len(named), sha256(data).hex()) not in log.chosen:
        return say(False, "private", f"{path.name} is not the list that a record tells of") or set()
    return {(line["n"], line["i"]) for line in named}

class Log:
    """The custody log, read once from the first record to the last, and what its records tell."""
    def __init__(self, custody: Path, sizes: set) -> None:
        self.size, self.open, self.frozen, self.roots, self.seals, self.gone = 0, 0, 0, {0: sha256()}, {}, {}
        self.counts, self.receipts, self.undecided, self.fell = defaultdict(Counter), defaultdict(bytearray), {}, {}
        self.private, self.erased, self.lacking, self.blank = 0, set(), set(), set()
        self.chosen, self.vague, self.kept = set(), Counter(), kept_in(custody / "openings")
        subtrees, expected, self.before, number_of = [], 0, (-1, "", True), lambda pair: pair[0]
        parts = (log_lines(custody / name, form) for name, form in FOLDERS)
        for number, lines in itertools.groupby(heapq.merge(*parts, key=number_of), number_of):
            leaf, *more = (match for _, match in lines)
            if leaf.re is not LEAF:
                say(False, "leaves", f"number {number} is missing, and a line that belongs to it is here")
                continue
            if number != expected:
                say(False, "leaves", f"number {expected} is missing; the next line is of number {number}")
            for opening in more[:1] if more and more[0].re is OPENING else ():
                self.open += 1  # one that was erased counts as well: what is kept of it takes its place
                self.blank.update([number] if opening[1] else [])
                if opening[1] and number not in self.kept:
                    continue
                record = dated(self.kept[number], leaf) if opening[1] else opened(leaf, opening)
                self.private += uncovered(number, record, more[1:], self.lacking)
                self.take(record, number)
            node, bits = sha256(b"\0", leaf[0][:-1]), self.size  # the tree, kept as the roots of its complete subtrees
            while bits & 1:
                node, bits = sha256(b"\1", subtrees.pop(), node), bits >> 1
            subtrees.append(node)
            self.size, expected = self.size + 1, number + 1
            if self.size in sizes:
                self.roots[self.size] = functools.reduce(lambda right, left: sha256(b"\1", left, right), subtrees[::-1])

    def take(self, record: dict, n: int, vouched=None) -> None:
        """Remember of a record what the packages will be held against; check the counts of a closed accession."""
        kind, (before, last, early) = record.get("kind"), self.before
        aip = record.get("aip", record.get("package"))  # version 1 says "aip"
        self.before = n, record.get("time", ""), early and kind != "program"
        if before == n - 1 and last and (record["last"] != last if kind == "clock" else "" < self.before[1] < last):
            was, now = [calendar.timegm(time.strptime(one[:19], "%Y-%m-%dT%H:%M:%S")) for one in (last, record["time"])]
            if not early or (was - now > 86400 and "; behind the log by " not in record["clock"]):  # early: of 0.1
                self.fell[n] = f"record {n} is dated {record['time']}, the one before it {last}"
        if kind == "seal":
            self.seals.setdefault(aip, {**record, "n": n})  # sealed once: a second seal changes nothing
        elif kind == "receipt":
            counts, outcome = self.counts[record["accession"]], record["outcome"]
            _ = counts.update([outcome]), counts.subtract([self.undecided.pop(record["file"], "")])
            if outcome in ("pending", "quarantined", "rejected"):
                self.undecided[record["file"]] = outcome
            elif aip:  # of one that was deleted, and erased after that, the digest is not here
                self.receipts[aip] += bytes.fromhex(record.get("sha256", ""))
                self.vague[aip] += "sha256" not in record
        elif kind == "accession-closed" and self.open == n + 1:  # no record before it is withheld
            counts = [self.counts[record["accession"]][outcome] for outcome in OUTCOMES]
            if counts != [*(record[outcome] for outcome in OUTCOMES[:4]), 0] or sum(counts) != record["received"]:
                say(False, "counts", f"accession {record['accession']} was closed with other numbers than its receipts")
        elif kind == "tombstone":
            say(vouched, "packages", f"{aip} was deleted by record {n}; who approved it: verify_acts.py")
            self.gone[aip] = record["remainder"]
            self.receipts[record["remainder"]] += self.receipts.pop(aip, b"")
        elif kind == "erasure":
            self.erased.update((line["n"], line["i"]) for line in record["lines"])
            for one in record["openings"]:
                kept = one["n"] < n and self.kept.get(one["n"]) == {**one["kept"], "kind": one["kind"], "v": one["v"]}
                self.erased.update([(one["n"], -1)] if kept else [])
        elif kind == "selection":
            self.chosen.add((record["withheld"], record["withheld_sha256"]))
        elif kind == "set-aside" and record["number"] in self.fell:
            say(vouched, "times", f"{self.fell.pop(record['number'])}; set aside by record {n}: see verify_acts.py")
        elif kind == "handover-frozen":
            self.frozen = max(self.frozen, record["log_size"])

def digests(folder: bytes, skip=frozenset(), below: bytes = b""):
    """Path and SHA-256 of every file in a folder; words in place of a digest where something else than a file lies."""
    for entry in os.scandir(folder):
        path, digest = below + entry.name, hashlib.sha256()
        if entry.is_dir(follow_symlinks=False):
            yield from () if path in skip else digests(entry.path, skip, path + b"/")
        elif entry.is_file(follow_symlinks=False):
            try:
                with open(entry.path, "rb") as file:
                    _ = [*map(digest.update, iter(lambda: file.read(1 << 20), b""))]
                yield path, digest.hexdigest()
            except OSError as error:
                yield path, f"unreadable ({error.strerror})"
        else:
            yield path, "a link or device"

def compare(check: str, where: str, listed: dict, here: dict) -> None:
    for path, found in sorted({path: here.get(path, "missing") for path, _ in listed.items() ^ here.items()}.items()):
        say(False, check, f"{where} {os.fsdecode(path)!r} is {found}, it should be {listed.get(path, 'in no list')}")

def check_package(folder: Path, log: Log) -> dict:
    """Each file of a package against its manifests (RFC 8493 section 3), its seal and its receipts; returns digests."""
    name, here, whole = folder.name, dict(digests(os.fsencode(folder))), log.open == log.size
    lists = b"".join(Path(folder, os.fsdecode(path)).read_bytes() for path in (TAGS, PAYLOAD) if path in here)
    listed = {line[3]: line[1].decode() for line in LISTED.finditer(lists)}
    name in log.seals or say(not whole and None, "packages", f"{name} is here, and no record says it was sealed")
    sealed = log.seals.get(name, {}).get("tagmanifest_sha256", here.get(TAGS, "there"))
    compare("packages", name, {**listed, TAGS: sealed}, here)
    received = {log.receipts[name][i : i + 32].hex() for i in range(0, len(log.receipts[name]), 32)}
    delivered = {digest for path, digest in here.items() if path.startswith(CONTENT)}
    for digest in sorted(received - delivered if name not in log.gone.values() else ()):  # then parts were deleted
        say(False, "packages", f"{name}: a file was received with SHA-256 {digest} and is not here")
    more = delivered - received if (received or log.vague[name]) and whole else set()
    for digest in sorted(more):  # of some, the digests were withheld
        say(None if len(more) <= log.vague[name] else False, "packages",
            f"{name}: a file is here with SHA-256 {digest} and has no receipt with it")
    return here

def check_set(root: Path, log: Log) -> None:
    """Every sealed package is here, and nothing is here that no record and no list speaks of."""
    volume = (root / "packages").is_dir()
    partial = volume and json.loads((root / "handover.json").read_bytes()).get("partial")
    folders = [path for path in root.glob("packages/*/*" if volume else "??/*") if path.is_dir()]
    here = {os.fsencode("/".join(path.parts[-2:])): path for path in folders}
    apart = {b"packages/" + k for k in here} if volume else {*here, *b"custody set-aside .incoming .removing".split()}
    loose = dict(digests(os.fsencode(root), apart))
    packed = [loose.pop(k) and k for k in [*loose] if re.fullmatch(rb"../[0-9a-f-]{36}\.tar", k) and not volume]
    names = {path.name for path in folders} | {os.fsdecode(path[3:-4]) for path in packed}
    own = loose.pop(b"SHA256SUMS" if volume else b"location.json")
    with open(root / "SHA256SUMS" if volume else os.devnull, "rb") as file:
        for key, lines in itertools.groupby(map(LISTED.fullmatch, file), key=lambda line: line[2]):
            listed = {line[3]: line[1].decode() for line in lines}
            got = check_package(here.pop(key), log) if key in here else {p: loose.pop(p) for p in listed if p in loose}
            compare("list", os.fsdecode(key or b""), listed, got)
    others = {folder.name: check_package(folder, log) for folder in here.values()}
    _ = [compare("list", name, {}, found) for name, found in (*others.items(), ("", loose)) if volume or not name]
    limit = log.frozen if volume and log.frozen else log.size  # a volume holds what was sealed before the last freeze
    sealed = {aip for aip, seal in log.seals.items() if seal["n"] < limit} | {*log.receipts} - {*log.seals}
    for aip in sorted(sealed - {*log.gone, None} - names):
        say(None if partial else False, "packages", f"{aip}, into which files were sealed, is not here")
    say(True, "list", f"every file is listed or in a package; SHA-256 of SHA256SUMS or location.json: {own}")
    how = "; unpack each .tar in a copy of this folder, check that" if packed else ", as sealed (RFC 8493)"
    say(not packed or None, "packages", f"{len(names)} are here of {len(sealed)} sealed before record {limit}{how}")

def check_proof(name: str, records: list) -> list:
    """One proof by itself (RFC 6962 sections 2.1.1 and 2.1.2); returns the checkpoints it speaks of."""
    proof = json.loads(Path(name).read_bytes())
    path = [bytes.fromhex(node) for node in proof["path"]]
    if proof["kind"] == "consistency":
        old, new = notes = [checkpoint(name, proof[key].encode()) for key in ("first_checkpoint", "second_checkpoint")]
        roots = climb(old.size, new.size, [old.root], path, False)
        good = (proof["first"], proof["second"], old.root, new.root) == (old.size, new.size, *roots)
        say(good, "proof", f"{name}: that the log of {new.size} records continues that of {old.size}")
        return notes
    note, line = checkpoint(name, proof["checkpoint"].encode()), proof["leaf"].encode()
    n = int((leaf := LEAF.fullmatch(line + b"\n"))["n"])
    root = climb(n + 1, note.size, [sha256(b"\0", line)], path, True)[1]
    good = (proof["n"], proof["size"], note.root) == (n, note.size, root)
    say(good, "proof", f"{name}: that record {n} is in the log of {note.size} records")
    if proof["opening"] is not None:
        record, lines = opened(leaf, OPENING.fullmatch(proof["opening"].encode() + b"\n")), proof.get("private", [])
        here = uncovered(n, record, [PRIVATE.fullmatch(private.encode() + b"\n") for private in lines], set())
        said[False] or say(True, "private", f"{here} lines are as record {n} says: {', '.join(lines) or 'none'}")
        records.append((record, n))
        say(True, "openings", f"record {n} says {json.dumps(records[-1][0])}")
    return [note, note]

def check(root: Path, given: list, keys: list, proofs: list) -> None:
    records, custody = [], root / "custody"
    proven = [check_proof(name, records) for name in proofs]
    notes = [*map(checkpoint, sorted(custody.glob("checkpoints/*.note"))), *{*itertools.chain(*proven)}, *given]
    log = Log(custody, {note.size for note in notes})
    if custody.is_dir():
        say(True, "leaves", f"{log.size} are numbered from 0 without a gap, each in the one form that a leaf has")
        _ = [say(False, "times", f"{why}, and no record says that a clock was set back") for why in log.fell.values()]
        say(True, "times", "of the records that are here: they fall only where one says that a clock was set back")
        for n in sorted(n for n in log.blank if (n, -1) not in log.erased):
            say(False, "openings", f"that of record {n} is missing, and no record says that it was erased")
        here = f"{log.open - len(log.blank)} of {log.size} are here, as leaves say (RFC 8785)"
        erased = f"; {len(log.blank)} were erased, as recorded" if log.blank else ""
        say(log.open == log.size or None, "openings", here + erased)
        apart = withheld(custody / "withheld.jsonl", log)
        for n, i in sorted(log.lacking - log.erased - apart):
            say(False, "private", f"line {i} of record {n} is missing, and no record says that it was erased")
        gone = f"{len(log.lacking & log.erased)} were erased and {len(log.lacking & apart)} withheld, as recorded"
        say(True, "private", f"{log.private} lines are as their records say (SHA-256); {gone}")
        total = " + ".join(f"{n} {word}" for word, n in sorted(sum(log.counts.values(), Counter()).items()))
        say(log.open == log.size or None, "counts", f"files received: {total or 'none'}; their accessions agree")
        check_set(root, log)
    else:
        log.open, log.roots, joined = -1, {note.size: note.root for note in notes}, {n.size: n.size for n in notes}
        for first, last in proven:
            joined = {size: joined[first.size] if to == joined[last.size] else to for size, to in joined.items()}
        if len({*joined.values()}) > 1:
            say(None, "checkpoints", f"no proof says that those of {sorted(joined)} records continue each other")
        _ = [log.take(record, n) for record, n in records]
        check_package(root, log) if (root / "bagit.txt").is_file() else None
    for note in notes:
        if log.roots.get(note.size) != note.root or len({"", note.origin, notes[0].origin}) > 2:
            why = "not so here" if note.size in log.roots else f"here are only {log.size} records"
            say(False, "checkpoints", f"{note.source}: {note.size} in {note.origin}, root {note.root.hex()}; {why}")
    newer = log.size - max([note.size for note in notes], default=0)
    say(True, "checkpoints", f"{len(notes)} have the roots of the log here (RFC 6962 section 2.1)")
    if newer > 0 or not given:
        say(None, "checkpoints", f"{max(newer, 0)} records are newer than these; given with --since: {len(given)}")
    if not re.match("OpenSSL ([3-9]|[1-9][0-9])", tool := subprocess.getoutput("openssl version")):
        return say(None, "signatures", f"nor time-stamps: {tool if 'SSL' in tool else 'openssl is not installed'}")
    _ = [check_token(token.parent, notes) for token in sorted(custody.glob("timestamps/*/*/response.tsr"))]
    check_signatures([n for n in notes if n not in given], keys) if keys else say(None, "signatures", "no --key given")

def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("DIR", nargs="?", type=Path)
    for option, kind in (("--since", checkpoint), ("--key", str), ("--proof", str)):
        parser.add_argument(option, action="append", default=[], type=kind)
    asked = parser.parse_args()
    known = any((asked.DIR / name).exists() for name in ("custody", "bagit.txt")) if asked.DIR else asked.proof
    all([known, *map(os.path.isfile, asked.proof)]) or parser.error("give a volume, a location, a package or a proof")
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        check(asked.DIR or Path("nowhere"), asked.since, asked.key, asked.proof)
    except Exception as error:
        say(False, "reading", f"stopped by {error!r}")
    code, word = (1, "WRONG") if said[False] else (3, "RIGHT, but not all checked") if said[None] else (0, "ALL RIGHT")
    return sys.stdout.write(f"VERDICT: {word}\n") and code

__name__ == "__main__" and sys.exit(main())
