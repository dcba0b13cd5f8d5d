"""Each module has one name, `docassay.FOLDER.MODULE`: in this process, in sources, in pickles, for tools."""

from __future__ import annotations

import ast
import importlib
import os
import pickle
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import grimp
import pytest
from apache_beam.internal import pickler
from apache_beam.testing.util import assert_that, equal_to

import docassay
from docassay import pipelines
from docassay.pipelines import batch
from docassay.schemas.rows import Reject

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {path.name for path in (ROOT / "docassay").iterdir() if path.is_symlink()}
SOURCES = sorted(
    path
    for folder in (*FOLDERS, "docassay", "tests", "deploy")
    for path in (ROOT / folder).rglob("*.py")
    if not any(above.is_symlink() for above in path.parents if above.is_relative_to(ROOT))
)
NEEDS_TORCH = ("docassay.models.adopt", "docassay.train.full")
REJECT = Reject(None, "a.txt", "read", "unreadable", "no such file")


def test_every_folder_of_modules_has_its_link() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"docassay", "research"}
    assert packages == FOLDERS
    assert all(os.readlink(ROOT / "docassay" / name) == f"../{name}" for name in FOLDERS)


def test_no_file_is_loaded_under_two_names() -> None:
    """Of all that the tests before this one have loaded, and of all that the wheel has."""
    for found in pkgutil.walk_packages(docassay.__path__, "docassay.", onerror=lambda name: None):
        if found.name.split(".")[1] in FOLDERS and not found.name.startswith(NEEDS_TORCH):
            importlib.import_module(found.name)
    names: dict[str, set[str]] = defaultdict(set)
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and Path(path).is_absolute() and Path(path).suffix == ".py":
            real = os.path.realpath(path)
            if real.startswith(f"{ROOT}{os.sep}") and "site-packages" not in real and name != "__main__":
                names[real].add(name)
    assert sum(name.startswith("docassay.") for all_names in names.values() for name in all_names) > 100
    assert {path: found for path, found in names.items() if len(found) > 1} == {}


def imported(tree: ast.AST) -> Iterator[str]:
    """Name the modules that a source imports, by statement or by a call with a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("import_module", "__import__", "find_spec", "later") and isinstance(
                node.args[0].value, str
            ):
                yield node.args[0].value


def test_no_source_imports_a_folder_by_its_bare_name() -> None:
    assert len(SOURCES) > 300
    suspect = re.compile(
        rf"^\s*(?:import|from) (?:{'|'.join(FOLDERS)})\b|import_module|__import__|find_spec|later", re.M
    )
    bare = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        if suspect.search(text := path.read_text(encoding="utf-8"))
        for name in imported(ast.parse(text))
        if name.split(".")[0] in FOLDERS
    ]
    assert bare == []


def test_a_row_is_pickled_under_our_name_and_comes_back_where_only_that_is_known(tmp_path: Path) -> None:
    kept = tmp_path / "row.pickle"
    kept.write_bytes(pickle.dumps(REJECT))
    code = (
        f"import sys, pickle; sys.path[:] = {[path for path in sys.path if path and 'tests' not in path]!r};"
        f" row = pickle.load(open({str(kept)!r}, 'rb'));"
        f" print(type(row).__module__, sorted({FOLDERS!r} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split(maxsplit=1) == ["docassay.schemas.rows", "[]\n"]


def below(kind: type) -> Iterator[type]:
    for found in kind.__subclasses__():
        yield found
        yield from below(found)


def test_stages_are_pickled_by_reference_under_our_name() -> None:
    for found in pkgutil.walk_packages(pipelines.__path__, "docassay.pipelines."):
        importlib.import_module(found.name)
    ours = [
        stage
        for kind in (beam.DoFn, beam.PTransform)
        for stage in below(kind)
        if Path(getattr(sys.modules[stage.__module__], "__file__", ""))
        .resolve()
        .is_relative_to(ROOT / "pipelines")
    ]
    assert len(ours) > 5
    for stage in ours:
        assert stage.__module__.startswith("docassay.pipelines.")
        assert pickler.loads(pickler.dumps(stage)) is stage


def _seen(row: Reject) -> list[str]:
    """Say under which names a worker knows a row and the modules of its process."""
    import sys

    bare = {"schemas", "transforms", "models", "pipelines", "storage", "domains"} & sys.modules.keys()
    return [type(row).__module__, *sorted(bare)]


@pytest.mark.slow
def test_a_row_reaches_a_worker_of_its_own_process_under_our_name() -> None:
    with beam.Pipeline(runner=batch._runner(batch.Batch(("in",), "out", workers=2))) as pipeline:
        seen = (
            pipeline | "Row" >> beam.Create([REJECT]) | "Deal" >> beam.Reshuffle() | "See" >> beam.Map(_seen)
        )
        assert_that(seen, equal_to([["docassay.schemas.rows"]]))


def test_the_tools_see_our_name_alone() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tools["mypy"]["packages"] == ["docassay", "research"]
    assert tools["importlinter"]["root_package"] == "docassay"
    modules = grimp.build_graph("docassay", cache_dir=None).modules
    assert {name.split(".")[0] for name in modules} == {"docassay"}
    assert {f"docassay.{folder}" for folder in FOLDERS} <= modules
