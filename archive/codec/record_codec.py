"""Records of the custody log as canonical JSON, by kind and version (DESIGN §7.1, §7.7).

A record of the first form is one object with all its fields, its ``kind`` and ``v``. A record of the second form has in
the place of its private fields a list of digests::

    {"actor":"a","kind":"receipt",…,"private":[null,"<64 hex>","<64 hex>","<64 hex>"],"time":"…","v":2,…}

Entry 0 stands for the record's own private fields, 1 for what a person typed, and then come two for each file that the
record names: size and digests; all else. ``null`` says that there is nothing; a digest is the SHA-256 of domain, NUL,
salt (32 octets) and the object in canonical JSON. The objects with their salts are the private lines.

Stored bytes are the truth: what was committed to is never spelled again to be checked. Reading a record of a version
known here is strict all the same, so that no two readers take one record in two ways.
"""

from __future__ import annotations

import hashlib
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple, cast, get_args, get_type_hints

import msgspec

from archive import canonical
from archive.codec.value_codec import (
    CODECS,
    Codec,
    Shape,
    codec_of,
    read_fields,
    shape_from,
    shape_of,
    spell_value,
    spell_values,
)
from archive.model.moments import parse_moment
from archive.model.record import Group, PrivateRecord, Record, Unread, group_of, is_each_file, is_in_memory
from archive.model.record_versions import NEWEST, VERSIONS, upcast
from archive.model.remarks import RemarkCode

FILES_FROM = 2
"""From this place on private lines tell of files; those below are the record's own."""

SALT_SIZE = 32
"""Octets of salt under each digest: too many to guess."""

_DOMAIN = b"evidence-archive/custody/private/v1\x00"

_write = msgspec.json.Encoder().encode


class PrivateLine(NamedTuple):
    """What a digest of a record stands for: the entry's place, the object in canonical JSON, and its salt."""

    i: int
    object: bytes
    salt: bytes


class Spelled(NamedTuple):
    """The bytes of a record, and its private lines in the order of their places."""

    record: bytes
    private: tuple[PrivateLine, ...] = ()


class UnknownRecord(ValueError):
    """Canonical JSON of a kind or version that this program does not know."""

    def __init__(self, kind: str, v: int, announces: frozenset[tuple[str, int]] | None) -> None:
        """``announces`` is what a ``program`` record of another version announces."""
        super().__init__(f"kind {kind!r}, version {v}, is not known to this program")
        self.kind, self.v, self.announces = kind, v, announces


