"""The validator of the E-ARK community finds no Error in our packages: PyPI `eark-validator`, in a venv of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from profiles_support import Packages

RUNNER = Path(__file__).with_name("eark_runner.py")
VERSION = "eark-validator==1.1.3"
VENV = "ARCHIVE_EARK_VALIDATOR"


@pytest.fixture(scope="session")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the validator: the one named in the environment, or in CI one that is made here."""
    named = os.environ.get(VENV)
    if named:
        python = Path(named) / "bin" / "python"
        try:
            assert python.is_file(), f"{VENV} names {named}, which has no bin/python"
        except PermissionError:
            pytest.skip(f"not in this machine's power: this user may not run the Python in {named}")
        return python
    if not os.environ.get("ARCHIVE_TESTS_SKIP_NOTHING"):
        pytest.skip(f"{VENV} names no venv: python -m venv V && V/bin/pip install {VERSION} && export {VENV}=V")
    folder = tmp_path_factory.mktemp("eark-validator")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", VERSION], check=True)
    return python


def judged(validator: Path, shared: Path, *folders: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [validator, "-I", RUNNER, shared / "standards" / "e-ark", *folders], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [found[str(folder)] for folder in folders]


def rules(report: dict[str, Any], severity: str) -> set[str]:
    messages = [*report["structure"]["messages"]]
    for results in report["metadata"].values():
        messages += results["messages"]
    return {message["rule_id"] for message in messages if message["severity"] == severity}


def test_eark_validator_finds_no_error_in_our_packages(validator: Path, shared: Path, packages: Packages) -> None:
    for report in judged(validator, shared, packages.aip, packages.accession):
        assert report["structure"]["status"] == "WellFormed"
        assert {results["status"] for results in report["metadata"].values()} == {"VALID"}
        assert rules(report, "Error") == set()
        # The two warnings of ADR 0011; an accession package has no folder of representations.
        assert rules(report, "Warn") <= {"CSIP8", "CSIP105", "CSIPSTR9"}


def test_eark_validator_was_awake(validator: Path, shared: Path, small: Path, tmp_path: Path) -> None:
    text = (small / "METS.xml").read_text("utf-8")
    (tmp_path / "METS.xml").write_text(text.replace(' csip:OAISPACKAGETYPE="AIP"', ""), "utf-8")
    for name in ("metadata", "documentation", "schemas", "representations"):
        (tmp_path / name).symlink_to(small / name)
    (report,) = judged(validator, shared, tmp_path)
    assert "CSIP9" in rules(report, "Error")


def test_the_runner_is_not_run_by_the_python_of_the_tests(validator: Path) -> None:
    assert validator != Path(sys.executable)
