"""`premis` lifted out: its folder alone, in an environment that has lxml and nothing else."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import lxml

REPOSITORY = Path(__file__).resolve().parents[2]

SCRIPT = """
import io, pkgutil, sys
import premis
for module in pkgutil.iter_modules(premis.__path__, "premis."):
    __import__(module.name)
from premis.model import Event, IntellectualEntity, Identifier, LinkingObject
from premis.reader import read_premis
from premis.terms import term
from premis.validation import check_premis
from premis.writer import write_premis
package = Identifier("UUID", "0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11")
event = Event(Identifier("UUID", "1"), term("eventType", "ingestion"), "2026-11-22", objects=(LinkingObject(package),))
out = io.BytesIO()
write_premis(out, objects=(IntellectualEntity((package,)),), events=(event,))
assert list(read_premis(io.BytesIO(out.getvalue()))) == [IntellectualEntity((package,)), event]
assert check_premis(io.BytesIO(out.getvalue())) == []
site = [path for path in sys.path if path.endswith("site-packages")]
foreign = {name.partition(".")[0] for name, module in sys.modules.items()
           if any((getattr(module, "__file__", None) or "").startswith(path) for path in site)}
assert foreign <= {"lxml", "premis"}, foreign
assert not {"archive", "profiles", "scheduler"} & set(sys.modules)
print("alone", premis.__path__[0])
"""


def test_premis_works_in_an_environment_that_has_only_lxml(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    assert list(site.iterdir()) == []
    (site / "lxml").symlink_to(Path(lxml.__path__[0]), target_is_directory=True)
    shutil.copytree(REPOSITORY / "premis", site / "premis", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-I", "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"alone {site / 'premis'}"


def test_writing_needs_no_lxml_at_all(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "premis", tmp_path / "premis", ignore=shutil.ignore_patterns("__pycache__"))
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.modules['lxml'] = None\n"
    script += "import premis.writer, premis.mets, premis.terms, premis.model; print('written')"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "written", done.stderr
