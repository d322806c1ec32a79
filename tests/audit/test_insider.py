"""Whoever may write everything on one machine rewrites everything to fit; one checkpoint on paper shows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_support import LOCATIONS, Ran, Sample, archive, copied, tree
from insider import (
    Plot,
    accepted_turned_into_rejected,
    dated_back,
    dated_back_alone,
    entries_of,
    one_receipt_and_the_size_kept,
    one_receipt_removed,
    openings_swapped,
    rewrite,
    salted_anew,
    two_swapped,
)


@pytest.fixture(scope="module")
def lived(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two accessions, and so with two checkpoints."""
    sample = copied(template, tmp_path_factory.mktemp("lived") / "sample")
    more = sample.root / "more"
    more.mkdir()
    for number in range(3):
        (more / f"page-{number}.txt").write_text(f"page {number}\n")
    assert sample.run("ingest", more, "--producer", "viasna").code == 0
    return sample.root


@pytest.fixture
def victim(lived: Path, tmp_path: Path) -> Sample:
    return copied(lived, tmp_path / "victim")


class Paper:
    """What somebody outside kept of every checkpoint, in every form there is."""

    def __init__(self, sample: Sample, folder: Path) -> None:
        folder.mkdir()
        self.notes = sorted((sample.home / "custody/checkpoints").glob("*.note"))
        self.forms: dict[str, str] = {}
        for path in self.notes:
            size = int(path.stem)
            kept = folder / path.name
            kept.write_bytes(path.read_bytes())
            self.forms[f"note {size}"] = str(kept)
        newest = sample.run("custody", "checkpoint", "--json").json
        (folder / "sheet.txt").write_text(newest["short"])
        self.forms["sheet"] = str(folder / "sheet.txt")
        self.forms["typed"] = f"{newest['size']} {newest['root']}"
        self.first_size = int(self.notes[0].stem)


def since(sample: Sample, form: str) -> Ran:
    return sample.run("custody", "verify", "--since", form)


def require_perfect(sample: Sample) -> None:
    """On the machine itself nothing shows: every check there is agrees, and every copy reads right."""
    verified = sample.run("custody", "verify")
    assert verified.code == 0, verified.out
    assert sample.run("audit").code == 0


PLOTS: dict[str, Callable[[Sample], Plot]] = {
    "a receipt removed": lambda sample: one_receipt_removed(sample, "photo-3.txt"),
    "a receipt removed, the log as long as before": lambda sample: one_receipt_and_the_size_kept(sample, "photo-3.txt"),
    "two receipts in another order": lambda _: two_swapped,
    "a receipt dated back": lambda _: dated_back,
    "an outcome changed": lambda _: accepted_turned_into_rejected,
    "a salt exchanged": lambda _: salted_anew,
}


@pytest.mark.parametrize("name", PLOTS)
def test_what_was_rewritten_everywhere_is_shown_by_one_checkpoint_on_paper(
    victim: Sample, tmp_path: Path, name: str
) -> None:
    paper = Paper(victim, tmp_path / "paper")
    first, *others = paper.forms.values()
    forms = [first, *others] if name == "a receipt removed" else [first]
    for form in forms:
        assert since(victim, form).code == 0
    before = len(entries_of(victim.home))
    rewrite(victim, PLOTS[name](victim))
    assert len(entries_of(victim.home)) in (before, before - 1)
    require_perfect(victim)
    for form in forms:
        ran = since(victim, form)
        assert ran.code == 20, ran.out
        assert "was removed, added, altered, dated back" in ran.out or "records were removed" in ran.out
        assert "tampering was found" in ran.out


def test_a_receipt_dated_back_alone_is_told_without_any_paper(victim: Sample) -> None:
    rewrite(victim, dated_back_alone)
    verified = victim.run("custody", "verify", "--json")
    assert verified.code == 20
    wrong = [one for check in verified.json["checks"] for one in check["findings"] if one["severity"] == "error"]
    assert [one["code"] for one in wrong] == ["time-fell"]


def test_nothing_of_the_removed_receipt_is_left_on_the_machine(victim: Sample) -> None:
    """So that the test above tests what it says."""
    (receipt,) = [r for _, r, _ in entries_of(victim.home) if getattr(r, "name", None) == b"photo-3.txt"]
    identifier = receipt.file  # type: ignore[attr-defined]
    rewrite(victim, one_receipt_removed(victim, "photo-3.txt"))
    for place in (victim.home, *(victim.location(name) for name in LOCATIONS)):
        for path, data in tree(place).items():
            if path.startswith(("catalogue", "custody/")) or "/custody/" in path:
                assert identifier.encode() not in data, path
        assert not [path for path in tree(place) if path.endswith("/photo-3.txt")]
    assert victim.run("find", "photo-3").code == 1


def test_openings_exchanged_under_new_commitments_do_not_fit_the_bags(victim: Sample, tmp_path: Path) -> None:
    """What each receipt says is bound to its file by nothing but name and digest: the multiset is the same, so only
    the checkpoint on paper shows it."""
    paper = Paper(victim, tmp_path / "paper")
    rewrite(victim, openings_swapped)
    require_perfect(victim)
    assert since(victim, paper.forms["sheet"]).code == 20


