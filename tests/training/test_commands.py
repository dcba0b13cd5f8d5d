"""`python -m docassay.training` lists every module of `training/` that can be run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from docassay.training.__main__ import commands, main

FOLDER = Path(__file__).resolve().parents[2] / "training"


def runs(path: Path) -> bool:
    """Tell whether a module does something of its own when it is run."""
    return path.name == "__main__.py" or any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


RUN = sorted(path for path in FOLDER.rglob("*.py") if path.parent != FOLDER and runs(path))


def name(path: Path) -> str:
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return ".".join(("docassay.training", *parts)).removesuffix(".__main__")


def test_every_module_that_runs_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == sorted(map(name, RUN)) == list(commands())
    assert len(lines) >= 10
    assert all(len(purpose) > 20 and purpose.endswith(".") for purpose in commands().values())


@pytest.mark.parametrize("path", RUN, ids=name)
def test_help_names_the_command_as_it_is_run(path: Path) -> None:
    programs = {
        keyword.value.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("prog", "prog_name") and isinstance(keyword.value, ast.Constant)
    }
    assert programs == {f"python -m {name(path)}"}


def test_the_wheel_has_none_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("docassay.training.__main__.commands", dict)
    main()
    assert "docassay train --help" in capsys.readouterr().out
