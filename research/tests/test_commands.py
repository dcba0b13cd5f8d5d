"""`python -m research` lists every module of `research/` that can be run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from research.__main__ import commands, main

FOLDER = Path(__file__).resolve().parents[1]


def runs(path: Path) -> bool:
    """Tell whether a module does something of its own when it is run."""
    return path.name == "__main__.py" or any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


RUN = sorted(
    path
    for path in FOLDER.rglob("*.py")
    if "tests" not in path.relative_to(FOLDER).parts and path != FOLDER / "__main__.py" and runs(path)
)


def name(path: Path) -> str:
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return ".".join(("research", *parts)).removesuffix(".__main__")


def test_every_module_that_runs_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == sorted(map(name, RUN)) == list(commands())
    assert len(lines) >= 10
    assert all(len(purpose) > 20 and purpose.endswith(".") for purpose in commands().values())


@pytest.mark.parametrize("path", RUN, ids=name)
def test_help_names_the_command_as_it_is_run(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    programs = {
        keyword.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("prog", "prog_name") and isinstance(keyword.value, ast.Constant)
    }
    takes_options = "ArgumentParser(" in source or "prog_name" in source
    assert programs == ({f"python -m {name(path)}"} if takes_options else set())
