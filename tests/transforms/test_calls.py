"""Functions of other people's domains: one that never returns or crashes costs its document alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from docassay import domains
from docassay.cli import app
from docassay.domains import RuleInput, calls
from docassay.domains.calls import CallError
from docassay.domains.outline import Part
from docassay.domains.rules import Compared
from docassay.schemas.errors import DomainError, RunError
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Segment
from docassay.schemas.tables import Cell, Table
from docassay.transforms.budget import Clock, OutOfTime
from docassay.transforms.isolation import calls as isolated_calls
from docassay.transforms.isolation.calls import run
from docassay.transforms.stages import STAGES
from tests.fresh import overlay

CODE = r"""
import ctypes, os, re
from docassay.domains.outline import Part
from docassay.domains.rules import Compared

def hangs(view):
    if "never ends" in view.text:
        while True:
            pass
    if "backtracks" in view.text:
        re.match(r"(a+)+$", "a" * 60 + "b")  # holds the lock of the interpreter
    if "crashes" in view.text:
        ctypes.string_at(0)
    if "defect" in view.text:
        raise KeyError(view.text)
    if "without end" in view.text:
        return endless(view)
    if "file" in view.text:
        open("/no/such/file")
    at = view.text.find("Sunday")
    return [(at, at + 6)] if at >= 0 else []

def endless(view):
    while True:
        yield 0, 1

def says(view, span):
    return f"It says {view.text[slice(*span)]}."

def compares(view):
    says = f"{len(view.segments)} {view.stated} {view.tables} {view.original} {view.facts}"
    return [Compared("review", (0, 2), says, absent=False)]

def nothing(view):
    return [Compared("maybe", None, "")]

def words(view):
    return [(0.5, 1)]

def split(view):
    return [Part(0, 5, ("A",)), Part(5, len(view.text))]
