"""``archive.toml``: the few things a person sets. Everything else is in the custody log.

Parsed once, into frozen values; an unknown key is refused with file and key, because a misspelt ``every_days`` would
otherwise mean that nothing is ever audited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from archive.errors import ConfigError, NoArchiveError, UsageError

FILE_NAME = "archive.toml"
FORMAT = 1
"""Version of the layout of an archive folder. A folder with a higher one was made by a newer program."""
STORE = "store"
"""The location that every archive has, inside its own folder."""

_AUTHORITY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

HTTP = ("http", "https")
"""Schemes of addresses that are asked over the network."""

MAX_FILES = 5_000
"""Delivered files in one AIP (DESIGN §2): what one METS and one PREMIS document hold without shards."""


LARGEST_SETTING = 1_000_000
"""No number that protects the holdings is larger: days, hours, files and copies stay within any calendar."""


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """How often every replica is read in full (days), and how many damaged files of one location are repaired."""

    every_days: int = 90
    repair_limit: int = 100


@dataclass(frozen=True, slots=True)
class PackagePolicy:
    """The bounds of one AIP (DESIGN §2): files and octets of delivered content."""

    max_files: int = MAX_FILES
    max_bytes: int = 20_000_000_000
    organization: str = "International Accountability Platform for Belarus"


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """A time-stamping authority (RFC 3161): its name here, its address, and the file of its trusted roots (PEM).

    ``revocation`` are files with its revocation lists or OCSP answers, to be kept with its tokens. Files are meant
    relative to the archive's folder.
    """

    name: str
    url: str
    ca: str
    revocation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustodyPolicy:
    """Who signs checkpoints: the ``signer`` is a command and its words; empty, the key in ``keys/`` signs here."""

    signer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """At how many locations every package must lie, at least."""

    required: int = 2


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """How long a request waits before it may be carried out (hours), and how long it may be after that (days)."""

    delay_hours: int = 72
    valid_days: int = 30


@dataclass(frozen=True, slots=True)
class MalwarePolicy:
    """Where clamd listens (a Unix socket; empty: nobody scans), and how it is asked.

    ``largest_file`` are the octets of the largest file it is asked about: no more than clamd's own StreamMaxLength,
    MaxFileSize and MaxScanSize, beyond which it would call "clean" what it did not look at. ``connections`` are open to
    it at the same time.

    What is held is looked at again once its signatures are ``rescan_days`` newer than those it was looked at with; each
    night packages are begun until ``rescan_files`` or ``rescan_bytes`` (octets) were looked at.
    """

    socket: str = ""
    largest_file: int = 26_214_400
    connections: int = 2
    rescan_days: int = 30
    rescan_files: int = 50_000
    rescan_bytes: int = 50_000_000_000


@dataclass(frozen=True, slots=True)
class Config:
    """What ``archive.toml`` says. ``locations`` maps names to where this machine finds them."""

    format: int
    archive: str
    locations: dict[str, str] = field(default_factory=dict)
    audit: AuditPolicy = AuditPolicy()
    packages: PackagePolicy = PackagePolicy()
    custody: CustodyPolicy = CustodyPolicy()
    timestamps: tuple[TimestampAuthority, ...] = ()
    copies: CopyPolicy = CopyPolicy()
    approvals: ApprovalPolicy = ApprovalPolicy()
    malware: MalwarePolicy = MalwarePolicy()


class Safer(Enum):
    """In which direction a setting protects the holdings better."""

    HIGHER = 1
    LOWER = -1


PROTECTIVE: Mapping[str, Safer] = MappingProxyType(
    {
        "approvals.delay_hours": Safer.HIGHER,
        "approvals.valid_days": Safer.LOWER,
        "audit.every_days": Safer.LOWER,
        "audit.repair_limit": Safer.LOWER,
        "copies.required": Safer.HIGHER,
    }
)
"""Settings that protect the holdings: none is lowered by one person alone (ADR 0016)."""


def protective_settings(config: Config) -> dict[str, int]:
    """The value of each protective setting."""
    return {name: _get(config, name) for name in PROTECTIVE}


def lowered(wanted: Mapping[str, int], recorded: Mapping[str, int]) -> dict[str, int]:
    """Those of the ``wanted`` settings that protect less than what was ``recorded``."""
    return {
        name: value
        for name, value in wanted.items()
        if name in recorded and (value - recorded[name]) * PROTECTIVE[name].value < 0
    }


def with_settings(config: Config, settings: Mapping[str, int]) -> Config:
    """``config`` with other values of protective settings."""
    for name, value in settings.items():
        table, key = name.split(".")
        config = replace(config, **{table: replace(getattr(config, table), **{key: value})})
    return config


def _get(config: Config, name: str) -> int:
    table, key = name.split(".")
    return int(getattr(getattr(config, table), key))


def load(home: Path) -> Config:
    """The configuration of the archive at ``home``.

    Raises NoArchiveError where there is none, ConfigError naming file and key for anything not understood.
    """
    import msgspec

    path = home / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NoArchiveError(f"there is no archive at {home}", hint=f"make one with: archive init {home}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    _refuse_newer(path, data)
    try:
        config = msgspec.convert(msgspec.toml.decode(data), Config, strict=True)
        _refuse_unknown(path, msgspec.toml.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {_one_line(error)}", hint="correct this line; the file is TOML") from error
    return _checked(path, config)


def _refuse_newer(path: Path, data: bytes) -> None:
    """Look at the format before anything else: a newer file may hold keys that only a newer program knows."""
    import tomllib

    try:
        found = tomllib.loads(data.decode("utf-8")).get("format")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {_one_line(error)}", hint="correct this line; the file is TOML") from error
    if isinstance(found, int) and found > FORMAT:
        raise ConfigError(
            f"{path}: this archive has format {found}, and this program knows formats up to {FORMAT}",
            hint="use the newer version of evidence-archive that last wrote here; nothing was changed",
        )


def _refuse_unknown(path: Path, values: dict[str, object]) -> None:
    tables: dict[str, type] = {
        "audit": AuditPolicy,
        "packages": PackagePolicy,
        "copies": CopyPolicy,
        "approvals": ApprovalPolicy,
        "custody": CustodyPolicy,
        "malware": MalwarePolicy,
    }
    _refuse_keys(path, values, known=Config, prefix="")
    for name, kind in tables.items():
        table = values.get(name)
        if isinstance(table, dict):
            _refuse_keys(path, table, known=kind, prefix=f"{name}.")
    authorities = values.get("timestamps")
    for table in authorities if isinstance(authorities, list) else []:
        if isinstance(table, dict):
            _refuse_keys(path, table, known=TimestampAuthority, prefix="timestamps.")


def _refuse_keys(path: Path, table: dict[str, object], *, known: type, prefix: str) -> None:
    names = list(known.__dataclass_fields__)  # type: ignore[attr-defined]  # every policy is a dataclass
    for key in table:
        if key not in names:
            raise ConfigError(
                f"{path}: unknown key '{prefix}{key}'",
                hint=f"known here: {', '.join(prefix + name for name in names)}",
            )


def _checked(path: Path, config: Config) -> Config:
    bounds = {
        "format": config.format,
        "audit.every_days": config.audit.every_days,
        "audit.repair_limit": config.audit.repair_limit,
        "packages.max_files": config.packages.max_files,
        "packages.max_bytes": config.packages.max_bytes,
        "copies.required": config.copies.required,
        "approvals.valid_days": config.approvals.valid_days,
        "malware.largest_file": config.malware.largest_file,
        "malware.connections": config.malware.connections,
        "malware.rescan_days": config.malware.rescan_days,
        "malware.rescan_files": config.malware.rescan_files,
        "malware.rescan_bytes": config.malware.rescan_bytes,
    }
    for key, value in bounds.items():
        if value < 1:
            raise ConfigError(f"{path}: '{key}' must be at least 1, not {value}")
    if config.malware.rescan_days > LARGEST_SETTING:
        raise ConfigError(f"{path}: 'malware.rescan_days' must be at most {LARGEST_SETTING:,}")
    for key, value in protective_settings(config).items():
        if not 0 <= value <= LARGEST_SETTING:
            raise ConfigError(f"{path}: '{key}' must be between 0 and {LARGEST_SETTING:,}, not {value}")
    if config.packages.max_files > MAX_FILES:
        raise ConfigError(f"{path}: 'packages.max_files' must be at most {MAX_FILES}, not {config.packages.max_files}")
    _check_authorities(path, config.timestamps)
    return config


def _check_authorities(path: Path, authorities: Sequence[TimestampAuthority]) -> None:
    names = [authority.name for authority in authorities]
    for authority in authorities:
        if not _AUTHORITY_NAME.fullmatch(authority.name):
            hint = "use small letters, digits and hyphens, at most 40: it becomes the name of a folder"
            raise ConfigError(f"{path}: 'timestamps.name' cannot be '{authority.name}'", hint=hint)
        if names.count(authority.name) > 1:
            raise ConfigError(f"{path}: 'timestamps.name': two authorities are called '{authority.name}'")
        try:
            check_address(authority.url)
        except ValueError as error:
            raise ConfigError(f"{path}: 'timestamps.url' of '{authority.name}': {error}") from None


def check_address(url: str) -> None:
    """Raise ValueError, with a word, for an address that nothing is asked of over the network."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"not an address: {error}") from None
    if parts.scheme not in HTTP:
        raise ValueError(f"an address begins with http:// or https://, not '{parts.scheme}:'")
    if not host or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("not an address: it needs a host, and no blanks")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user names and passwords in an address: it is shown and stored")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def render(config: Config) -> bytes:
    """``config`` as the commented ``archive.toml`` that ``init`` writes."""
    locations = "".join(f"{_toml(name)} = {_toml(uri)}\n" for name, uri in config.locations.items())
    return f"""\
# One archive of evidence. What happened here is in custody/; this file holds only what a person sets.
format = {config.format}
archive = {_toml(config.archive)}

# Where this machine finds each storage location. Mend a path here when a disk is mounted elsewhere.
[locations]
{locations}
[audit]
every_days = {config.audit.every_days}       # every replica is read in full at least this often
repair_limit = {config.audit.repair_limit}    # with more damaged files than this at one location, repair stops

[copies]
required = {config.copies.required}          # every package lies at so many locations or more

[approvals]
delay_hours = {config.approvals.delay_hours}      # so long an approved request waits before it may be carried out
valid_days = {config.approvals.valid_days}       # so long it may be carried out after that

[packages]
max_files = {config.packages.max_files}      # delivered files in one package, at most 5000
max_bytes = {config.packages.max_bytes}
organization = {_toml(config.packages.organization)}

[custody]
signer = [{", ".join(map(_toml, config.custody.signer))}]    # a command that signs checkpoints; none: the key in keys/

[malware]
socket = {_toml(config.malware.socket)}    # where clamd listens, such as /run/clamav/clamd.ctl; empty: nobody scans
largest_file = {config.malware.largest_file}    # octets; no more than clamd's StreamMaxLength, MaxFileSize, MaxScanSize
rescan_days = {config.malware.rescan_days}       # looked at again when clamd's signatures are newer by so many days
rescan_files = {config.malware.rescan_files}    # a night; no package is begun after so many files
rescan_bytes = {config.malware.rescan_bytes}    # a night; nor after so many octets

# Who says when the log was what it was (RFC 3161); any number of them. See: archive custody timestamp --help
# [[timestamps]]
# name = "example"
# url = "https://tsa.example.org/tsr"
# ca = "authorities/example-root.pem"    # the authority's root certificate, whose fingerprint you have compared
""".encode()


def _toml(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(c):04x}" if ord(c) < 0x20 or ord(c) == 0x7F else ("\\" + c if c in '"\\' else c) for c in text
    )
    return f'"{escaped}"'


def location_folder(uri: str, home: Path) -> Path:
    """The folder a location's URI means: ``file://…`` or a path; ``file:NAME`` lies inside the archive's folder.

    Raises UsageError for a scheme no storage speaks.
    """
    if "\0" in uri:
        raise UsageError("a location's path cannot hold a zero byte")
    parts = urlsplit(uri)
    if parts.scheme == "":
        return home / Path(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return home / Path(unquote(parts.path))
    raise UsageError(f"no storage speaks '{parts.scheme}' ({uri})", hint="give a plain path or a file:// URI")
