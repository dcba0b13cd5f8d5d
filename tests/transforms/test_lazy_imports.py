"""Imports that are left out or put off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay.transforms.lazy_imports import later


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package whose module `slow` tells by a file that it was run."""
    folder = tmp_path / "made_up_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "slow.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'x').close()\nanswer = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def test_a_module_is_run_when_it_is_used(package: str, tmp_path: Path) -> None:
    later(f"{package}.slow")
    scope: dict[str, object] = {}
    exec(f"from {package} import slow", scope)
    assert not (tmp_path / "ran").exists()
    exec("answer = slow.answer", scope)
    assert scope["answer"] == 42
    assert (tmp_path / "ran").exists()


def test_a_module_that_was_imported_stays(package: str) -> None:
    exec(f"from {package} import slow")
    before = sys.modules[f"{package}.slow"]
    later(f"{package}.slow")
    assert sys.modules[f"{package}.slow"] is before


def test_a_module_that_is_not_there_is_left_alone(package: str) -> None:
    later(f"{package}.absent")
    assert f"{package}.absent" not in sys.modules
