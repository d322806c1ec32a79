"""Examining: what the files are, asked of the bytes just copied."""

from __future__ import annotations

from dataclasses import dataclass

from archive.ingest.receive import Received, ReceivedFile
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Identification
from archive.packages.folder import delivered_file


@dataclass(frozen=True, slots=True)
class Examined:
    """A received lot with what the tools said of each file, in the same order."""

    received: Received
    answers: tuple[Identification, ...]

    def pairs(self) -> tuple[tuple[ReceivedFile, Identification], ...]:
        """Each file with its answer."""
        return tuple(zip(self.received.files, self.answers, strict=True))


def examine(received: Received, *, bench: Workbench) -> Examined:
    """Identify the format of every received file."""
    bench.progress.stage("identifying formats", total=len(received.files))
    answers = []
    questions = (
        (delivered_file(received.folder, file.path), file.expected.name.decode("utf-8", "surrogateescape"))
        for file in received.files
    )
    for answer in bench.identify(questions):
        answers.append(answer)
        bench.progress.advance()
    return Examined(received, tuple(answers))
