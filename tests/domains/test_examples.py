"""Every rule of every domain against the examples that its folder gives."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from docassay import domains


def _examples() -> list[Any]:
    found = []
    for name in domains.names():
        path = domains.load(name).folder / "examples.jsonl"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            example = json.loads(line)
            found.append(pytest.param(name, example, id=f"{name}:{number}:{example['rule']}"))
    return found


def _view(domain: domains.Domain, example: dict[str, Any]) -> domains.View:
    text = example["text"]
    kind = example.get("kind", domain.kind_of(None, text))
    stated = tuple((name, value) for name, value in example.get("stated", []))
    return domains.View(text, kind, example.get("media_type", "text/plain"), stated=stated)


@pytest.mark.parametrize(("name", "example"), _examples())
def test_rule_gives_what_its_example_expects(name: str, example: dict[str, Any]) -> None:
    domain = domains.load(name)
    view = _view(domain, example)
    assert set(example) <= {"rule", "text", "kind", "media_type", "stated", "expect", "why"}
    assert len(example["why"]) > 10, "an example says why"
    for rule in domain.flags:
        if rule.id == example["rule"]:
            found = [view.text[start:end] for start, end in domains.spans(rule, view)]
            assert found == example["expect"], example["why"]
            return
    for check in domain.checks:
        if check.id == example["rule"]:
            verdict = domains.judge(check, view)[0] if domains.applies(check, view) else None
            assert verdict == example["expect"], example["why"]
            return
    pytest.fail(f"no rule {example['rule']!r} in domain {name}")


@pytest.mark.parametrize("name", domains.names())
def test_every_rule_has_two_examples_of_each_outcome(name: str) -> None:
    domain = domains.load(name)
    outcomes: Counter[tuple[str, bool]] = Counter()
    for line in Path(domain.folder / "examples.jsonl").read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        outcomes[example["rule"], example["expect"] not in ([], None, "pass")] += 1
    for rule in (*domain.flags, *domain.checks):
        assert outcomes[rule.id, True] >= 2, f"{rule.id}: two examples where it speaks"
        assert outcomes[rule.id, False] >= 2, f"{rule.id}: two examples where it is silent or passes"


@pytest.mark.parametrize("name", domains.names())
def test_ids_are_unique_and_counts_hold(name: str) -> None:
    domain = domains.load(name)
    ids = [rule.id for rule in (*domain.flags, *domain.checks)]
    assert len(ids) == len(set(ids))
