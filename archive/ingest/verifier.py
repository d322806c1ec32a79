"""Delivered time-stamps, put to whoever can judge an RFC 3161 token. No other kind has a verifier here."""

from __future__ import annotations

from collections.abc import Callable

from archive.ingest.grouping import SideCar
from archive.ingest.workbench import JudgeSignature, SignatureAnswer, SignatureQuestion, no_verifier
from archive.model.signatures import SignatureJudgement, SignatureOutcome

JudgeToken = Callable[[bytes, bytes], SignatureJudgement]
"""Judges a token against the SHA-256 of a file; never raises for what it holds."""

LARGEST_TOKEN = 1 << 20
"""Octets of the longest response that is read; one with a whole chain of certificates has a hundredth of it."""


def token_verifier(judge: JudgeToken) -> JudgeSignature:
    """A verifier of ``.tsr`` files. Where a token may be about several files, the one whose digest it holds is it."""

    def verify(question: SignatureQuestion) -> SignatureAnswer:
        if question.kind is not SideCar.TIMESTAMP:
            return no_verifier(question)
        with open(question.signature, "rb") as file:
            token = file.read(LARGEST_TOKEN + 1)
        if len(token) > LARGEST_TOKEN:
            return _unverifiable("too large for a time-stamp response")
        judged = [judge(token, bytes.fromhex(sha256)) for _, sha256 in question.files]
        for place, judgement in enumerate(judged):
            if judgement.outcome is SignatureOutcome.VALID:
                return SignatureAnswer(judgement, place)
        if len({judgement.reason for judgement in judged}) == 1:  # wrong whatever it is about
            return SignatureAnswer(judged[0])
        return _unverifiable(f"it is about none of the {len(judged)} files beside it")

    return verify


def _unverifiable(reason: str) -> SignatureAnswer:
    return SignatureAnswer(SignatureJudgement(SignatureOutcome.UNVERIFIABLE, reason))
