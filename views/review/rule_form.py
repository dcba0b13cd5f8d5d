"""The form of a rule: between what a person fills in and the entry of a ``rules.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from docassay.domains.examples import LEAST_WHY
from docassay.schemas.errors import UsageError
from docassay.schemas.facts import FactType

SORTS = {
    "expect": "Check: facts",
    "requires": "Check: required words",
    "forbids": "Check: forbidden words",
    "requires_clause": "Check: required clause",
    "forbids_clause": "Check: forbidden clause",
    "sign": "Sign of fraud: words",
}
"""What a rule of the form may be."""

COMPARED = {
    "<=": "at most",
    ">=": "at least",
    "==": "is",
    "!=": "is not",
    "<": "less than, before",
    ">": "more than, after",
    "in": "one of",
    "not in": "none of",
    "holds": "includes",
    "known": "is stated",
    "not known": "is not stated",
}
"""How a fact is compared."""

EXPECTED = {"fail": "failed", "review": "needs review", "pass": "passed", "": "not applied"}
"""What an example of a check gives."""

MOST_EXAMPLES = 8

_OF_ALL = ("id", "title", "severity", "why", "source", "kinds")
_OWN = {
    "expect": ("expect", "present"),
    "requires": ("requires", "absent"),
    "forbids": ("forbids", "present"),
    "requires_clause": ("requires", "absent"),
    "forbids_clause": ("forbids", "present"),
    "sign": ("any",),
}
"""The keys of each sort beside those of all."""

_UNITS = {"day": "D", "week": "W", "month": "M", "year": "Y"}
_LENGTH = re.compile(r"(?i)(\d{1,4})\s+(day|week|month|year)s?")
_AMOUNT = re.compile(
    r"(?i)(?:([A-Z]{3})\s*)?(-?(?:\d{1,3}(?:[,']\d{3})+|\d+)(?:\.\d+)?)(?:\s*(?(1)(?!)|([A-Z]{3})))?"
)
_CLAIM = re.compile(r"(\w+) (<=|>=|==|!=|<|>) (.+)")
_LISTED = re.compile(r"(\w+) (not in|in) \[(.+)\]")
_HELD = re.compile(r"""("[^"]+"|'[^']+') in (\w+)""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_KNOWN = re.compile(r"(\w+) is (not )?known")


def entry_of(
    form: Mapping[str, str], folder: str, types: Mapping[str, FactType]
) -> tuple[str, str, dict[str, Any]]:
    """Make the entry of a rule.

    Args:
        form: What was filled in.
        folder: The overlay's name, with which the names of its rules begin.
        types: The types of the facts that may be named.

    Returns:
        The table, the id, and the keys; one that the rule has not is None.

    Raises:
        UsageError: Something is missing.
    """
    sort = form.get("sort", "")
    if sort not in SORTS:
        raise UsageError("Choose the kind of rule.")
    given = {key: form.get(key, "").strip() for key in ("title", "severity", "why", "source")}
    for key, said in (("title", "a title"), ("why", "a reason why it matters"), ("source", "a source")):
        if not given[key]:
            raise UsageError(f"Give the rule {said}.")
    words = "_".join(re.findall(r"[a-z0-9]+", given["title"].lower())[:8])
    name = form.get("id", "").strip() or f"{folder.lower()}_{words}"
    kinds = sorted(key.removeprefix("kind:") for key in form if key.startswith("kind:"))
    values: dict[str, Any] = dict.fromkeys({key for keys in _OWN.values() for key in keys})
    values |= given | {"kinds": kinds or None}
    if sort == "expect":
        values["expect"] = form.get("expression", "").strip() or claim_of(form, types)
    elif sort.endswith("_clause"):
        if not form.get("clause"):
            raise UsageError("Choose the clause.")
        values[sort.removesuffix("_clause")] = [f"label:{form['clause']}"]
    else:
        phrases = [line.strip() for line in form.get("phrases", "").splitlines() if line.strip()]
        if not phrases:
            raise UsageError("Give the words, one phrase per line.")
        values["any" if sort == "sign" else sort] = [{"words": phrases}]
    if sort == "sign":
        return "flag", name, values
    verdict = "review" if form.get("verdict") == "review" else "fail"
    if sort.startswith("requires") and not form.get("was"):
        verdict = "review"  # what is not found is for a person to look at, whatever a rule says
    values[_OWN[sort][1]] = None if verdict == _usual(sort) else verdict
    return "check", name, values


def _usual(sort: str) -> str:
    """Give the verdict of a sort of check that does not say another."""
    return "review" if sort.endswith("_clause") else "fail"


