#!/usr/bin/env python3
"""Check evidence packages and their custody log, and that two persons allowed what nobody may do alone.

    python3 -I verify_acts.py DIR [--since CHECKPOINT]... [--key VKEY]...

Does all that verify_custody.py does, which must lie beside it, with the same words and exit codes. It also holds each
deletion, new or retired key, lowered setting, lifted hold, retired location and handover against the records before it:
one person signed a request, which names the exact list by its SHA-256; another person signed an approval; the delay
passed; no legal hold stood against it. From the moment that two persons have keys, a further key needs a request too.
Needs the program openssl, version 3, and every record: with some withheld, who approved cannot be told.
"""
import base64, calendar, hashlib, importlib.util, json, re, subprocess, sys, tempfile, time
from pathlib import Path

REQUEST = ("act", "archive", "delay_hours", "request", "requested_by", "subjects_sha256", "valid_days")
APPROVAL = ("act", "archive", "expires", "not_before", "request", "requested_by", "subjects_sha256")
ED25519 = bytes.fromhex("302a300506032b6570032100")  # what stands before such a key in DER: RFC 8410 section 4
ACTS = {  # kind of record: the act that was asked for, and which part of the list is which part of the record
    "tombstone": ("deletion", {"package": "package", "files": "files"}),
    "location-retired": ("location-retirement", {"location": "name"}),
    "legal-hold-lifted": ("hold-lift", {"hold": "hold"}),
    "handover-volume": ("export", {"handover": "handover"}),
    "key": ("key-addition", {"key": "name", "role": "role", "public_key": "public_key", "holder": "holder"}),
    "key-retired": ("key-retirement", {"key": "name"}),
    "set-aside": ("set-aside", {"record": "number", "commitment": "commitment"}),
    "erasure": ("erasure", {}),
}
KINDS = {*ACTS, "clock", "policy", "request", "approval", "request-withdrawn", "carried-out", "legal-hold", "seal"}
STAYING = {*KINDS, "program", "location", "location-retired", "accession-closed"}  # openings of these are not erased
NOT_ALONE = ("handover-volume", "key", "key-retired")  # need a request only once two persons have keys
SMALLER_IS_LESS = ("approvals.delay_hours", "copies.required")  # of other settings, a larger value protects less


class Wrong(Exception):
    """Why a record should not be where it is."""


