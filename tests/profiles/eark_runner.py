"""Runs PyPI `eark-validator` over packages; for the Python of the environment it is installed in, never ours.

``python eark_runner.py VOCABULARIES PACKAGE...`` prints one JSON object: for each package the status of its structure
and every message about its root METS. The validator fetches vocabularies from the Web when it is imported: here they
come from the folder VOCABULARIES, and whatever else is asked of a network is refused.
"""

import io
import json
import socket
import sys
import urllib.request
from pathlib import Path, PurePosixPath


def main(vocabularies: str, packages: list[str]) -> None:
    """Validate each package and print what was found."""
    _answer_from(Path(vocabularies))
    from eark_validator.packages import PackageValidator
    from eark_validator.specifications.specification import SpecificationVersion

    found = {}
    for package in packages:
        report = PackageValidator(Path(package), SpecificationVersion.V2_1_0).validation_report
        found[package] = json.loads(report.model_dump_json())
    print(json.dumps(found))


def _answer_from(folder: Path) -> None:
    def opener(address: str, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO((folder / PurePosixPath(address).name).read_bytes())

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("the validator asked for the network")

    urllib.request.urlopen = opener
    socket.socket.connect = refuse


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
