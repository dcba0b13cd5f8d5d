"""The wheel built twice, from the tree and from its source distribution, and a project to install it beside.

`python tests/wheels.py FOLDER` builds both into FOLDER and fails where they differ: `make wheel` begins so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("models", "schemas", "transforms", "train")
"""Packages that users' own projects have, as our folders are called."""


def build(place: Path) -> tuple[Path, Path]:
    """Build the wheel from a copy of the tree, and again from the source distribution: both files."""
    tree = place / "tree"
    listed = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\0"
    ):
        if name and (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
    first = _wheel(tree, place / "from-tree")
    code = f"from setuptools.build_meta import build_sdist; build_sdist({str(place / 'sdist')!r})"
    (place / "sdist").mkdir()
    subprocess.run([sys.executable, "-c", code], cwd=tree, check=True, capture_output=True)
    (packed,) = (place / "sdist").glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    return first, _wheel(unpacked, place / "from-sdist")


def _wheel(source: Path, out: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(out), str(source)], check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    """Read a wheel: each file's name and bytes."""
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in sorted(opened.namelist()) if not name.endswith("/")}


def differences(one: Path, other: Path) -> list[str]:
    """Name the files that only one of two wheels has, or that are not the same in both."""
    left, right = contents(one), contents(other)
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def project(place: Path) -> Path:
    """Write a user's project whose packages are called as our folders are, and a document."""
    for name in NAMES:
        (place / name).mkdir(parents=True)
        (place / name / "__init__.py").write_text(f'WHOSE = "the user\'s {name}"\n')
    (place / "lease.txt").write_text("This lease is governed by the laws of the State of New York.\n")
    (place / "main.py").write_text(
        "import models, schemas, train, transforms\n\n"
        "from docassay.models.catalog import folders\n"
        "from docassay.schemas.rows import Reject\n"
        "from docassay.transforms.split import split\n\n"
        "print(models.WHOSE, schemas.WHOSE, transforms.WHOSE, train.WHOSE, sep=', ')\n"
        "print(Reject.__module__, split.__module__, 'minilm' in folders())\n"
    )
    return place


def main(place: Path) -> None:
    """Build both, compare them, and leave the wheel and the project in `place`."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    first, second = build(place / "work")
    if found := differences(first, second):
        raise SystemExit(f"the source distribution builds another wheel: {', '.join(found[:10])}")
    shutil.copy2(first, place)
    project(place / "project")
    shutil.rmtree(place / "work")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
