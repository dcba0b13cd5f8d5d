"""The rules of the structure that the import linter cannot hold."""

from __future__ import annotations

import ast
import importlib.metadata
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "schemas",
    "languages",
    "models",
    "domains",
    "observe",
    "transforms",
    "storage",
    "pipelines",
    "views",
    "train",
    "commands",
)
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

TORCH = {
    str(path.relative_to(ROOT))
    for folder in ("models/adopt", "train/full")
    for path in (ROOT / folder).glob("*.py")
}
"""What fine-tunes an encoder and what converts models of others, the only modules that need PyTorch."""

MOST_LINES = 400
"""A module longer than this wants to be two."""


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name.removeprefix("docassay.").split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.removeprefix("docassay.").split(".")[0])
    return names


LIBRARIES: dict[str, set[str]] = {
    "ctranslate2": {
        *(f"models/{name}.py" for name in ("encoder", "generator", "translator")),
        *(f"models/adopt/{name}.py" for name in ("generators", "loaders", "translators")),
        "train/encode.py",
        "train/full/convert.py",
        "views/selftest.py",
    },
    "great_expectations": {"storage/tables/validate.py"},
    "prometheus_client": {"observe/prometheus.py"},
    "pyiceberg": {
        f"storage/catalogs/{name}.py"
        for name in ("connection", "files", "iceberg", "ordered", "plan", "rewrite")
    },
    "kafka": {"pipelines/sources/kafka.py", "pipelines/results.py"},
    "google": {
        "pipelines/sources/pubsub.py",
        "storage/tables/stores.py",
    },
    "openlineage": {"observe/lineage.py", "pipelines/lineage_events.py"},
    "torch": TORCH,
    "transformers": TORCH,
    "research": set(),
    "tests": set(),
}
"""The modules that may import each library."""


def test_each_library_is_imported_in_its_place_alone() -> None:
    found = {
        library: {str(path.relative_to(ROOT)) for path in MODULES if library in imports(path)}
        for library in LIBRARIES
    }
    assert {library: paths - LIBRARIES[library] for library, paths in found.items()} == {
        library: set() for library in LIBRARIES
    }


def test_modules_are_short() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*MODULES, *(ROOT / "research").rglob("*.py"))
    }
    assert {path: number for path, number in lines.items() if number > MOST_LINES} == {}


def test_the_stages_know_neither_beam_nor_storage() -> None:
    known: dict[str, set[str]] = {}
    for path in sorted((ROOT / "transforms").rglob("*.py")):
        found = nodes(path)
        modules = {node.module or "" for node in found if isinstance(node, ast.ImportFrom)}
        modules |= {alias.name for node in found if isinstance(node, ast.Import) for alias in node.names}
        if of_others := {name for name in modules if name.startswith(("apache_beam", "docassay.storage"))}:
            known[str(path.relative_to(ROOT))] = of_others
    assert known == {}


def test_domains_are_not_named_outside_their_folders() -> None:
    for path in MODULES:
        if "domains" in path.parts or path.parent.name == "models":
            continue
        constants = {node.value for node in nodes(path) if isinstance(node, ast.Constant)}
        assert not constants & {"legal", "financial", "medical"}, path


def test_no_other_distribution_brings_our_package_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in (*PACKAGES, "research"):
        assert set(owners.get(package, ["docassay"])) == {"docassay"}


def test_no_circle_of_modules() -> None:
    """Take imports at the top of a module, within its functions and for types alone: all of them count."""
    from graphlib import CycleError, TopologicalSorter

    package = ROOT / "docassay"
    folders = [path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"]
    paths = [*package.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    sources = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.resolve()
        for path in paths
    }
    assert {"docassay.train.full.run"} <= set(sources)
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        imported: set[str] = set()
        for node in nodes(source):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.module and not node.level, f"{module}: a relative import"
                below = [f"{node.module}.{alias.name}" for alias in node.names]
                imported.update(name if name in sources else node.module for name in below)
        graph[module] = (imported & set(sources)) - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_helpers_of_tests_need_no_extra() -> None:
    """Only modules that carry a marker may need PyTorch when they are imported."""
    extras = {"torch", "transformers", "peft", "faker", "gguf", "accelerate"}
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in extras):
            continue
        tree = ast.parse(text)
        first = {
            name.split(".")[0]
            for node in tree.body
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        if first & extras:
            assert "pytestmark = pytest.mark.training" in text, path
