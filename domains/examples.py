"""Examples: texts, and what the rule that each names must make of them.

A line of ``examples.jsonl`` is an object with `rule`, `text`, `expect`, `why` and, where it matters, `kind`,
`media_type`, `stated`, and `labels`: pairs of a label and the passage to which a model gives it. Of a sign of
fraud `expect` lists the evidence: two texts have some, two none. Of a check it is the verdict, or null where
the check is not asked of this text: two texts give ``fail`` or ``review``, two ``pass`` or null.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from docassay.domains.domain import Domain
from docassay.domains.rules import RuleInput, applies, spans
from docassay.domains.verdicts import judge
from docassay.schemas.errors import DomainError
from docassay.schemas.facts import Fact

FILE = "examples.jsonl"
EACH = 2
"""Fewest examples of a rule with a finding (evidence, `fail`, `review`), and with none."""

LEAST_WHY = 11
"""Minimum characters of `why` in an example."""

_KEYS = frozenset({"rule", "text", "kind", "media_type", "stated", "labels", "expect", "why"})


def read(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the examples of a file, each with the number of its line; an absent file has none.

    Raises:
        DomainError: A line is no example; names the file and the line.
    """
    return parse(path.read_text(encoding="utf-8") if path.is_file() else "", str(path))


def parse(text: str, file: str = FILE) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the examples of the text of a file; see `read`.

    Args:
        text: The text.
        file: The file, as errors name it.

    Raises:
        DomainError: As `read`.
    """
    for number, line in enumerate(text.splitlines(), 1):
        try:
            example = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DomainError(f"{file}, line {number}: it is not valid JSON: {error}") from None
        if not isinstance(example, dict) or not {"rule", "text", "expect", "why"} <= set(example) <= _KEYS:
            raise DomainError(
                f"{file}, line {number}: an example is an object with rule, text, expect and why; it may have"
                " kind, media_type, stated and labels"
            )
        for key in ("rule", "text", "why", "kind", "media_type"):
            if not isinstance(example.get(key, ""), str):
                raise DomainError(f'{file}, line {number}: "{key}" is a text; write it in quotation marks')
        for key in ("stated", "labels"):
            if not _are_pairs(example.get(key, [])):
                raise DomainError(f'{file}, line {number}: "{key}" is a list of pairs of texts')
        expected = example["expect"]
        if not (expected is None or isinstance(expected, str) or _are_texts(expected)):
            raise DomainError(f'{file}, line {number}: "expect" is a list of evidence, a verdict or null')
        if len(example["why"]) < LEAST_WHY:
            raise DomainError(
                f'{file}, line {number}: "why" is too short ({LEAST_WHY} characters at least): '
                "say what the example demonstrates"
            )
        yield number, example


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_are_texts(one) and len(one) == 2 for one in value)


def problem(
    domain: Domain, example: dict[str, Any], read_facts: Callable[[str, RuleInput], tuple[Fact, ...]]
) -> str | None:
    """Say where a rule gives something else than its example expects; None where it does not.

    Args:
        domain: The domain of the rule.
        example: One of those that `read` yields.
        read_facts: Reads what a text states, by the fields of the domain of that name.
    """
    text, expected = example["text"], example["expect"]
    kind = example.get("kind", domain.kind_of(None, text))
    stated = tuple((name, value) for name, value in example.get("stated", []))
    labels = tuple(
        (label, (text.index(passage), text.index(passage) + len(passage)))
        for label, passage in example.get("labels", [])
        if passage in text
    )
    media_type = example.get("media_type", "text/plain")
    view = RuleInput(text, kind, media_type, stated=stated, labels=labels)
    asked = any(rule.expect for rule in (*domain.flags, *domain.checks) if rule.id == example["rule"])
    if asked or stated:
        view = replace(view, facts=read_facts(domain.name, view))
    for flag in domain.flags:
        if flag.id == example["rule"]:
            found = [text[start:end] for start, end in spans(flag, view)]
            return None if found == expected else f"expected {expected}, found {found}"
    for check in domain.checks:
        if check.id == example["rule"]:
            if expected is None:  # a clause alone does not show which law applies, a whole text does
                return "it applies, and none was expected" if applies(check, view) else None
            verdict = judge(check, view)[0]
            return None if verdict == expected else f"expected {expected}, found {verdict}"
    return f"there is no rule {example['rule']!r}"


def missing(rules: list[str], examples: list[dict[str, Any]]) -> Iterator[str]:
    """Say which rules have fewer than `EACH` examples with a finding, or with none."""
    outcomes = Counter((one["rule"], one["expect"] not in ([], None, "pass")) for one in examples)
    for rule in rules:
        for speaks, where in ((True, "with a finding"), (False, "with none")):
            if outcomes[rule, speaks] < EACH:
                yield f"{rule}: needs {EACH} examples {where}, has {outcomes[rule, speaks]}"
