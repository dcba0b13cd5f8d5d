"""Expressions are compiled when they are needed; here all are."""

from __future__ import annotations

import pkgutil
import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
import re2

from docassay import domains
from docassay.domains import folders
from docassay.domains.calls import resolve
from docassay.domains.patterns import Expression, Patterns, compiled
from docassay.domains.rule_entries import RuleReader
from docassay.domains.rules import RuleInput
from docassay.domains.signs import signs_of


@pytest.mark.parametrize("name", domains.names())
def test_every_expression_of_a_shipped_domain_is_one(name: str) -> None:
    domain = domains.load(name)
    assert len(domain.flags)  # makes the rules
    domain.patterns.compile()
    of_sections = [one for section in domain.sections for one in (section.titles, section.parts) if one]
    titles = [title for check in domain.checks for title in (*check.titles, *check.under)]
    for expression in (*of_sections, *domain.empty, *titles):
        expression.compile()


def test_rules_are_made_when_they_are_first_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for made in ("flags", "checks"):
        monkeypatch.setattr(RuleReader, made, lambda _, entries: asked.append("rules") or tuple(entries))
    domain = folders.load.__wrapped__("medical")
    assert domain.kinds and not asked
    assert len(domain.flags) and len(asked) == 3, "checks are made with the signs, before these are used"
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: (len(domain.flags), len([*domain.checks])), range(8)))
    assert len(asked) == 3 and len({*counts}) == 1 and all(counts[0])  # its signs, those of all, its checks


def test_every_function_that_a_shipped_rule_calls_is_there() -> None:
    for name in domains.names():
        package = import_module(f"docassay.domains.{name}")
        texts = [path.read_text("utf-8") for path in domains.load(name).folder.glob("*.toml")]
        called = re.findall(r"\bcall:([\w.]+)", "\n".join([*texts, *map(str, signs_of(name))]))
        assert called and all(callable(resolve(package, one)) for one in called), name


def test_every_expression_of_the_code_of_domains_is_one() -> None:
    modules = [
        import_module(one.name) for one in pkgutil.walk_packages(domains.__path__, "docassay.domains.")
    ]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Expression)]
    assert len(found) > 50
    for expression in found:
        expression.compile()


def test_a_wrong_expression_is_told_when_it_is_added_or_when_it_is_needed() -> None:
    with pytest.raises(re2.error):
        Patterns(checked=True).of_kinds(["nda"]).matcher("(")
    with pytest.raises(re2.error):
        compiled("(").search("text")
    patterns = Patterns()
    matcher = patterns.of_kinds(["nda"]).matcher("(")
    assert list(patterns.matcher("b")(RuleInput("abc"))) == [(1, 2)]
    for needed in (patterns.compile, lambda: matcher(RuleInput("abc"))):
        with pytest.raises(re2.error, match="is not an RE2 expression"):
            needed()


def test_a_pattern_that_is_added_after_others_were_used_is_found() -> None:
    patterns, text = Patterns(), RuleInput("a flag and a check")
    flag = patterns.matcher("flag")
    assert list(flag(text)) == [(2, 6)]
    check = patterns.matcher("check")
    assert (list(check(text)), list(flag(text))) == ([(13, 18)], [(2, 6)])


def test_kinds_of_any_order_have_one_set_of_patterns() -> None:
    patterns = Patterns()
    assert patterns.of_kinds(["nda", "lease"]) is patterns.of_kinds(("lease", "nda"))
