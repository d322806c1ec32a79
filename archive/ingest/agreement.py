"""What was agreed with a producer: the ingest profile that deliveries follow, recorded with its text."""

from __future__ import annotations

import re
from pathlib import Path

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import AgreementRow
from archive.errors import UsageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import new_identifier
from archive.model.records import AgreementRecord, ProducerRecord, Record
from profiles.bagit_profile import shipped_profiles
from profiles.ingest_profile import NO_AGREEMENT, IngestProfile, parse_ingest_profile, shipped_ingest_profiles

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def find_terms(named: str) -> bytes:
    """The text of the ingest profile that is ours under this name, or lies in this file; UsageError for neither."""
    shipped = shipped_ingest_profiles()
    if named in shipped:
        return shipped[named]
    try:
        return Path(named).read_bytes()
    except OSError as error:
        raise UsageError(
            f"there is no ingest profile '{named}'", hint=f"give a TOML file, or one of: {', '.join(shipped)}"
        ) from error


def read_terms(terms: bytes, *, named: str) -> IngestProfile:
    """The profile in ``terms``; UsageError naming what is wrong with it."""
    try:
        profile = parse_ingest_profile(terms)
    except ValueError as error:
        raise UsageError(f"ingest profile {named}: {error}", hint="correct it, then give the command again") from error
    if profile.bagit_profile not in (None, *shipped_profiles()):
        raise UsageError(
            f"ingest profile {named}: 'bag.profile' names an unknown BagIt profile, '{profile.bagit_profile}'",
            hint=f"known: {', '.join(shipped_profiles())}",
        )
    return profile


def agree(holdings: Holdings, *, code: str, name: str | None, terms: bytes, reason: str) -> AgreementRow | None:
    """Make the producer ``code`` known and ``terms`` binding from now on; answer the agreement, None if nothing is new.

    Raises UsageError where the terms were used before under the same name with another text: a profile that was used
    is never edited.
    """
    check_code(code)
    profile = read_terms(terms, named="as given")
    _refuse_edited(holdings.catalogue, profile, terms)
    records: list[Record] = []
    known = holdings.catalogue.producer(code)
    if known is None:
        records.append(ProducerRecord(**holdings.stamp(), code=code, name=name or code))
    elif name is not None and name != known.name:
        raise UsageError(
            f"producer '{code}' is known as '{known.name}'", hint="give another code, or leave the name out"
        )
    former = holdings.catalogue.agreements(code)
    if not former or former[-1].terms != terms:
        agreement = AgreementRecord(
            **holdings.stamp(reason), agreement=new_identifier(), producer=code, profile=profile.id, terms=terms
        )
        records.append(agreement)
    holdings.record(records)
    return holdings.catalogue.agreements(code)[-1] if records else None


def terms_for(catalogue: Catalogue, producer: str) -> IngestProfile:
    """The profile that a delivery of this producer follows now."""
    agreements = catalogue.agreements(producer)
    return read_terms(agreements[-1].terms, named=agreements[-1].profile) if agreements else NO_AGREEMENT


def check_code(code: str) -> None:
    """UsageError for what cannot be a producer's code."""
    if not _CODE.fullmatch(code):
        raise UsageError(
            f"'{code}' cannot be a producer's code",
            hint="use small letters, digits, hyphens, dots; a code, never a person's name",
        )


def _refuse_edited(catalogue: Catalogue, profile: IngestProfile, terms: bytes) -> None:
    for producer in catalogue.producers():
        for former in catalogue.agreements(producer.code):
            if former.profile == profile.id and former.terms != terms:
                raise UsageError(
                    f"the ingest profile {profile.id} was agreed with '{producer.code}' in other words",
                    hint=f"a profile that was used is never edited: raise its version to {profile.version + 1}",
                )