def private_digest(object_: bytes, salt: bytes) -> str:
    """What a record holds in place of a private object: lower-case hex SHA-256 (DESIGN §7.7).

    Raises ValueError unless the salt has 32 octets.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} octets, not {len(salt)}")
    return hashlib.sha256(_DOMAIN + salt + object_).hexdigest()


class _Digests(msgspec.Struct):
    private: list[str | None] | None = None


class _Timed(msgspec.Struct):
    time: str


class Heading(msgspec.Struct, frozen=True):
    """What records of every kind say, as it is spelled. Times compare as their spellings do."""

    kind: str
    time: str
    clock: str = ""
    last: str = ""


class _Named(msgspec.Struct):
    kind: str
    v: int


_read_digests = msgspec.json.Decoder(_Digests).decode
_read_time = msgspec.json.Decoder(_Timed).decode
_read_heading = msgspec.json.Decoder(Heading).decode
_read_named = msgspec.json.Decoder(_Named).decode


def digests_in(record: bytes) -> list[str | None]:
    """The digests of the private lines of a record, whatever its kind; empty for one without.

    Raises ValueError where they are not a list of digests.
    """
    if b'"private":[' not in record:
        return []
    try:
        return _read_digests(record).private or []
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("its digests of private lines cannot be read") from None


def file_at(record: bytes, i: int) -> str | None:
    """The file that the private line at place ``i`` of a record tells of; None for a line that tells of none.

    Raises ValueError where the record has no such line, UnknownRecord where this program does not know its kind.
    """
    digests, form = digests_in(record), _form_in(record)
    if not 0 <= i < len(digests) or digests[i] is None:
        raise ValueError(f"it has no private line {i}")
    if form is None:
        raise UnknownRecord(*_named(record), None)
    if i < FILES_FROM or not isinstance(form, _PrivateForm):
        return None
    found = msgspec.json.decode(record)
    if form.each is None or i < len(form.parts):
        return str(found["file"])
    return str(found[form.each.name][(i - len(form.parts)) // len(form.each.parts)])


def time_in(record: bytes) -> datetime | None:
    """The time in a record of any kind; None where it is not spelled as ours are."""
    try:
        return parse_moment(_read_time(record).time)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def heading_of(record: bytes) -> Heading | None:
    """Kind and time of a record of any kind; None where they are not spelled as ours are."""
    try:
        return _read_heading(record)
    except (msgspec.DecodeError, RecursionError):
        return None


def spell_record(record: Record, salts: Callable[[int], bytes]) -> Spelled:
    """``record`` as it is written; ``salts`` returns that many random octets.

    Raises ValueError where a field does not hold what its type promises, where the record is not of the newest version
    of its kind, and where private lines of it are absent.
    """
    form = _form(type(record))
    try:
        return form.spell(record, salts)
    except UnicodeEncodeError:
        raise ValueError(f"{record.kind} record: text that is not Unicode (a lone surrogate)") from None
    except ValueError as error:
        raise ValueError(f"{record.kind} record, {error}") from error


def encode_record(record: Record) -> bytes:
    """``record`` with all its fields in one object, private ones too: never for the log, for papers of our own.

    Of a record of the first form these are the bytes that the log holds. Raises ValueError like ``spell_record``.
    """
    form = _form(type(record))
    try:
        return _write(spell_value(form.whole, record))
    except UnicodeEncodeError:
        raise ValueError(f"{record.kind} record: text that is not Unicode (a lone surrogate)") from None
    except ValueError as error:
        raise ValueError(f"{record.kind} record, {error}") from error


def decode_record(data: bytes) -> Record:
    """The record that ``encode_record`` spelled as ``data``, led to the newest version of its kind.

    Raises ValueError for any other bytes: unknown or missing field, wrong type, another spelling of the same value; and
    UnknownRecord for a kind or version that a newer program wrote.
    """
    record = _read_at_once(data)
    return upcast(_read_in_steps(data) if record is None else record)


def read_record(data: bytes, private: Mapping[int, bytes]) -> Record:
    """The record that the log holds as ``data``, led to the newest version of its kind.

    ``private`` are the objects of its private lines by place, already held against their digests; those that are not
    here are ``absent``. Raises ValueError and UnknownRecord like ``decode_record``.
    """
    form = _form_in(data)
    if not isinstance(form, _PrivateForm):
        return decode_record(data)
    try:
        return upcast(form.read(data, private))
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ValueError(f"{form.kind} record: {error}") from None
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{form.kind} record, {error}") from error


def read_or_tell(data: bytes, private: Mapping[int, bytes]) -> Record | Unread:
    """As ``read_record``; what cannot be read is told, not raised."""
    try:
        return read_record(data, private)
    except UnknownRecord as error:
        return Unread(error.kind, error.v, RemarkCode.NEWER, str(error), error.announces)
    except ValueError as error:
        kind, v = _named(data)
        return Unread(kind, v, RemarkCode.MALFORMED, str(error))


def of_first_form(data: bytes) -> Record:
    """The record of the first form that is spelled so, in the class of its own version.

    Raises ValueError where it is of the second form, or no record that this program reads.
    """
    if not isinstance(_form_in(data), _Form):
        raise ValueError("it is no record of the first form")
    record = _read_at_once(data)
    return _read_in_steps(data) if record is None else record


def renewed(record: Record) -> Record:
    """``record``, which was read, as one to be written now."""
    return replace(record, v=_form(type(record)).v)


def _form_in(data: bytes) -> _Form | _PrivateForm | None:
    """The form of the record; None where it is no record, or none that is known."""
    try:
        named = _read_named(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    found = VERSIONS.get((named.kind, named.v))
    return None if found is None else _form(found)


def _named(data: bytes) -> tuple[str, int]:
    """Kind and version that a malformed record seems to have, such as can be shown."""
    with suppress(msgspec.DecodeError, RecursionError):
        named = _read_named(data)
        if _ANNOUNCED.fullmatch(f"{named.kind}/{named.v}"):
            return named.kind, named.v
    return "?", 0


def _read_at_once(data: bytes) -> Record | None:
    """The record, made by msgspec; None for anything that is not to the last bit what we spell of it.

    msgspec is told to be lenient, so that decimal strings become integers: spelling its answer again is the check.
    """
    form = _form_in(data)
    if form is None:
        return None
    try:
        record = form.decode(data)
        return record if _write(spell_value(form.whole, record)) == data else None
    except (ValueError, RecursionError):
        return None


def _read_in_steps(data: bytes) -> Record:
    """The same, field by field, to say what is wrong."""
    spelled = canonical.decode(data)
    found = _known_class(spelled)
    spelled = cast(dict[str, object], spelled)
    kind = cast(str, spelled.pop("kind"))
    form = _form(found)
    try:
        record = found(**read_fields(form.whole, spelled))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{kind} record, {error}") from error
    if _write(spell_value(form.whole, record)) != data:  # also finds what a lenient parser let pass: "+1", "AB=="
        raise ValueError(f"{kind} record in another spelling than the canonical one")
    return record


def _known_class(spelled: object) -> type[Record]:
    """The class that a JSON value names; ValueError for what is no record, UnknownRecord for what is not known."""
    if not isinstance(spelled, dict):
        raise ValueError(f"a record is a JSON object, not {type(spelled).__name__}")
    kind, version = spelled.get("kind"), spelled.get("v")
    if not isinstance(kind, str) or type(version) is not int:
        raise ValueError("a record names its kind and version")
    found = VERSIONS.get((kind, version))
    if found is None:
        raise UnknownRecord(kind, version, _announced_by(kind, spelled))
    return found


def _announced_by(kind: str, spelled: dict[str, object]) -> frozenset[tuple[str, int]] | None:
    kinds = spelled.get("kinds")
    if kind != "program" or not isinstance(kinds, list):
        return None
    return frozenset(announced(word) for word in kinds if isinstance(word, str) and _ANNOUNCED.fullmatch(word))


_ANNOUNCED = re.compile(r"[a-z-]+/[1-9][0-9]{0,3}")


def announced(word: str) -> tuple[str, int]:
    """Kind and version that a ``program`` record announces as ``seal/2``."""
    kind, _, version = word.rpartition("/")
    return kind, int(version)


@dataclass(slots=True)
class _Form:
    """How records of one class are spelled whose fields are all open."""

    kind: str
    v: int
    whole: Shape
    decode: Callable[[bytes], Record]

    def spell(self, record: Record, salts: Callable[[int], bytes]) -> Spelled:
        """The record's bytes; there are no private lines."""
        return Spelled(_write(spell_value(self.whole, record)))