"""
RULES = """
[[flag]]
id = "weekend_payment"
severity = "high"
why = "Our policy pays on working days alone."
source = "ACME treasury policy, 4.2"
any = ['call:hangs']
detail = 'call:says'
"""
TEXT = "This agreement is made between Alpha Ltd and Beta Ltd: the client shall pay on Sunday. It {}."


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch, {"rules.toml": RULES, "__init__.py": CODE}) as folder:
        yield folder


def call(folder: Path, name: str, kind: calls.CallKind, view: RuleInput, *more: object) -> object:
    return run(calls.Call("acme", str(folder), name, kind), view, more)


@pytest.mark.slow
def test_a_run_goes_on_where_a_rule_never_returns(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated_calls, "CALL_SECONDS", 2.0)
    inputs = tmp_path / "in"
    inputs.mkdir()
    for name in ("is due", "never ends", "backtracks", "crashes", "defect"):
        (inputs / f"{name}.txt").write_text(TEXT.format(name))
    words = ["batch", str(inputs), "--out", str(tmp_path / "out"), "--domain", "legal"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    rejects = {
        Path(row["uri"]).stem: (row["stage"], row["reason"], row["detail"])
        for row in pq.read_table(tmp_path / "out" / "rejects").to_pylist()
    }
    late = ("conclude", "timeout", "call:hangs of acme took more than 2 s")
    assert rejects == {
        "never ends": late,
        "backtracks": late,
        "crashes": (
            "conclude",
            "fault",
            "call:hangs of acme: crashed, the parser's process ended with signal SIGSEGV",
        ),
        "defect": ("conclude", "fault", "KeyError at acme/__init__.py:15"),
    }
    (flag,) = (
        row
        for row in pq.read_table(tmp_path / "out" / "flags").to_pylist()
        if row["code"] == "weekend_payment"
    )
    assert flag["evidence"] == "Sunday" and flag["why"].endswith("It says Sunday.")


def test_a_folder_of_the_same_name_is_not_taken_for_another(acme: Path, tmp_path: Path) -> None:
    (acme / "__init__.py").write_text("def every(view):\n    return [(0, 3)]\n")
    other = tmp_path / "other" / "acme"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("def every(view):\n    return [(1, 2)]\n")
    for folder, span in ((acme, (0, 3)), (other, (1, 2)), (acme, (0, 3))):
        assert call(folder, "every", "matcher", RuleInput("abcdef")) == [span]


def test_a_call_gives_what_the_function_gives(acme: Path) -> None:
    segments = (Segment("d", 0, 0, 2, ("A", "B"), "aé", "en"),)
    tables = (Table(((Cell("amount", 0, 2),),)),)
    stated = (("number", "7"),)
    place = (11, 17, "rule", None, False, "rule acme.day")
    facts = (Fact("d", 0, "day", None, None, "Sunday", None, "text", None, None, *place),)
    view = RuleInput(
        "aé pays on Sunday", "nda", "text/html", segments, True, stated, tables, None, "été", facts
    )
    assert call(acme, "hangs", "matcher", view) == [(11, 17)]
    assert call(acme, "says", "detail", view, (3, 7)) == "It says pays."
    compared = Compared("review", (0, 2), f"1 {view.stated} {tables} été {facts}", absent=False)
    assert call(acme, "compares", "compares", view) == [compared]
    assert call(acme, "split", "split", view) == [Part(0, 5, ("A",)), Part(5, 17)]


@pytest.mark.parametrize(
    ("name", "kind"), [("nothing", "compares"), ("words", "matcher"), ("split", "detail"), ("says", "split")]
)
def test_what_a_call_gives_is_checked(acme: Path, name: str, kind: calls.CallKind) -> None:
    more = ((0, 1),) if name == "says" else ()
    with pytest.raises(CallError, match=r"no answer that can be read|Error at|Error: "):
        call(acme, name, kind, RuleInput("text"), *more)


def test_matches_without_end_are_out_of_memory_or_time(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_calls, "CALL_SECONDS", 0.5)
    with pytest.raises((CallError, OutOfTime)):
        call(acme, "hangs", "matcher", RuleInput("without end"))


def test_what_is_no_fault_of_a_document_fails_the_run(acme: Path) -> None:
    with pytest.raises(RunError, match="call:hangs of acme: No such file or directory; mend that"):
        call(acme, "hangs", "matcher", RuleInput("file"))


def test_waiting_for_a_call_counts_as_time_of_the_rules(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_calls, "CALL_SECONDS", 0.5)
    (rule,) = (rule for rule in domains.load("legal").flags if rule.id == "weekend_payment")
    clock = Clock(0.3)
    with pytest.raises(OutOfTime):
        list(rule.any[0](RuleInput("never ends")))
    with pytest.raises(OutOfTime, match=r"more than 0\.3 s of processor time"):
        clock.check()


def test_shipped_functions_run_in_this_process() -> None:
    assert STAGES[-1].name == "conclude"  # the stages have plugged in what runs the others
    every = [*domains.load("legal").flags, *domains.load("financial").flags]
    assert not any(
        getattr(seek, "__code__", None) and seek.__code__.co_qualname == "function_of.<locals>.run"
        for rule in every
        for seek in rule.any
    )


def test_a_function_stands_in_any_module_of_a_folder_or_of_another_domain(acme: Path) -> None:
    (acme / "days.py").write_text("def sundays(view):\n    return [(0, 6)]\n")
    assert call(acme, "days.sundays", "matcher", RuleInput("Sunday")) == [(0, 6)]
    package = calls.module_of("acme", acme)
    assert calls.resolve(package, "legal.audience.for_consumers")(RuleInput("You pay.")) is not None
    assert calls.resolve(package, "days.mondays") is None is calls.resolve(package, "weeks.first")
    (acme / "weeks.py").write_text("import no_such_thing\n")
    with pytest.raises(DomainError, match=r"acme\.weeks: No module named 'no_such_thing'"):
        calls.resolve(package, "weeks.first")