def test_openings_exchanged_without_new_commitments_show_at_once(victim: Sample) -> None:
    (path,) = (victim.home / "custody/openings").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    first, second = [i for i, line in enumerate(lines) if b'"kind":"receipt"' in line][:2]
    one, two = (lines[i].split(b",", 1) for i in (first, second))
    lines[first], lines[second] = b",".join((one[0], two[1])), b",".join((two[0], one[1]))
    path.write_bytes(b"".join(lines))
    ran = victim.run("custody", "verify")
    assert ran.code == 20
    assert f"record {first}: the opening is not what the leaf commits to" in ran.out
    assert "copy-differs" in ran.out or "two histories" in ran.out


def test_a_fork_shows_to_whoever_was_given_the_other_branch(template: Path, tmp_path: Path) -> None:
    """The same archive goes on in two ways; each branch is whole, and neither shows the other's checkpoint."""
    left, right = copied(template, tmp_path / "left"), copied(template, tmp_path / "right")
    for sample, text in ((left, "left"), (right, "right")):
        more = tmp_path / f"more-{text}"
        more.mkdir()
        (more / "page.txt").write_text(text)
        assert sample.run("ingest", more, "--producer", "viasna").code == 0
        require_perfect(sample)
    papers = {"left": Paper(left, tmp_path / "p-left"), "right": Paper(right, tmp_path / "p-right")}
    common = f"note {papers['left'].first_size}"
    assert since(left, papers["right"].forms[common]).code == 0, "the beginning is one"
    sizes = {name: max(map(int, (note.stem for note in paper.notes))) for name, paper in papers.items()}
    assert sizes["left"] == sizes["right"], "two notes of one size"
    for mine, other in ((left, "right"), (right, "left")):
        for form in (papers[other].forms[f"note {sizes[other]}"], papers[other].forms["sheet"]):
            ran = since(mine, form)
            assert ran.code == 20
            assert "not those it had" in ran.out


def test_two_branches_cannot_both_be_brought_to_one_location(template: Path, tmp_path: Path) -> None:
    left, right = copied(template, tmp_path / "left"), copied(template, tmp_path / "right")
    for sample, text in ((left, "left"), (right, "right")):
        (tmp_path / f"more-{text}").mkdir()
        (tmp_path / f"more-{text}" / "page.txt").write_text(text)
        configuration = sample.home / "archive.toml"
        shared = (left.root / "third").as_uri()
        configuration.write_text(configuration.read_text().replace((right.root / "third").as_uri(), shared))
    assert left.run("ingest", tmp_path / "more-left", "--producer", "viasna").code == 0
    ran = right.run("ingest", tmp_path / "more-right", "--producer", "viasna")
    assert ran.code == 20
    assert "tells another history" in ran.err


def test_a_machine_of_another_custodian_shows_it_without_paper(victim: Sample, tmp_path: Path) -> None:
    """A location that the insider could not reach holds the checkpoint and the history that were."""
    shutil.copytree(victim.root / "third", tmp_path / "out of reach")
    rewrite(victim, two_swapped)
    assert victim.run("custody", "verify").code == 0
    shutil.rmtree(victim.root / "third")
    shutil.copytree(tmp_path / "out of reach", victim.root / "third")
    ran = victim.run("custody", "verify", "--json")
    assert ran.code == 20
    copies = {check["check"]: check for check in ran.json["checks"]}
    assert copies["copy third"]["severity"] == "error"
    assert copies["copy second"]["severity"] == "info"
    codes = {finding["code"] for finding in copies["copy third"]["findings"]}
    assert {"copy-differs", "checkpoint-fork", "log-rewritten"} <= codes


def test_the_key_on_paper_shows_an_archive_that_was_made_up_whole(tmp_path: Path, lived: Path) -> None:
    """A stranger's archive with our identifier, every file of ours but one, and a key of its own."""
    sample = copied(lived, tmp_path / "ours")
    (key,) = sample.run("custody", "show", "--json").json["keys"]
    paper = Paper(sample, tmp_path / "paper")
    forged = tmp_path / "forged"
    forged.mkdir()
    assert archive("init", forged / "archive", f"--location=second={forged / 'second'}").code == 0
    toml = forged / "archive/archive.toml"
    ours, theirs = (
        next(line for line in path.read_text().splitlines() if line.startswith("archive = "))
        for path in (sample.home / "archive.toml", toml)
    )
    toml.write_text(toml.read_text().replace(theirs, ours))
    for marker in (forged / "archive/store/location.json", forged / "second/location.json"):
        marker.write_text(marker.read_text().replace(theirs.split('"')[1], ours.split('"')[1]))
    (forged / "archive/custody/checkpoints/keys.txt").unlink()
    for place in (forged / "archive/store", forged / "second"):
        (place / "custody/checkpoints/keys.txt").unlink()
    assert archive("--archive", forged / "archive", "ingest", sample.root / "more", "--producer", "viasna").code == 0
    assert archive("--archive", forged / "archive", "custody", "verify").code == 0
    with_key = archive("--archive", forged / "archive", "custody", "verify", "--key", key["verifier_key"])
    assert with_key.code == 20
    assert "not among those that the log holds" in with_key.out
    assert archive("--archive", forged / "archive", "custody", "verify", "--since", paper.forms["sheet"]).code == 20
    assert sample.run("custody", "verify", "--key", key["verifier_key"]).code == 0