@dataclass(slots=True)
class _Part:
    """One private line: which entry, and how its object is spelled. ``empty`` are values that need no line."""

    shape: Shape
    empty: tuple[object, ...]

    def spell(self, value: object) -> bytes | None:
        """The object in canonical JSON; None where there is nothing to say."""
        values = self.shape.values(value)
        return None if values == self.empty else _write(spell_values(self.shape, [*values]))

    def read(self, data: bytes) -> dict[str, object]:
        """The fields in an object, as JSON values; ValueError where it has others."""
        found = msgspec.json.decode(data)
        if not isinstance(found, dict) or found.keys() != self.shape.fields:
            raise ValueError("a private line has unknown or missing fields")
        return found

    def nothing(self) -> dict[str, object]:
        """The fields where there is no line."""
        return dict(zip(self.shape.names, self.empty, strict=True))


@dataclass(slots=True)
class _EachFile:
    """A field with a value for each of many files."""

    name: str
    of: type
    parts: tuple[_Part | None, ...]


@dataclass(slots=True)
class _PrivateForm:
    """How records of one class are spelled that have private fields.

    ``open`` is the object with the digests, ``open_values`` gives its values but for the digests and the files, which
    belong at the places ``at``. ``parts`` are the record's own private parts, in order.
    """

    kind: str
    v: int
    of: type[PrivateRecord]
    whole: Shape
    decode: Callable[[bytes], Record]
    open: Shape
    open_values: Callable[[object], tuple[object, ...]]
    at: int
    files_at: int | None
    parts: tuple[_Part | None, ...]
    each: _EachFile | None

    def spell(self, record: Record, salts: Callable[[int], bytes]) -> Spelled:
        """The record's bytes and its private lines."""
        record = cast(PrivateRecord, record)
        if record.absent:
            raise ValueError("private lines of it are not here")
        objects = [None if part is None else part.spell(record) for part in self.parts]
        entries = () if self.each is None else getattr(record, self.each.name)
        if self.each is not None:
            self._check_entries(entries)
            objects += [None if part is None else part.spell(entry) for entry in entries for part in self.each.parts]
        lines = [PrivateLine(i, found, salts(SALT_SIZE)) for i, found in enumerate(objects) if found is not None]
        digests: list[str | None] = [None] * len(objects)
        for line in lines:
            digests[line.i] = private_digest(line.object, line.salt)
        return Spelled(self._open(record, digests, [entry.file for entry in entries]), tuple(lines))

    def _check_entries(self, entries: object) -> None:
        each = cast(_EachFile, self.each)
        if type(entries) is not tuple or any(type(entry) is not each.of for entry in entries):
            raise ValueError(f"field {each.name}: not a tuple of {each.of.__name__}")

    def _open(self, record: Record, digests: list[str | None], files: list[str]) -> bytes:
        values = [*self.open_values(record)]
        inserted = [(self.at, tuple(digests))] + ([] if self.files_at is None else [(self.files_at, tuple(files))])
        for place, value in sorted(inserted):
            values.insert(place, value)
        return _write(spell_values(self.open, values))

    def read(self, data: bytes, private: Mapping[int, bytes]) -> PrivateRecord:
        """The record that these bytes and lines spell; ValueError for any other spelling of it."""
        found = msgspec.json.decode(data)
        if not isinstance(found, dict) or found.keys() != set(self.open.names):
            odd = sorted(set(found) ^ set(self.open.names)) if isinstance(found, dict) else ["all"]
            raise ValueError(f"unknown or missing fields {odd}")
        del found["kind"]
        digests = found.pop("private")
        files = [] if self.each is None else found.pop(self.each.name)
        _require_digests(digests, len(self.parts) + len(files) * (0 if self.each is None else len(self.each.parts)))
        absent = tuple(i for i, digest in enumerate(digests) if digest is not None and i not in private)
        if any(i >= len(digests) or digests[i] is None for i in private):
            raise ValueError("a private line that the record does not hold a digest of")
        for i, part in enumerate(self.parts):
            if part is not None:
                found |= part.read(private[i]) if i in private else part.nothing()
            elif digests[i] is not None:
                raise ValueError("a digest where this kind has no private line")
        if self.each is not None:
            found[self.each.name] = [*self._entries(files, digests, private)]
        record = msgspec.convert(found | {"absent": absent}, self.of, strict=False)
        self._require_same(record, data, private, digests, files)
        return record

    def _entries(
        self, files: list[object], digests: list[str | None], private: Mapping[int, bytes]
    ) -> Iterator[dict[str, object]]:
        """The values of each file, as JSON; of those whose lines are all here."""
        each = cast(_EachFile, self.each)
        place = len(self.parts)
        for file in files:
            value: dict[str, object] = {"file": file}
            whole = True
            for part in each.parts:
                if digests[place] is None:
                    value |= {} if part is None else part.nothing()
                elif part is None:
                    raise ValueError("a digest where this kind has no private line")
                elif place in private:
                    value |= part.read(private[place])
                else:
                    whole = False
                place += 1
            if whole:
                yield value

    def _require_same(
        self,
        record: PrivateRecord,
        data: bytes,
        private: Mapping[int, bytes],
        digests: list[str | None],
        files: list[str],
    ) -> None:
        """What was read is, spelled again, what was read: so nothing can be read in two ways."""
        if self._open(record, digests, files) != data:
            raise ValueError("another spelling than the canonical one")
        for i, part in enumerate(self.parts):
            if part is not None and i in private and part.spell(record) != private[i]:
                raise ValueError("a private line in another spelling than the canonical one")
        if self.each is None:
            return
        entries = iter(getattr(record, self.each.name))
        step = len(self.each.parts)
        for start in range(len(self.parts), len(digests), step):
            places = range(start, start + step)
            if any(digests[i] is not None and i not in private for i in places):
                continue  # left out
            entry = next(entries)
            for i, part in zip(places, self.each.parts, strict=True):
                if part is not None and i in private and part.spell(entry) != private[i]:
                    raise ValueError("a private line in another spelling than the canonical one")


