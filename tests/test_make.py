"""The commands of the project: what `make test` leaves out, what the lock files hold, what CI begins with."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    "run": (),
    "dev": ("dev",),
    "cloud": ("gcp", "aws", "einvoice", "kafka", "ocr"),
    "train": tuple(EXTRAS),
    "lowest": ("dev",),
}
"""Each lock file with the extras that it holds beside the dependencies."""

FILES = [
    *sorted((ROOT / "requirements").glob("*.lock")),
    ROOT / "research" / "requirements.lock",
    ROOT / "deploy" / "airflow" / "requirements.txt",
]


def locked(path: str) -> dict[str, list[tuple[Version, str]]]:
    """Read a lock file: by name the versions, each with the marker that chooses it."""
    found: dict[str, list[tuple[Version, str]]] = {}
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==(\S+?)(?: ; (.*?))? ?\\?$", line):
            name = canonicalize_name(match[1])
            found.setdefault(name, []).append((Version(match[2]), match[3] or ""))
    return found


def direct(extras: tuple[str, ...]) -> list[Requirement]:
    """List what pyproject.toml asks for: the dependencies, and those of some extras."""
    found = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for extra in extras:
        for wanted in map(Requirement, EXTRAS[extra]):
            found += direct(tuple(sorted(wanted.extras))) if wanted.name == "docassay" else [wanted]
    return found


def test_the_extra_all_has_all_but_those_of_developers() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all", "dev"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_direct_dependency_is_locked_within_its_bounds(lock: str) -> None:
    versions = locked(f"requirements/{lock}.lock")
    for wanted in direct(LOCKS[lock]):
        found = versions.get(canonicalize_name(wanted.name), [])
        assert found, f"{wanted.name} is not in requirements/{lock}.lock: run make lock"
        for version, _ in found:
            assert version in wanted.specifier, (
                f"requirements/{lock}.lock: {wanted.name} {version}: run make lock"
            )


def test_what_research_asks_for_is_locked_beside_the_extra_train() -> None:
    project = tomllib.loads((ROOT / "research" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = locked("research/requirements.lock")
    wanted = [Requirement(line) for line in project["dependencies"]]
    assert wanted[0].name == "docassay" and "docassay" not in versions
    for one in [*wanted[1:], *direct(("dev", "train"))]:
        assert all(version in one.specifier for version, _ in versions[canonicalize_name(one.name)])


@pytest.mark.parametrize("lock", ["run", "dev", "cloud"])
def test_what_is_locked_twice_is_locked_alike(lock: str) -> None:
    whole = locked("requirements/train.lock")
    for name, versions in locked(f"requirements/{lock}.lock").items():
        assert {version for version, _ in versions} <= {version for version, _ in whole[name]}, name


def test_the_oldest_versions_are_those_that_the_bounds_name() -> None:
    versions = locked("requirements/lowest.lock")
    for wanted in direct(LOCKS["lowest"]):
        bounds = [Version(bound.version) for bound in wanted.specifier if bound.operator in (">=", "==")]
        (version, _), *_ = versions[canonicalize_name(wanted.name)]
        assert version == max(bounds), f"{wanted.name}: the bound says {max(bounds)}, the lock has {version}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_locked_package_has_a_digest_and_none_an_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text):
        assert entry.startswith("#") or "--hash=sha256:" in entry, entry[:80]
    assert "://" not in text and "--index-url" not in text


def test_pytorch_is_locked_for_training_alone() -> None:
    """The build of the registry is that for CUDA, 5 GB with what it brings."""
    assert "torch" in locked("requirements/train.lock")
    for lock in ("run", "dev", "cloud", "lowest"):
        assert "torch" not in locked(f"requirements/{lock}.lock")


def test_setuptools_is_the_locked_one() -> None:
    (wanted,) = (Requirement(line) for line in PROJECT["build-system"]["requires"])
    ((version, _),) = locked("requirements/build.lock")["setuptools"]
    assert str(wanted.specifier) == f"=={version}"


def test_make_test_leaves_out_every_marker_and_says_what_runs_it() -> None:
    markers = {line.partition(":")[0] for line in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    (expression,) = re.findall(r"^QUICK := pytest -m '(.*)'$", MAKEFILE, re.MULTILINE)
    assert set(expression.removeprefix("not ").split(" and not ")) == markers == COMMANDS.keys()


def test_targets_that_commands_name_are_there() -> None:
    for command in COMMANDS.values():
        for target in re.findall(r"make (\S+)", command):
            assert re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE), target


@pytest.fixture(scope="module")
def fresh() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("fresh", str(ROOT / ".ci" / "fresh"))
    spec = importlib.util.spec_from_loader("fresh", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_ci_begins_with_the_two_commands_of_the_readme(fresh: ModuleType) -> None:
    first, second = fresh.commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert (first.split()[:2], second.split()[:2]) == (["make", "demo"], ["make", "test"])
    sections = re.findall(r"^ +section (\w+) (.*?)(?: +#.*)?$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert sections[0] == ("fresh", ".ci/fresh")


def test_ci_passes_every_test_once_with_the_newest_versions() -> None:
    """The quick tests pass in `fresh`; the lanes share the others by what they start."""
    told = subprocess.run(
        ["make", "-n", "test-long", "test-served", "test-rest"], cwd=ROOT, capture_output=True, text=True
    )
    long, served, rest = re.findall(r"pytest -m '(.*)'", told.stdout)
    assert set(served.split(" or ")) < set(rest.split(" or ")) == COMMANDS.keys()
    assert long == f"({rest}) and not ({served})"
    ci = (ROOT / ".ci/run").read_text()
    assert "tested test-long" in ci and "tested test-served" in ci


def run_ci(folder: Path, rules: str) -> subprocess.CompletedProcess[str]:
    """Run CI where every target says that it is made, but those of `rules`."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", folder / ".ci")
    (folder / ".ci/fresh").write_text("#!/bin/sh\necho the newcomer passed\n")
    (folder / ".ci/fresh").chmod(0o755)
    (folder / "Makefile").write_text(f"%:\n\t@echo made $@\ndocs:\n\t@true\n{rules}")
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("chromium", "systemd-analyze"):
        (tools / tool).write_text("#!/bin/sh\nprintf 'eng\\ndeu\\nfra\\n'\n")
        (tools / tool).chmod(0o755)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "MAKEFLAGS": "", "PAUSE": "0"}
    return subprocess.run([".ci/run"], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_part_of_ci_that_fails_fails_it_and_the_other_lane_goes_on(tmp_path: Path) -> None:
    ran = run_ci(tmp_path, "wheel:\n\t@false\n")
    assert ran.returncode == 1, ran.stderr
    assert "== wheel failed with 2" in ran.stdout and "made test-long" in ran.stdout
    assert "begins: make test-served" not in ran.stdout
    assert re.search(r"^wheel +\d+\.\d min, then \d+G of disk free$", ran.stdout, re.MULTILINE)


def test_what_ci_fetches_is_tried_three_times(tmp_path: Path) -> None:
    (passes, fails) = (tmp_path / "passes", tmp_path / "fails")
    for folder in (passes, fails):
        folder.mkdir()
    ran = run_ci(passes, "services:\n\t@echo tried >>tried; [ `wc -l <tried` = 3 ]\n")
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("== once more in a minute") == 2 and "made test-served" in ran.stdout
    ran = run_ci(fails, "services:\n\t@false\n")
    assert ran.returncode == 1
    assert "== services failed with 1" in ran.stdout and "begins: make wheel" not in ran.stdout


HOOK = """
def pytest_terminal_summary(terminalreporter, exitstatus):
    terminalreporter.config.cache.set("docassay/exit", int(exitstatus))
"""


@pytest.mark.parametrize(
    ("failing", "code"), [("1 not once", 0), ("1 always", 1), ("4 not once", 1), ("1 interrupted", 1)]
)
def test_few_failed_tests_run_once_more_and_those_that_pass_are_named(
    tmp_path: Path, failing: str, code: int
) -> None:
    number, how = failing.split(maxsplit=1)
    test = "p = pathlib.Path(f'ran{n}'); ok = p.exists(); p.touch(); assert ok"
    if how == "always":
        test = "assert False"
    if how == "interrupted":
        test += "\ndef test_that():\n    raise KeyboardInterrupt"
    (tmp_path / "conftest.py").write_text(HOOK)
    (tmp_path / "test_it.py").write_text(
        "import pathlib, pytest\n"
        f"@pytest.mark.parametrize('n', range({number}))\n"
        f"def test_it(n):\n    {test}\n"
    )
    rule = f"test-long:\n\t@{sys.executable} -m pytest -q -p no:randomly test_it.py\n"
    ran = run_ci(tmp_path, rule)
    assert ran.returncode == code, ran.stdout
    named = re.findall(r"^== unstable: (.*)", ran.stdout.partition("== minutes")[2], re.MULTILINE)
    assert named == ([] if code else ['"test_it.py::test_it[0]"'])


def test_failures_of_a_newcomer_count_where_every_test_ran(
    fresh: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)  # CI keeps its cache elsewhere by it
    (tmp_path / "test_it.py").write_text("def test_one():\n    assert False\n")
    (tmp_path / "conftest.py").write_text(HOOK)
    assert fresh.failures(tmp_path) == []
    subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True)
    assert fresh.failures(tmp_path) == ["test_it.py::test_one"]
    (tmp_path / ".pytest_cache/v/docassay/exit").write_text("2")
    assert fresh.failures(tmp_path) == []


def test_commands_of_a_readme_with_another_number_of_them_are_refused(fresh: ModuleType) -> None:
    with pytest.raises(SystemExit, match="has 1"):
        fresh.commands("## Two commands\n\n```sh\nmake demo # it\n```\n\n```sh\nmake other\n```\n")


def test_a_newcomer_has_python_make_and_git_and_neither_go_nor_java(
    fresh: ModuleType, tmp_path: Path
) -> None:
    names = {path.name for path in fresh.tools(tmp_path / "bin").iterdir()}
    assert {"python3", "make", "git", "sh"} <= names
    assert not names & {"go", "java", "mvn", "node", "npm", "uv", "gcc", "cc", "docker"}


def test_only_what_leads_pip_to_its_packages_is_passed_on(
    fresh: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("PIP_CACHE_DIR", "/somewhere")
    monkeypatch.setenv("DOCASSAY_MODELS", "/models")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    passed = fresh.registry()
    assert passed["PIP_INDEX_URL"] == "https://packages.example/simple"
    assert not passed.keys() & {"PIP_CACHE_DIR", "DOCASSAY_MODELS", "XDG_CACHE_HOME", "HOME", "PATH"}