def is_signed(public: str, signature: str, statement: dict) -> bool:
    """Whether `statement`, as one line of canonical JSON (RFC 8785), is signed with this key; both in base64."""
    line, key = canonical(statement) + b"\n", base64.b64decode(public)
    key = key if key.startswith(ED25519) else ED25519 + key  # of version 2 of a key record, and of version 1
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key"]
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", key), ("signature", base64.b64decode(signature)), ("line", line)):
            Path(folder, name).write_bytes(data)
        words += ["-sigfile", "signature", "-rawin", "-in", "line"]
        return subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def canonical(value: dict) -> bytes:
    """A value as one line of canonical JSON (RFC 8785), without its line feed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def request_statement(record: dict) -> dict:
    """What the person who asks has signed: the reason, or since version 2 its digest."""
    why = "reason" if record["v"] == 1 else "reason_sha256"
    return {**{name: record[name] for name in (*REQUEST, why)}, "what": f"evidence-archive/request/v{record['v']}"}


def approval_statement(record: dict, key: str, version: int) -> dict:
    """What the person who approves has signed: all of the request, and whose signature this is."""
    said = {name: record[name] for name in APPROVAL}
    asked = hashlib.sha256(canonical(request_statement(record)) + b"\n").hexdigest()
    why = {"reason": record["reason"]} if version == 1 else {"reason_sha256": reason_sha256(record)}
    return {**said, **why, "approved_by": key, "request_sha256": asked, "what": f"evidence-archive/approval/v{version}"}


def reason_sha256(record: dict) -> str:
    """The digest of the reason that was signed; a request of version 1 holds the reason itself."""
    if record["v"] > 1:
        return record["reason_sha256"]
    return hashlib.sha256(canonical({"reason": record["reason"], "salt": ""})).hexdigest()


def in_final_words(record: dict) -> dict:
    """A record with the words of version 2, in which a package is no longer called "aip" and a list is a list."""
    if record["v"] > 1 or "aip" not in record:
        return record
    listed = {"files": json.loads(record["files"])} if record["kind"] == "tombstone" else {}
    return {**record, "package": record["aip"], **listed}


def seconds(moment: str) -> int:
    """A moment like 2026-11-22T09:42:13.456352Z in whole seconds since 1970."""
    return calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))


class Docket:
    """Keys, requests, settings and legal holds, as the records so far tell them."""

    def __init__(self, archive: str) -> None:
        self.archive, self.keys, self.requests, self.settings = archive, {}, {}, {}
        self.holds, self.accessions, self.acts, self.gone, self.erased = {}, {}, 0, {}, {}

    def two_persons(self) -> bool:
        """Whether two persons have, or had, an approver's key."""
        return len({key["holder"] for key in self.keys.values() if key["role"] == "approver"}) >= 2

    def signer(self, name: str) -> dict:
        """The key of that name; Wrong where it cannot sign requests and approvals now."""
        key = self.keys.get(name)
        if key is None or key["role"] != "approver" or not key["active"]:
            raise Wrong(f"the key '{name}' is not one of a person who may approve")
        return key

    def take(self, record: dict) -> None:
        """Take the next record; Wrong where it should not be there. What it changes is changed all the same."""
        kind = record["kind"]
        try:
            if kind in ACTS and self.needs_request(record):
                self.acts += 1
                self.allowed(record, *ACTS[kind])
            if kind == "tombstone":
                self.held(record)
            elif kind == "erasure":
                self.entombed(record)
            elif kind == "policy":
                self.lowered({name: int(value) for name, value in record["settings"].items()}, record)
            elif kind == "request":
                self.asked(record)
            elif kind == "approval":
                self.approved(record)
        finally:
            self.change(kind, record)

    def change(self, kind: str, record: dict) -> None:
        """What a record changes, allowed or not."""
        if kind == "key":
            self.keys[record["name"]] = {**record, "active": True}
        elif kind == "key-retired" and record["name"] in self.keys:
            self.keys[record["name"]]["active"] = False
        elif kind == "policy":
            self.settings.update({name: int(value) for name, value in record["settings"].items()})
        elif kind in ("request-withdrawn", "carried-out"):
            self.requests.pop(record["request"], None)
        elif kind == "legal-hold":
            self.holds[record["hold"]] = record["subject"]
        elif kind == "legal-hold-lifted":
            self.holds.pop(record["hold"], None)
        elif kind == "tombstone":
            self.gone.update(dict.fromkeys(record["files"], record["package"]))
        elif kind == "seal":
            self.accessions[record["package"]] = record["accession"]

    def needs_request(self, record: dict) -> bool:
        """Whether this is not free: the first two persons' keys are, and the first key of the log."""
        roles = {key["role"] for key in self.keys.values()}
        first = record["kind"] == "key" and record["role"] == "log" and "log" not in roles
        return record["kind"] not in NOT_ALONE or (self.two_persons() and not first)

    def asked(self, record: dict) -> None:
        """A request, signed by one person, with the exact list."""
        key, name = self.signer(record["requested_by"]), record["requested_by"]
        delay = seconds(record["not_before"]) - seconds(record["time"])
        valid = seconds(record["expires"]) - seconds(record["not_before"])
        if record["request"] in self.requests:
            raise Wrong("this request was filed before")
        if record["archive"] != (self.archive or record["archive"]):
            raise Wrong(f"it was signed for another archive ({record['archive']})")
        if hashlib.sha256(record["subjects"].encode()).hexdigest() != record["subjects_sha256"]:
            raise Wrong("its list does not have the digest that was signed")
        if not is_signed(key["public_key"], record["signature"], request_statement(record)):
            raise Wrong(f"it is not signed with the key '{name}'")
        if (delay, valid) != (record["delay_hours"] * 3600, record["valid_days"] * 86400):
            raise Wrong("its times are not those that were signed")
        longest = self.settings.get("approvals.valid_days", record["valid_days"])
        if record["delay_hours"] < self.settings.get("approvals.delay_hours", 0) or record["valid_days"] > longest:
            raise Wrong("its delay is shorter, or it is valid for longer, than the settings said")
        self.requests[record["request"]] = {"record": record, "by": {name: key["holder"]}, "begun": False}

    def approved(self, record: dict) -> None:
        """An approval, signed by another person before the request expired."""
        key, name = self.signer(record["key"]), record["key"]
        request = self.requests.get(record["request"])
        if request is None:
            raise Wrong("no request is right that it approves")
        if key["holder"] in request["by"].values():
            raise Wrong(f"the key '{name}' is of a person who has signed this already")
        statement = approval_statement(request["record"], name, record["v"])
        if not is_signed(key["public_key"], record["signature"], statement):
            raise Wrong(f"it is not signed with the key '{name}'")
        if record["time"] >= request["record"]["expires"]:
            raise Wrong("the request had expired")
        request["by"][name] = key["holder"]

    def allowed(self, record: dict, act: str, names: dict) -> None:
        """That an approved request, whose time had come, names this."""
        subject = {name: record[field] for name, field in names.items()}
        if act == "key-addition":
            octets = base64.b64decode(record["public_key"])
            subject["public_key"] = base64.b64encode(octets[len(ED25519) :] if record["v"] > 1 else octets).decode()
        named = [subject]
        if act == "erasure":
            named = [{"n": line["n"], "i": line["i"]} for line in record["lines"]]
            named += record["openings"]  # two persons signed what is kept of each
        if not named:
            raise Wrong("it names nothing that is erased")
        for subject in named:
            self.covered(record, act, subject)

    def lowered(self, settings: dict, record: dict) -> None:
        """That each setting which protects less from now on was asked for, with its old and its new value."""
        for name, value in sorted(settings.items()):
            before = self.settings.get(name, value)
            less = value < before if name in SMALLER_IS_LESS else value > before
            if less and self.two_persons():
                self.acts += 1
                self.covered(record, "policy", {"setting": name, "from": before, "to": value})

    def covered(self, record: dict, act: str, subject: dict) -> None:
        """That the request which a record names asks for this act, has two signatures, and that its time had come."""
        request = self.requests.get(record.get("request"))
        if request is None:
            raise Wrong("no request is right that asks for it")
        asked = request["record"]
        if asked["act"] != act or not any(subject.items() <= entry.items() for entry in lists(asked["subjects"])):
            raise Wrong("the request it names does not ask for this")
        if len(request["by"]) < 2:
            raise Wrong("no second person approved it")
        if not request["begun"]:
            if not all(self.keys[name]["active"] for name in request["by"]):
                raise Wrong("a key that signed the request was retired before")
            late = record["time"] >= asked["expires"] and act != "export"  # what is written for days may end late
            if record["time"] < asked["not_before"] or late:
                raise Wrong("it was done before its time had come, or after the request had expired")
        request["begun"] = True

    def held(self, record: dict) -> None:
        """That no legal hold stood against a deletion."""
        named = {record["package"], self.accessions.get(record["package"]), *record["files"]}
        for hold in [hold for hold, subject in self.holds.items() if subject in named]:
            raise Wrong(f"the legal hold {hold} stood against it")

    def entombed(self, record: dict) -> None:
        """That whatever was erased and tells of a file went behind a tombstone of this file, and against no hold."""
        openings = record.get("openings", [])
        files = [one["kept"]["file"] for one in openings if "file" in one["kept"]]
        for one in openings:
            if one["kind"] in STAYING:
                raise Wrong(f"it takes away a {one['kind']} record, which says what others are judged by")
        for line in record["lines"]:
            told = self.erased.get(line["n"], {}) if line["i"] > 1 else {}
            named = [[told["file"]]] if "file" in told else [each for each in told.values() if isinstance(each, list)]
            files += [each[line["i"] // 2 - 1] for each in named if len(each) * 2 + 2 == len(told["private"])]
        for file in files:
            if file not in self.gone:
                raise Wrong(f"it takes away what tells of file {file}, which no tombstone before it names")
            self.held({"package": self.gone[file], "files": [file]})


def counted(told: list) -> list:
    """The records with the times that count: one dated later than a "clock" record behind it was made by a clock that
    ran ahead, and counts as made when the last one before it was that has a time. A request keeps its own."""
    fallen, found, last = [(n, record["time"]) for n, record in told if record["kind"] == "clock"], [], ""
    for n, record in told:
        without = [moment for at, moment in fallen if n < at and moment < record["time"]]
        last = (last or min(without)) if without else record["time"]
        found.append((n, record if record["kind"] == "request" else {**record, "time": last}))
    return found


def lists(subjects: str) -> list:
    return [entry for entry in json.loads(subjects) if isinstance(entry, dict)]


def judge(verifier, root: Path, log) -> None:
    """Say of each act whether it was allowed."""
    version = subprocess.getoutput("openssl version")
    if log.open != log.size or not re.match("OpenSSL ([3-9]|[1-9][0-9])", version):
        why = f"it takes every record, here are {log.open} of {log.size}; and openssl 3, here is: {version}"
        return verifier.say(None, "acts", f"who approved deletions and the like: {why}")
    notes = [verifier.checkpoint(path) for path in sorted((root / "custody/checkpoints").glob("*.note"))]
    docket = Docket("".join(note.origin for note in notes[:1]).partition("/")[2])
    about = {line["n"] for _, one in log.told if one["kind"] == "erasure" for line in one["lines"] if line["i"] > 1}
    openings = verifier.log_lines(root / "custody/openings", verifier.OPENING) if about else ()
    docket.erased = {n: json.loads(match[3]) for n, match in openings if n in about and match[3]}
    for number, record in counted(log.told):
        subject = f"{record['kind']} {record.get('aip', record.get('package', ''))}".strip() + f" (record {number})"
        try:
            docket.take(in_final_words(record))
            if record["kind"] == "tombstone":
                keys = " and ".join(docket.requests[record["request"]]["by"])
                verifier.say(True, "acts", f"{subject} was asked for and approved with the keys {keys}")
        except (Wrong, ValueError, KeyError, TypeError, AttributeError) as error:
            why = error if isinstance(error, Wrong) else f"it has another form than expected ({error!r})"
            verifier.say(False, "acts", f"{subject} was not allowed: {why}")
    verifier.say(True, "acts", f"{docket.acts} took two persons, and have the signatures of two (Ed25519, RFC 8032)")


def main() -> int:
    """Run verify_custody.py with a log that hands each record on, once it was held against its leaf."""
    place = Path(__file__).absolute().with_name("verify_custody.py")
    spec = importlib.util.spec_from_file_location("verify_custody", str(place))
    verifier = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True  # nothing is written where the evidence lies
    spec.loader.exec_module(verifier)
    logs = []

    class Log(verifier.Log):
        """The log, with the records that a docket is made of."""

        def __init__(self, *more) -> None:
            self.told = []
            logs.append(self)
            super().__init__(*more)

        def take(self, record: dict, n: int, vouched=None) -> None:
            self.told += [(n, record)] if record.get("kind") in KINDS else []
            super().take(record, n, True)

    def check(root: Path, *more) -> None:
        whole(root, *more)
        if (root / "custody").is_dir():
            judge(verifier, root, logs[0])

    whole, verifier.check, verifier.Log = verifier.check, check, Log
    return verifier.main()


if __name__ == "__main__":
    sys.exit(main())
