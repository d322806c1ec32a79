"""``archive tour``: the whole life of a delivery, in a temporary folder, with the commands a person would type."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from archive.cli.output import octets, plural, say
from archive.errors import ArchiveError, ExitCode


@click.command("tour")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Walk in this empty folder instead.")
def tour_command(folder: Path | None, keep: Path | None) -> int:
    """Walk through the whole life of a delivery: receive, seal, copy, damage, find, repair, rebuild, hand over.

    Takes a small delivery made on the spot, or FOLDER. Works in a temporary folder and leaves it for you to look at;
    FOLDER is only read.

    \b
    Example:
      archive tour
    """
    walk = _Walk(_ground(keep))
    walk.begin(folder)
    walk.init()
    walk.ingest()
    walk.look()
    walk.damage()
    walk.audit()
    walk.rebuild()
    walk.hand_over()
    walk.verify()
    walk.end()
    return ExitCode.DONE


def _ground(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="archive-tour-"))
    if keep.exists() and any(keep.iterdir()):
        raise ArchiveError(f"{keep} is not empty", hint="give a folder that does not exist yet")
    keep.mkdir(parents=True, exist_ok=True)
    return keep.absolute()


@dataclass(slots=True)
class _Walk:
    """One walk: where it happens, and what was learnt on the way."""

    ground: Path
    delivery: Path = field(default_factory=Path)
    table: Path | None = None
    victim: str = ""
    steps: int = 0

    @property
    def home(self) -> Path:
        return self.ground / "archive"

    def begin(self, folder: Path | None) -> None:
        from archive.cli.specimens import make_delivery

        say("A tour of the archive: the whole life of a delivery.")
        say(f"Everything happens in {self.ground}")
        if folder is None:
            self.delivery, self.table = make_delivery(self.ground)
        else:
            self.delivery = folder.absolute()
        self._step("A delivery arrives", "Look first. Nothing is copied, and the delivered folder is only ever read.")
        seen = self._run("survey", str(self.delivery))
        say(f"    {plural(seen['files'], 'file')}, {octets(seen['bytes'])}")
        for finding in seen["findings"]:
            say(f"    {finding['subject']}: {finding['message']}")

    def init(self) -> None:
        self._step("An archive with three locations", "One disk fails; three, in three places, do not fail together.")
        self._run("init", str(self.home), *self._locations())
        for location in self._run("location", "list")["locations"]:
            say(f"    {location['name']:7} {location['path']}")

    def ingest(self) -> None:
        self._step(
            "Receive, identify, seal, copy, record",
            "Each byte is read once while it is copied and digested; the package is a bag that explains itself.",
        )
        done = self._run("ingest", *self._delivery(), allowed=(0, 3))
        say(
            f"    received {done['received']} = accepted {done['accepted']} + duplicate {done['duplicate']}"
            f" + quarantined {done['quarantined']} + rejected {done['rejected']} + pending {done['pending']}"
        )
        told: dict[str, int] = {}
        for finding in done["findings"]:
            told[finding["code"]] = told.get(finding["code"], 0) + 1
        say("    worth a look: " + (", ".join(f"{count} {code}" for code, count in told.items()) or "nothing"))

    def look(self) -> None:
        self._step("Three copies of everything", "Every copy was read back from its medium before it counted.")
        for package in self._run("list")["aips"]:
            states = ", ".join(f"{replica['location']} {replica['state']}" for replica in package["replicas"])
            say(f"    {package['kind']:17} {package['files']:>5} files  {states}")
            say(f"      look: {package['replicas'][0]['path']}")
            if package["kind"] == "aip" and not self.victim:
                self.victim = package["id"]

    def damage(self) -> None:
        self._step("Damage", "Disks rot. One bit is flipped at one location and one file is lost at another.")
        packages = {package["id"]: package for package in self._run("list", quiet=True)["aips"]}
        places = [Path(replica["path"]) for replica in packages[self.victim]["replicas"]]
        files = sorted(path for path in (places[0] / "data/representations/original/data").rglob("*") if path.is_file())
        rotten = max(files, key=lambda path: path.stat().st_size)
        _flip(rotten)
        say(f"    one bit flipped in {rotten}")
        lost = places[1] / files[0].relative_to(places[0])
        lost.unlink()
        say(f"    lost: {lost}")

    def audit(self) -> None:
        self._step(
            "Audit and repair", "Every copy is read in full; damage is found, repaired from a good copy, recorded."
        )
        found = self._run("audit", allowed=(20,))
        say(
            f"    {found['files']} files read: {found['ok']} ok, {found['altered']} altered,"
            f" {found['missing']} missing; {found['repaired']} repaired,"
            f" {found['incidents']} incidents for a person to read"
        )
        _require(
            found["altered"] == 1 and found["missing"] == 1 and found["repaired"] == 2, "damage found and repaired"
        )
        again = self._run("audit")
        say(f"    read again: {again['files']} files, {again['ok']} ok")

    def rebuild(self) -> None:
        self._step(
            "The server is lost", "From one location alone the archive is made anew; equal digests prove it equal."
        )
        digest = self._run("catalogue", "digest")["digest"]
        anew = self._run("catalogue", "rebuild", "--from", str(self.ground / "second"), home=self.ground / "rebuilt")
        say(f"    before  {digest}")
        say(f"    rebuilt {anew['digest']}  ({anew['records']} records, {anew['here']} packages)")
        _require(anew["digest"] == digest, "the rebuilt catalogue is equal")

    def hand_over(self) -> None:
        self._step("Handover", "Everything goes onto a volume that needs no program of ours.")
        self._run("handover", "plan", "--recipient", "OHCHR", allowed=(0, 3))
        frozen = self._run("handover", "freeze")
        say(f"    fixed: {frozen['packages']} packages, log root {frozen['log_root']}")
        volume = self._run("handover", "volume", "1", str(self.ground / "volume-1"))
        say(f"    written: {volume['files']} files, {octets(volume['bytes'])}; look: {volume['path']}/0README.txt")

    def verify(self) -> None:
        self._step("The recipient checks", "Nothing but sha256sum, on a machine that never saw this archive.")
        tool = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "-a", "256"]
        command = [*tool, "-c", "SHA256SUMS"]
        say(f"    $ cd {self.ground / 'volume-1'} && {shlex.join(command)}")
        checked = subprocess.run(command, cwd=self.ground / "volume-1", capture_output=True, check=False)
        right = checked.stdout.count(b": OK")
        _require(checked.returncode == 0, "sha256sum accepts the volume")
        say(f"    {right} files OK, 0 wrong")

    def end(self) -> None:
        say()
        say("That was the whole life of a delivery. Worth a look now:")
        say(f"    {self.ground}/volume-1/0README.txt        what a recipient reads first")
        say(f"    archive --archive {self.home} explain {self.victim}")
        say(f"    {self.ground}        everything from this tour; remove it when you are done")

    def _step(self, title: str, why: str) -> None:
        self.steps += 1
        say()
        say(f"{self.steps}. {title}")
        say(f"   {why}")

    def _locations(self) -> tuple[str, ...]:
        return tuple(f"--location={name}={self.ground / name}" for name in ("second", "third"))

    def _delivery(self) -> tuple[str, ...]:
        table = () if self.table is None else ("--metadata", str(self.table))
        return (str(self.delivery), "--producer", "tour", *table)

    def _run(
        self, *words: str, allowed: tuple[int, ...] = (0,), home: Path | None = None, quiet: bool = False
    ) -> dict[str, Any]:
        """Run one command as a person would, show it, and answer its JSON. Any other exit code ends the tour."""
        command = [sys.executable, "-P", "-m", "archive", *words, "--json"]
        if not quiet:
            say(f"    $ archive {'' if home is None else f'--archive {home} '}{shlex.join(words)}")
        environment = {**os.environ, "ARCHIVE_HOME": str(home or self.home)}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        if done.returncode not in allowed:
            raise ArchiveError(
                f"the tour stopped: archive {shlex.join(words)} ended with {done.returncode}",
                hint=done.stderr.decode("utf-8", "replace").strip(),
            )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def _flip(path: Path) -> None:
    """Flip one bit, leaving size and time as they were, as rot does."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.seek(before.st_size // 2)
        octet = file.read(1) or b"\0"  # an empty file grows by one octet instead
        file.seek(before.st_size // 2)
        file.write(bytes((octet[0] ^ 0x10,)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _require(fact: bool, what: str) -> None:
    if not fact:
        raise ArchiveError(f"the tour expected this and did not see it: {what}")
