"""What hangs on the processor: the margin of sure answers, and the same documents on the engine's paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from research.benchmarks.paths import differences, gather, tables_by_path

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.processors
def test_paths_of_the_engine_agree(tmp_path: Path) -> None:
    if not (DATA / "real" / "manifest.tsv").is_file():
        pytest.skip(f"no real documents in {DATA / 'real'}")
    gather(tmp_path / "in", DATA / "real", 50)
    found = tables_by_path(tmp_path / "in", tmp_path)
    assert all(len(tables["documents"]) >= 50 for tables in found.values())
    assert differences(found) == []


def tables(**rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    document = {"domain": "legal", "kind": "terms", "language": "en", "reasons": [], "run_id": "r"}
    given: dict[str, list[dict[str, Any]]] = {"documents": [document], **rows}
    return {table: [{"doc_id": "d", **row} for row in own] for table, own in given.items()}


def label(abstained: bool) -> dict[str, Any]:
    return {"segment": 0, "task": "t", "label": "a", "probability": 0.7, "abstained": abstained}


def flag(decided_by: str, code: str = "c") -> dict[str, Any]:
    return {"code": code, "start_char": 3, "decided_by": decided_by}


def finding(verdict: str, decided_by: str) -> dict[str, Any]:
    return {"check_id": "x", "verdict": verdict, "start_char": None, "decided_by": decided_by}


DOUBT = {
    "domain": "legal",
    "kind": "terms",
    "language": "en",
    "reasons": ["flag_uncertain:c"],
}


@pytest.mark.parametrize(
    ("one", "other", "agree", "why"),
    [
        (tables(), tables(), True, "nothing found on either"),
        (
            tables(classifications=[label(False)]),
            tables(classifications=[label(True)]),
            True,
            "a sure label may be abstained elsewhere",
        ),
        (tables(classifications=[label(True)]), tables(), True, "what is abstained may be missing elsewhere"),
        (tables(classifications=[label(False)]), tables(), False, "a sure label is nowhere missing"),
        (tables(flags=[flag("rule r")]), tables(flags=[flag("rule r")]), True, "rules find the same"),
        (tables(flags=[flag("rule r")]), tables(), False, "a rule's flag is nowhere missing"),
        (tables(flags=[flag("rule r")]), tables(documents=[DOUBT]), False, "nor a doubt"),
        (tables(flags=[flag("model m@1")]), tables(documents=[DOUBT]), True, "a model's flag may be a doubt"),
        (tables(flags=[flag("model m@1")]), tables(), False, "but not nothing"),
        (
            tables(findings=[finding("review", "model m@1")]),
            tables(findings=[finding("fail", "rule r+m@1")]),
            True,
            "a verdict that rests on a model may be a review elsewhere",
        ),
        (
            tables(findings=[finding("pass", "rule r+m@1")]),
            tables(findings=[finding("fail", "rule r+m@1")]),
            False,
            "but not the contrary",
        ),
        (
            tables(findings=[finding("fail", "rule r")]),
            tables(findings=[finding("review", "rule r")]),
            False,
            "a rule's own verdict is the same",
        ),
        (
            tables(
                classifications=[label(False)], translations=[{"segment": 0, "text": "a", "guarded": False}]
            ),
            tables(translations=[{"segment": 0, "text": "b", "guarded": False}]),
            True,
            "another text was read",
        ),
    ],
)
def test_what_must_agree(one: Any, other: Any, agree: bool, why: str) -> None:
    assert (differences({"one": one, "other": other}) == []) is agree, why
