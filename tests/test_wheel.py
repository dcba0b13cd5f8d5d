"""The wheel: one import name, the same from the tree and from the source distribution, a good neighbour."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests import wheels

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return wheels.build(tmp_path_factory.mktemp("wheels"))


def test_the_source_distribution_builds_the_same_wheel(built: tuple[Path, Path]) -> None:
    assert built[0].name == built[1].name
    assert wheels.differences(*built) == []


def test_the_wheel_holds_docassay_alone(built: tuple[Path, Path]) -> None:
    files = wheels.contents(built[0])
    assert {name.split("/")[0] for name in files if ".dist-info/" not in name} == {"docassay"}
    (top,) = (text for name, text in files.items() if name.endswith("dist-info/top_level.txt"))
    assert top == b"docassay\n"
    folders = {name.split("/")[1] for name in files if name.startswith("docassay/") and name.count("/") > 1}
    assert "train" in folders and "research" not in folders and "tests" not in folders
    (about,) = (text for name, text in files.items() if name.endswith("dist-info/METADATA"))
    assert b"\nLicense-Expression: Apache-2.0\n" in about


def test_the_wheel_holds_models_rules_and_samples(built: tuple[Path, Path]) -> None:
    files = wheels.contents(built[0])
    assert "docassay/schemas/__init__.py" in files
    folders = [path for path in (ROOT / "docassay").iterdir() if path.is_symlink()]
    tables = {
        f"docassay/{folder.name}/{path.relative_to(folder.resolve()).as_posix()}"
        for folder in folders
        for path in folder.resolve().rglob("*.toml")
    }
    assert "docassay/domains/legal/rules.toml" in tables and tables <= files.keys()
    assert sum("/samples/" in name for name in files) > 10


def test_it_works_beside_packages_called_as_our_folders_are(built: tuple[Path, Path], tmp_path: Path) -> None:
    """In an environment of its own; the libraries are those of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(built[0])]
    subprocess.run([sys.executable, *install], check=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    project = wheels.project(tmp_path / "project")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [python, *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=180,
            env={"PATH": ""},
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    theirs, ours = run("main.py").splitlines()
    assert theirs == "the user's models, the user's schemas, the user's transforms, the user's train"
    assert ours == "docassay.schemas.rows docassay.transforms.split True"
    assert "governing_law" in run("-m", "docassay", "explain", "lease.txt", "--domain", "legal", "--json")
