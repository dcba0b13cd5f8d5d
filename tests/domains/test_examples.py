"""Every rule of every domain against the examples that its folder gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docassay import domains
from docassay.domains import examples
from docassay.transforms.extract import read_facts


@pytest.mark.parametrize("name", domains.names())
def test_rules_give_what_their_examples_expect(name: str) -> None:
    domain = domains.load(name)
    found = list(examples.read(domain.folder / examples.FILE))
    problems = [
        (line, examples.problem(domain, example, read_facts), example["why"]) for line, example in found
    ]
    assert found and [problem for problem in problems if problem[1] is not None] == []


@pytest.mark.parametrize("name", domains.names())
def test_every_rule_has_two_examples_of_each_outcome(name: str) -> None:
    domain = domains.load(name)
    ids = [rule.id for rule in (*domain.flags, *domain.checks)]
    assert len(ids) == len(set(ids))
    found = [example for _, example in examples.read(domain.folder / examples.FILE)]
    assert list(examples.missing(ids, found)) == []


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ({"rule": "nothing", "text": "x", "expect": []}, "there is no rule 'nothing'"),
        ({"rule": "nda_term", "text": "x", "expect": "pass"}, "expected pass, found"),
    ],
)
def test_an_example_that_does_not_hold_is_told(example: dict[str, Any], says: str) -> None:
    assert says in (examples.problem(domains.load("legal"), example, read_facts) or "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1: it is not valid JSON"),
        ("[]", "line 1: an example is an object with rule, text, expect and why"),
        ('{"rule": "x", "text": "y", "expect": [], "why": "a long enough reason", "z": 1}', "may have kind"),
        ('{"rule": "x", "text": "y", "expect": [], "why": "short"}', "is too short"),
        ('{"rule": ["x"], "text": "y", "expect": [], "why": "a long enough reason"}', '"rule" is a text'),
        ('{"rule": "x", "text": "y", "expect": 5, "why": "a long enough reason"}', "a verdict or null"),
        (
            '{"rule": "x", "text": "y", "expect": [], "why": "a long enough reason", "labels": [["a"]]}',
            '"labels" is a list of pairs',
        ),
        ("[" * 100_000, "line 1: it is not valid JSON"),
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(line)
    with pytest.raises(domains.DomainError, match=says):
        list(examples.read(path))


def test_one_sign_has_one_code_in_all_domains() -> None:
    """Who asks `where code = ...` finds all of it; articles, conjunctions and plurals make no other sign."""
    codes = {rule.id for name in domains.names() for rule in domains.load(name).flags}
    meant: dict[tuple[str, ...], set[str]] = {}
    for code in codes:
        stems = (
            word.rstrip("s") for word in code.split("_") if word not in ("and", "with", "of", "or", "the")
        )
        meant.setdefault(tuple(sorted(stems)), set()).add(code)
    assert [same for same in meant.values() if len(same) > 1] == []
