"""What every test leaves behind as it found it, and what a run says it left out."""

from __future__ import annotations

import ast
import gc
import logging
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from docassay.models.catalog import use_folders

MODELS = os.environ.get("DOCASSAY_MODELS", "")
for name in ("http_proxy", "HTTP_PROXY"):  # the servers of tests are on this machine
    os.environ.pop(name, None)
os.fsync = lambda descriptor: None  # tests kill processes, never the machine
os.environ["XDG_DATA_HOME"] = os.path.join(tempfile.gettempdir(), "docassay-no-models-of-a-user")

# Nothing may hang on how fast the machine is, or how busy.
settings.register_profile("docassay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("docassay")

COMMANDS = {
    "slow": "pytest -m slow",
    "browser": "apt-get install chromium && pytest -m browser",
    "training": "make .venv/.train && pytest -m training",
    "weights": "DOCASSAY_WEIGHTS=FOLDER pytest -m weights, a folder for 2 GB",
    "processors": "pytest -m processors, with the data beside the checkout",
    "prism": "make prism && pytest -m prism",
    "kafka": "make services && pytest -m kafka",
    "iceberg": "make services && pytest -m iceberg",
    "pubsub": "pytest -m pubsub, with Google's emulator",
    "flink": "make flink && pytest -m flink",
    "spark": "make spark && pytest -m spark",
    "dataflow": "make storage-emulator && pytest -m dataflow",
    "airflow": "make airflow && pytest -m airflow",
}
"""What runs the tests of each marker; `make test-all` runs all. One of several counts for the last."""

_left_out: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _settings_of_the_process() -> Iterator[None]:
    """Take back what a command, run in this process, has set for it."""
    _take_back()
    yield
    _take_back()


@pytest.fixture
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the answers of rules stand, whatever the head of answers would say of so short a text."""
    monkeypatch.setattr("docassay.transforms.settle.is_learnt", lambda check: False)


def _take_back() -> None:
    logging.disable(logging.NOTSET)
    os.environ["DOCASSAY_MODELS"] = MODELS
    use_folders(())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Give the number of processes for `-n auto`: each imports everything, so more than four gain little."""
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Leave all that is imported out of the garbage collections to come."""
    gc.collect()
    gc.freeze()


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        marks = {mark.name for mark in item.iter_markers()} & COMMANDS.keys()
        if marks:
            _left_out[max(marks, key=list(COMMANDS).index)] += 1


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Count the tests of a module that could not be imported without an extra, by its own mark."""
    path = report.nodeid.partition("::")[0]
    if report.skipped and path.endswith(".py"):
        code = (Path(__file__).parent.parent / path).read_text(encoding="utf-8")
        marks = {name for name in re.findall(r"pytest\.mark\.(\w+)", code) if name in COMMANDS} or {
            "training"
        }
        tests = sum(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for node in ast.walk(ast.parse(code))
        )
        _left_out["training" if "training" in marks else min(marks)] += tests


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one what was left out: those of `-n` all collect the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _left_out.clear()
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Keep the processor seconds of a whole run of the quick tests, for `make figures`."""
    whole = config.option.markexpr.startswith("not slow") and config.args == config.getini("testpaths")
    if whole and not hasattr(config, "workerinput"):
        config.cache.set("docassay/quick_seconds", round(sum(os.times()[:4])))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Say what was left out; keep how the run ended, for CI: whether all ran and some failed."""
    if cache := getattr(terminalreporter.config, "cache", None):
        cache.set("docassay/exit", int(exitstatus))
    if not _left_out:
        return
    terminalreporter.write_line(f"left out: {sum(_left_out.values())} tests; make test-all runs them all, or")
    for name in COMMANDS:
        if _left_out[name]:
            terminalreporter.write_line(f"  {_left_out[name]:>4} {name:<9} {COMMANDS[name]}")