_DIGEST = re.compile(r"[0-9a-f]{64}")


def _require_digests(digests: object, count: int) -> None:
    if not isinstance(digests, list) or len(digests) != count:
        raise ValueError(f"field private: not a list of {count} digests")
    if not all(digest is None or (isinstance(digest, str) and _DIGEST.fullmatch(digest)) for digest in digests):
        raise ValueError("field private: not digests")


_FORMS: dict[type[Record], _Form | _PrivateForm] = {}


def _form(record_type: type[Record]) -> _Form | _PrivateForm:
    form = _FORMS.get(record_type)
    if form is None:
        form = _FORMS[record_type] = _make_form(record_type)
    return form


def _make_form(record_type: type[Record]) -> _Form | _PrivateForm:
    kind = getattr(record_type, "kind", None)
    v = next((field.default for field in fields(record_type) if field.name == "v"), None)
    if not isinstance(kind, str) or type(v) is not int or VERSIONS.get((kind, v)) is not record_type:
        raise ValueError(f"{record_type.__name__} is not one of the records of the custody log")

    def spell_version(value: int) -> int:
        if value != v:
            raise ValueError(f"this class is of version {v}, not {value!r}")
        return value

    version = Codec("a version", frozenset({int}), spell_version)
    written = [field.name for field in fields(record_type) if not is_in_memory(field)]
    hints = get_type_hints(record_type, localns={})
    codecs = {name: codec_of(hints[name]) for name in written} | {"v": version}
    whole = shape_from(record_type.__name__, codecs, {"kind": CODECS[str]})
    decode = msgspec.json.Decoder(record_type, strict=False).decode
    if not issubclass(record_type, PrivateRecord):
        return _Form(kind, v, whole, decode)
    return _make_private_form(record_type, kind, v, codecs, whole, decode)


