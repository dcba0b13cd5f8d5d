"""The wheel has what `docassay train` and `docassay models` need, beside packages of the user's own."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.train.leases import sentences

ROOT = Path(__file__).resolve().parents[2]
LINKS = sorted(path.name for path in (ROOT / "docassay").iterdir() if path.is_symlink())
VARIABLES = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""Without the paths that tell this process where the sources are."""


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, and a folder to work in with packages of a user's own."""

    bin: Path
    work: Path

    def run(self, program: str, *arguments: object) -> str:
        """Run a program of the environment in the folder; return what it prints."""
        process = subprocess.run(
            [str(self.bin / program), *map(str, arguments)],
            cwd=self.work,
            env={
                **VARIABLES,
                "XDG_DATA_HOME": str(self.work / "data"),
                "COLUMNS": "200",
                "HF_HUB_OFFLINE": "1",
            },
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return process.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel from a copy of the sources, and install it beside the dependencies that are here."""
    folder = tmp_path_factory.mktemp("wheel")
    source, wheels, venv, work = (folder / name for name in ("source", "wheels", "venv", "work"))
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, source / name)
    for name in ("docassay", *LINKS):
        shutil.copytree(
            ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    isolation = ["--no-build-isolation"] if find_spec("setuptools") else []

    def run(*command: str | Path) -> str:
        return subprocess.run(command, env=VARIABLES, check=True, stdout=subprocess.PIPE, text=True).stdout

    run(*pip, "wheel", "--no-deps", *isolation, "--wheel-dir", wheels, source)
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    (wheel,) = wheels.iterdir()
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel)
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # The path alone: what an editable installation has there in files of its own is not read.
    Path(packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    work.mkdir()
    for name in ("models", "schemas", "train", "transforms"):
        (work / name).mkdir()
        (work / name / "__init__.py").write_text(f'OWNER = "the user\'s {name}"\n', encoding="utf-8")
    with (work / "leases.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *sentences(90)])
    return Installed(venv / "bin", work)


ASKED = ("leases.csv", "--domain", "legal", "--task", "lease_topic", "--out")


@pytest.mark.training
@pytest.mark.slow
def test_a_head_is_trained_beside_packages_of_the_users_own(installed: Installed) -> None:
    (installed.work / "own.py").write_text(
        "import models, schemas, train, transforms\n"
        "import docassay.cli\n"
        "print(models.OWNER, schemas.OWNER, train.OWNER, transforms.OWNER, sep='\\n')\n"
        "print(docassay.__file__, flush=True)\n"
        "docassay.cli.main()\n",
        encoding="utf-8",
    )
    printed = installed.run("python", "own.py", "train", *ASKED, "head").splitlines()
    assert printed[:4] == [f"the user's {name}" for name in ("models", "schemas", "train", "transforms")]
    assert Path(printed[4]).is_relative_to(installed.bin.parent)
    assert printed[-1].startswith("wrote head; use it:")
    assert (installed.work / "head" / "model.toml").is_file()


@pytest.mark.training
@pytest.mark.slow
def test_the_encoder_is_fine_tuned(installed: Installed) -> None:
    pytest.importorskip("torch")
    printed = installed.run("docassay", "train", *ASKED, "full", "--full", "--passes", "0.5")
    assert "fine-tuning" in printed
    assert (installed.work / "full" / "model.toml").is_file()


@pytest.mark.training
@pytest.mark.slow
def test_a_translator_is_adopted(installed: Installed) -> None:
    pytest.importorskip("transformers")
    from tests.models.adopt import tiny

    tiny.marian(installed.work / "marian")
    printed = installed.run("docassay", "models", "add", "marian", "--translates", "it-en", "--name", "mine")
    assert "added mine@1 (marian" in printed
    assert "mine@1" in installed.run("docassay", "models", "list")
