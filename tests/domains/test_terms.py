"""Named terms and matchers of rule files: what they become, what they find, and what is wrong with them."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from docassay import domains
from docassay.domains import RuleInput, entries, examples, folders, overlay, rule_entries, signs
from docassay.domains.entries import Source, matchers_of, read_toml
from docassay.domains.patterns import Patterns
from docassay.domains.rule_entries import RuleReader
from docassay.domains.terms import Terms, too_long
from docassay.schemas.errors import DomainError
from docassay.transforms.extract import read_facts
from tests.fresh import forget_domains

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "rules.md"
KEYS = DOCS / "rule-keys.md"

LISTS = {
    "form": ["ltd", "inc"],
    "company": [r"acme {form}\.?", "beta"],
    "digits": [r"\d{2,5}"],
}


@pytest.mark.parametrize(
    ("expression", "expected", "why"),
    [
        ("{form}", "(?:ltd|inc)", "a list is a group of its terms"),
        ("the {company} of", r"the (?:acme (?:ltd|inc)\.?|beta) of", "a term uses another list"),
        (r"\d{2,5} {digits}", r"\d{2,5} (?:\d{2,5})", "quantifiers stay"),
        (r"\p{Lu}\x{20ac}\p{L}", r"\p{Lu}\x{20ac}\p{L}", "classes of characters stay"),
        (r"\{form\} \{form}", r"\{form\} \{form}", "an escaped brace stands for itself"),
        (r"\\{form}", r"\\(?:ltd|inc)", "an escaped backslash escapes nothing else"),
        ("{form}{0,3}", "(?:ltd|inc){0,3}", "a list may be repeated"),
    ],
)
def test_a_list_is_put_in_where_it_is_named(expression: str, expected: str, why: str) -> None:
    assert Terms(LISTS, "rules.toml").expand(expression, "rule") == expected, why


def test_a_list_of_the_file_comes_before_a_shared_one_and_changes_nothing_for_the_shared() -> None:
    shared = Terms({"form": ["gmbh"], "company": ["gamma {form}"]}, "terms.toml")
    own = Terms({"form": ["ltd"]}, "rules.toml", shared)
    assert own.expand("{form} {company}", "rule") == "(?:ltd) (?:gamma (?:gmbh))"


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        (
            {"a": ["{b}"], "b": ["x", "{a}"]},
            "rules.toml: terms.a uses itself: a -> b -> a; write one",
        ),
        ({"a": []}, "terms.a is an empty list; name at least one word, or delete it"),
        ({"a": "x"}, r"terms.a is not a list of texts; write \['one', 'another'\]"),
        ({"a": [""]}, "terms.a is not a list of texts"),
        ({"A": ["x"]}, "terms.A: name it by small letters"),
        (["a"], r"rules.toml: terms is not a table; write \[terms\]"),
        (
            {"form": ["x"], "a": ["{from}"]},
            r"terms.a: \{from\} is not a list of terms; did you mean \{form\}\?",
        ),
        ({"a": ["{zzz}"]}, r"\{zzz\} is not a list of terms; add zzz = \[...\] under \[terms\]"),
    ],
)
def test_wrong_lists_are_named_in_one_line(lists: Any, says: str) -> None:
    with pytest.raises(DomainError, match=says) as raised:
        Terms(lists, "rules.toml").check()
    assert "\n" not in str(raised.value)


def _spans(patterns: Any, text: str) -> list[str]:
    source = Source(domains, Patterns(), Terms(LISTS, "rules.toml"))
    (matcher,) = matchers_of([patterns], source, "rule")
    return [text[start:end] for start, end in matcher(RuleInput(text))]


CHANGED = {"match": [r"\bbank has changed\b"], "followed_by": [r"\bnew account\b"]}
PAYMENT = "Our bank has changed, please pay EUR 48,300.00 to our new account."


@pytest.mark.parametrize(
    ("matcher", "text", "expected", "why"),
    [
        (CHANGED, PAYMENT, PAYMENT[4:-1], "the point in a figure ends no sentence"),
        (CHANGED, "Our bank has changed. We open a new account.", "", "another sentence"),
        ({**CHANGED, "within": "5 words"}, PAYMENT, "", "seven words lie between"),
        ({**CHANGED, "within": "8 words"}, PAYMENT, PAYMENT[4:-1], "they are near enough"),
        ({**CHANGED, "within": "10 characters"}, PAYMENT, "", "further than ten characters"),
        ({**CHANGED, "within": 60}, PAYMENT, PAYMENT[4:-1], "a number is one of characters"),
        ({**CHANGED, "exclude": ["please"]}, PAYMENT, "", "what must not be there is there"),
        ({"match": ["account"], "include": ["bank"]}, PAYMENT, "account", "what must be there is before it"),
        ({"match": ["account"], "include": ["bank", "lawyer"]}, PAYMENT, "", "each of include must be there"),
        ({"match": ["account"], "exclude": ["our"], "within": "2 words"}, PAYMENT, "", "two words before"),
        (
            {"match": ["account"], "exclude": ["our"], "within": "1 word"},
            PAYMENT,
            "account",
            "one word before",
        ),
        ({"match": ["{form}"]}, "of acme ltd", "ltd", "terms in a table"),
        ({"words": ["final say"]}, "the Final\u00a0say. Finally", "Final\u00a0say", "words with any blank"),
        (
            {"words": ["\u0434\u043e\u0433\u043e\u0432\u043e\u0440"]},
            "\u042d\u0442\u043e\u0442 \u0414\u043e\u0433\u043e\u0432\u043e\u0440.",
            "\u0414\u043e\u0433\u043e\u0432\u043e\u0440",
            "words of another alphabet",
        ),
        (
            {"match": ["pay"], "include": ["now"], "within": 90, "same_sentence": True},
            "Please pay. Do it now.",
            "",
            "near enough, and in another sentence",
        ),
    ],
)
def test_what_stands_beside_what(matcher: Any, text: str, expected: str, why: str) -> None:
    assert _spans(matcher, text) == ([expected] if expected else []), why


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"any": [{"include": ["x"]}]}, "a table among expressions has no match or words"),
        ({"any": [{"match": ["x"], "near": ["y"]}]}, "unknown key near; known are exclude"),
        ({"any": [{"match": ["x"], "within": 5}]}, "within and same_sentence say how near"),
        ({"any": [{"match": ["x"], "include": ["y"], "within": "5 lines"}]}, 'a text such as "8 words"'),
        ({"any": [{"match": ["x"], "include": ["y"], "same_sentence": 1}]}, "same_sentence is true or false"),
        ({"any": [{"match": "x"}]}, r"'x' is not a list of expressions; write \['...'\]"),
        ({"any": [7]}, "7 is neither an expression nor a table with match"),
        ({"any": ["x"], "near": ["y"]}, "near is called include now; rename the key"),
        ({"any": ["x"], "unless": ["y"]}, "unless is called exclude now; rename the key"),
        ({"any": ["x"], "within": -1}, "within is a number of characters"),
        ({"any": ["x"], "title": ["y"]}, "title is a text"),
        ({"any": ["{unknown_form}"]}, r"acme/rules.toml: sign: \{unknown_form\} is not a list of terms"),
    ],
)
def test_wrong_keys_of_rules_are_named_with_what_to_write(
    entry: dict[str, Any], says: str, tmp_path: Path
) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "rules.toml").touch()
    rule = {"id": "sign", "severity": "low", "why": "why", "source": "source"}
    source = Source(domains, Patterns(), Terms(LISTS, "rules.toml"))
    with pytest.raises(DomainError, match=says) as raised:
        RuleReader(tmp_path / "acme", source, ()).flags([rule | entry])
    assert "\n" not in str(raised.value)


def test_a_rule_without_title_is_called_by_its_id() -> None:
    rule = {"id": "weekend_payment", "severity": "low", "why": "why", "source": "source", "any": ["x"]}
    source = Source(domains, Patterns(), Terms({}, "rules.toml"))
    flags = RuleReader(Path("acme"), source, ()).flags([rule, rule | {"title": "Paid on Sunday"}])
    assert [flag.title for flag in flags] == ["Weekend payment", "Paid on Sunday"]


def test_every_key_stands_on_the_page_with_an_example() -> None:
    page = KEYS.read_text(encoding="utf-8")
    shown = [key for line in re.findall(r"\| `(\w+ = [^`]+)` \|", page) for key in tomllib.loads(line)]
    rows = re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|", page)
    named = {key for row in rows for key in re.findall(r"\w+", row)}
    rules = RULES.read_text(encoding="utf-8")
    written = set(re.findall(r"(?m)^(\w+) = ", rules))
    keys = {*rule_entries.FLAG, *rule_entries.CHECK, *entries.MATCHERS, *overlay.CHANGE, "domains", "words"}
    keys |= folders._SETTINGS - {"kind", "task_flag", "document_flag", "terms"}  # tables, whose rows say more
    assert keys == named
    assert keys <= {*shown, *written}
    assert "[terms]" in rules and "terms.toml" in rules


def test_the_rules_of_the_page_are_those_of_an_overlay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", RULES.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 4
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "domain.toml").write_text(blocks[0])
    (tmp_path / "acme" / "rules.toml").write_text("".join(blocks[1:]))
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(tmp_path / "acme"))
    forget_domains()
    domain = domains.load("legal")
    rules = {rule.id: rule for rule in domain.flags}
    (audit,) = (rule for rule in domain.checks if rule.labels)
    assert audit.labels == {"clause_type.audit_rights"} and audit.present == "review"
    forget_domains()
    (lines,) = re.findall(r"```json\n(.*?)```", RULES.read_text(encoding="utf-8"), re.DOTALL)
    told = [json.loads(line) for line in lines.splitlines()]
    assert {one["rule"] for one in told} == {"weekend_payment", "payment_term"}
    assert [examples.problem(domain, one, read_facts) for one in told] == [None] * 5
    found = domains.spans(rules["new_account"], RuleInput(PAYMENT))
    assert [PAYMENT[slice(*span)] for span in found] == [PAYMENT[:-1]]
    assert domains.spans(rules["weekend_payment"], RuleInput("We pay on Sunday, or pay on New Year."))


def test_every_shipped_rule_has_one_short_title_in_all_domains() -> None:
    titles: dict[str, str] = {}
    for name in domains.names():
        rules = read_toml(domains.load(name).folder / "rules.toml")
        for entry in (*rules.get("flag", []), *rules.get("check", [])):
            assert 3 <= len(entry["title"]) <= 60, entry["id"]
            assert titles.setdefault(entry["id"], entry["title"]) == entry["title"]
    assert titles["governing_law"] == domains.rule_title("governing_law") == "Governing law named"


def test_no_expression_is_too_long_to_be_read() -> None:
    long: dict[str, list[tuple[str, str]]] = {}
    for name in domains.names():
        for path in (*domains.load(name).folder.glob("*.toml"), *(signs.FOLDER.glob("*.toml"))):
            long[f"{path.parent.name}/{path.name}"] = list(too_long(read_toml(path)))
    assert {file: found for file, found in long.items() if found} == {}


def test_a_sign_of_fraud_stands_once() -> None:
    """Signs of several domains stand in the pack, once; each domain that asks one has it."""
    own = Counter(
        entry["id"]
        for name in domains.names()
        for entry in read_toml(domains.load(name).folder / "rules.toml").get("flag", [])
    )
    packed = Counter(entry["id"] for entry in read_toml(signs.FOLDER / "rules.toml")["flag"])
    assert [rule for rule, count in (own + packed).items() if count > 1] == []
    for name in domains.names():
        asked = {entry["id"] for entry in signs.signs_of(name)}
        assert asked <= {rule.id for rule in domains.load(name).flags}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'domains = ["legal"]',
            'domain = ["legal"]',
            "fraud/rules.toml: advance_fee: asked: unknown key domain",
        ),
        ('domains = ["legal"]', "domains = []", ""),
        ('domains = ["legal"]', 'domains = ["legal", "mail"]', r"names each domain once.*\(line 3 of"),
        ('severity = "high"', 'severity = "high"\nany = ["x"]', "advance_fee: unknown key any"),
    ],
)
def test_a_wrong_pack_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    sign = '[[flag]]\n\nid = "advance_fee"\nseverity = "high"\nwhy = "w"\nsource = "s"\n'
    asked = (
        '[[flag.asked]]\ndomains = ["legal"]\nany = ["x"]\n[[flag.asked]]\ndomains = ["mail"]\nany = ["y"]\n'
    )
    (tmp_path / "fraud").mkdir()
    (tmp_path / "fraud" / "rules.toml").write_text((sign + asked).replace(old, new))
    monkeypatch.setattr(signs, "FOLDER", tmp_path / "fraud")
    signs.signs_of.cache_clear()
    try:
        if says:
            with pytest.raises(DomainError, match=says):
                signs.signs_of("mail")
        else:
            assert [entry["any"] for entry in signs.signs_of("mail")] == [["y"]]
            assert signs.signs_of("legal") == ()
    finally:
        signs.signs_of.cache_clear()