def _make_private_form(
    record_type: type[PrivateRecord],
    kind: str,
    v: int,
    codecs: dict[str, Codec],
    whole: Shape,
    decode: Callable[[bytes], Record],
) -> _PrivateForm:
    grouped = {group: [f for f in fields(record_type) if group_of(f) is group] for group in Group}
    each = next((field for field in fields(record_type) if is_each_file(field)), None)
    private = {field.name for some in grouped.values() for field in some} | ({each.name} if each else set())
    shown = {name: codec for name, codec in codecs.items() if name not in private}
    shown["private"] = codec_of(tuple[str | None, ...])
    if each is not None:
        shown[each.name] = codec_of(tuple[str, ...])
    open_shape = shape_from(record_type.__name__, shown, {"kind": CODECS[str]})
    plain = [name for name in open_shape.names if name != "private" and (each is None or name != each.name)]
    names_file = bool(grouped[Group.CONTENT] or grouped[Group.ABOUT])
    groups = [Group.OWN, Group.TEXT, *((Group.CONTENT, Group.ABOUT) if names_file else ())]
    return _PrivateForm(
        kind=kind,
        v=v,
        of=record_type,
        whole=whole,
        decode=decode,
        open=open_shape,
        open_values=operator.attrgetter(*plain),
        at=open_shape.names.index("private"),
        files_at=None if each is None else open_shape.names.index(each.name),
        parts=tuple(_part(record_type, grouped[group], codecs) for group in groups),
        each=None if each is None else _each(record_type, each.name),
    )


def _part(of: type, declared: list[Field[Any]], codecs: dict[str, Codec]) -> _Part | None:
    if not declared:
        return None
    shape = shape_from(of.__name__, {field.name: codecs[field.name] for field in declared})
    by_name = {field.name: field.default for field in declared}
    return _Part(shape, tuple(None if by_name[name] is MISSING else by_name[name] for name in shape.names))


def _each(of: type[PrivateRecord], name: str) -> _EachFile:
    entry = next(iter(get_args(get_type_hints(of, localns={})[name])))
    declared = [field for field in fields(entry) if field.name != "file"]
    content = [field for field in declared if group_of(field) is Group.CONTENT]
    about = [field for field in declared if field not in content]
    whole = shape_of(entry)
    codecs = dict(zip(whole.names, whole.codecs, strict=True))
    return _EachFile(name, entry, (_part(entry, content, codecs), _part(entry, about, codecs)))


def newest_kinds() -> frozenset[tuple[str, int]]:
    """The kinds and versions that this program writes."""
    return frozenset((kind, _form(found).v) for kind, found in NEWEST.items())