def form_of(table: str, entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give what the form shows of an entry; None where the form cannot hold it."""
    given: dict[str, Any] = {key: entry.get(key, "") for key in ("id", "title", "severity", "why", "source")}
    given |= {"kinds": entry.get("kinds", []), "verdict": "fail", "was": entry.get("id", ""), "phrases": ""}
    given |= dict.fromkeys(("fact", "is", "value", "expression", "clause"), "")
    of = [key for key in ("expect", "requires", "forbids", "any") if key in entry]
    if len(of) != 1 or (of == ["any"]) != (table == "flag"):
        return None
    found = entry[of[0]]
    sort = "sign" if table == "flag" else of[0]
    match found:
        case str() if sort == "expect":
            given |= parts_of(found) or {"expression": found}
        case [{"words": [*phrases], **more}] if not more:
            given["phrases"] = "\n".join(map(str, phrases))
        case [str(label)] if label.startswith("label:"):
            sort, given["clause"] = f"{sort}_clause", label.removeprefix("label:")
        case _:
            return None
    if sort not in SORTS or not entry.keys() <= {*_OF_ALL, *_OWN[sort]}:
        return None
    if table == "check":
        given["verdict"] = entry.get(_OWN[sort][1], _usual(sort))
    return given | {"sort": sort} if given["verdict"] in ("fail", "review") else None


def claim_of(form: Mapping[str, str], types: Mapping[str, FactType]) -> str:
    """Write what was chosen of a fact as an expectation.

    >>> claim_of({"fact": "term", "is": "<=", "value": "3 years"}, {"term": "duration"})
    'term <= P3Y'
    >>> claim_of({"fact": "governing_law", "is": "in", "value": "de, ch"}, {"governing_law": "jurisdiction"})
    'governing_law in [DE, CH]'

    Raises:
        UsageError: Something is missing.
    """
    fact, compared, value = (form.get(key, "").strip() for key in ("fact", "is", "value"))
    if fact not in types or compared not in COMPARED:
        raise UsageError("Choose a fact and a comparison, or write an expression.")
    if compared in ("known", "not known"):
        return f"{fact} is {compared}"
    if not value:
        raise UsageError(f"Give the value to compare {fact} with.")
    if compared in ("in", "not in"):
        listed = ", ".join(_literal(one.strip(), types[fact]) for one in value.split(",") if one.strip())
        return f"{fact} {compared} [{listed}]"
    literal = _literal(value, types[fact])
    return f"{literal} in {fact}" if compared == "holds" else f"{fact} {compared} {literal}"


def parts_of(expected: str) -> dict[str, str] | None:
    """Take an expectation of one fact apart, as `claim_of` has written it; None for any other.

    >>> parts_of("term <= P3Y")
    {'fact': 'term', 'is': '<=', 'value': '3 years'}
    """
    if match := _KNOWN.fullmatch(expected):
        return {"fact": match[1], "is": f"{match[2] or ''}known", "value": ""}
    if match := _LISTED.fullmatch(expected):
        if any("," in text for text in _QUOTED.findall(match[3])):
            return None  # the form parts a list at commas
        return {"fact": match[1], "is": match[2], "value": ", ".join(map(_said, match[3].split(",")))}
    if match := _HELD.fullmatch(expected):
        return {"fact": match[2], "is": "holds", "value": _said(match[1])}
    match = _CLAIM.fullmatch(expected)
    if match is None or re.search(r"\+-|[-+(] |\b(?:and|or|not|[a-z]{2,})\b", _QUOTED.sub("", match[3])):
        return None
    return {"fact": match[1], "is": match[2], "value": _said(match[3])}


def _literal(value: str, of: FactType) -> str:
    if of == "duration" and (length := _LENGTH.fullmatch(value)):
        return f"P{int(length[1])}{_UNITS[length[2].lower()]}"
    if of in ("amount", "number", "percentage") and (amount := _AMOUNT.fullmatch(value)):
        return " ".join(filter(None, (re.sub("[,']", "", amount[2]), (amount[1] or amount[3] or "").upper())))
    if of in ("currency", "jurisdiction"):
        return value.upper()
    if of in ("date", "time", "duration", "amount", "number", "percentage"):
        return value
    text = value[1:-1] if re.fullmatch('"[^"]*"', value) else value
    return f"'{text}'" if '"' in text else f'"{text}"'


def _said(literal: str) -> str:
    literal = literal.strip()
    if match := re.fullmatch(r"P(\d+)([YMWD])", literal):
        unit = next(name for name, letter in _UNITS.items() if letter == match[2])
        return f"{match[1]} {unit}{'' if match[1] == '1' else 's'}"
    return literal[1:-1] if _QUOTED.fullmatch(literal) else literal


def examples_of(form: Mapping[str, str], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make the examples of a rule; what the form does not show of those before it is kept.

    Raises:
        UsageError: One has no outcome.
    """
    made = []
    for number in range(MOST_EXAMPLES):
        text = form.get(f"text{number}", "").replace("\r\n", "\n")
        if not text.strip():
            continue
        old = dict(before[number]) if number < len(before) else {}
        new: dict[str, Any] = {"text": text}
        if form.get("sort") == "sign":
            new["expect"] = [
                line.strip() for line in form.get(f"found{number}", "").splitlines() if line.strip()
            ]
        else:
            if form.get(f"expect{number}") not in EXPECTED:
                raise UsageError(f"Choose the expected result of example {number + 1}.")
            new["expect"] = form[f"expect{number}"] or None
        if form.get("sort", "").endswith("_clause"):
            passages = form.get(f"labelled{number}", "").replace("\r\n", "\n").splitlines()
            new["labels"] = [[form.get("clause", ""), one.strip()] for one in passages if one.strip()]
        if kind := form.get(f"of{number}", ""):
            new["kind"] = kind
        else:
            old.pop("kind", None)
        why = form.get(f"why{number}", "").strip()
        if len(why) < LEAST_WHY:
            said = (
                "an example with a finding"
                if new["expect"] not in ([], None, "pass")
                else "an example without a finding"
            )
            why = f"{why}: {said}" if why else said
        new["why"] = why
        old.pop("rule", None)
        made.append({**old, **new})
    return [*made, *({**old} for old in before[MOST_EXAMPLES:])]
