"""Whether a contract names two parties: a person or an organisation on either side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, Span, plain
from docassay.domains.legal.formation import (
    ANYBODY,
    BETWEEN,
    COMPANY,
    GREETED,
    LETTER,
    OPENING,
    PLAIN_ROLE,
    STOP,
    is_name,
)
from docassay.domains.legal.parties import (
    SUFFIXES,
    given_roles,
    labelled,
    name_at,
    names_nobody,
    signed,
    words_of,
)
from docassay.domains.patterns import compiled
from docassay.domains.rules import Compared

_TWO = 2
_MOST = 30
"""Places that are looked at of each layout."""

_NAME_CHARS, _APART, _LETTERHEAD = 200, 900, 800
"""Characters of a party's name, between two of them, and above and below a letter's salutation."""

_SHOWN = 400
"""Characters up to which both names are shown, with what stands between them."""

_BY = compiled(rf"{BETWEEN.pattern}|\b(?:I|[Uu]ndersigned),\s")
"""What a party's name follows."""

_MARKS = " \n\t*_#>|,:;\"'([{<.-"
_MADE = compiled(
    r"(?im)\b(?:agreements?|contract|deed|lease|letter|nda|made|entered|executed|parties|vereinbarung|contrat|bail"
    r"|\pL*vertrag|accord|convention|soussignée?s?)\b"
    r"|^[ \t*_#>]*\pL+\W*\z|by\s+and\s+\w+\W*\z|(?:I|undersigned),\s\z"
)
"""Stands before it, or it begins a line: "between Monday and Friday" says nothing of parties."""

_AND = compiled(
    r"\b(?:[Aa]nd|AND|et|ET|und|UND)\b|\n[ \t]*[-&][ \t]*\n|;[ \t]*\n|\n[ \t*_]*\(?(?:2|b|ii)[ ]*[.)-][ \t]"
    r"|\bto\s+the\s+order\s+of\b|\b[Dd]'une\s+part\b[.,;]*"
)
_AND_BETWEEN = compiled(r"(?i)\s*(?:between|among)\b")
_STOP = compiled(rf"{STOP.pattern}|\.[\"')]*\s+\p{{Lu}}\p{{Ll}}+\s+\p{{Ll}}{{2,}}")
"""Where the clause that names the parties ends: what they agree, or the next sentence."""

_AGREEING = compiled(
    r"(?m)^[^\n]{10,500}?\b(?:have\s+(?:hereby\s+)?(?:agreed|entered\s+into)|hereby\s+agree|schließen|vereinbaren"
    r"|conviennent)\b"
)
"""A sentence whose subject are the parties."""

_LEAD = compiled(
    r"(?:[\s*#>|,:;\"'-]|\([0-9a-zA-Z]{1,2}\)|\b[0-9a-zA-Z][ ]?[.)-]\s"
    r"|\b(?i:by|the|an?|la|le|for|mrs?|mme|ms|madame|monsieur|herrn?|frau|firma)\b[./]?|(?i:société)"
    r"|</?(?:p|b|li|ul|ol|br|td|tr|div|dfn|span|strong)\b[^>\n]{0,60}>"
    r"|(?:\p{Lu}\pL+[ ]){0,3}\p{Lu}\pL+[*]*[ \t]*:)*"
)
"""Stands before a party's name: numbers, articles, a label."""

_BLANK = compiled(
    r"_[_ ]{2,}|\[|[<{]|\.{4,}|\x{2026}|\x{25cf}|X{3,}|TB[CD]\b|:[a-z]+_[a-z]+"
    r"|\((?i:enter|full|insert|name|your)\b"
    r"|(?:NAME|COMPANY|INSTITUTION|DEPARTMENT|ORGANI[SZ]ATION|CLIENT|RECIPIENT|PROMOTER|CUSTOMER|PARTNER)\b"
    r"(?:[ ](?:NAME|DETAILS|X{3,})|,?[ ]an?[ ]|[ ]\()"
)
"""What stands where a name is to be filled in."""

_NOBODY = compiled(
    r"(?i)(?:(?:the|an?|each|other|following|potential|prospective)\s+){0,2}"
    r"(?:undersigned|entity|person|individual|organi[sz]ation|names?|your?|signatures?|date|title|printed|address)\b"
    r"|(?:\pL+\s+){0,2}part(?:y|ies)(?:[^\s\w]|\s+(?-i:\p{Ll})|$)"
)
_ROLE = compiled(rf"(?i)(?:[a-z]+\s+){{0,3}}?(?:{PLAIN_ROLE.pattern.removeprefix('(?i)')})s?\b")
_ROLE_LAST = compiled(rf"(?i)\b(?:{PLAIN_ROLE.pattern.removeprefix('(?i)')})$")
_JOIN = compiled(r"\b(?:join|employment\s+(?:by|with)|work\s+for|behalf\s+of)\s+(?:the\s+)?[*_]*")
_DOER = compiled(r"(?:\p{Lu}\pL+-)?\p{Lu}\p{Ll}+(?:aire|ant|ee|ent|er|eur|ist|or)(?:in)?s?")
_UNDERSIGNED = compiled(r"\b[Tt]he\s+undersigned\s+(?:hereby\s+)?(?:\pL+[^s]s)\b")
_QUOTED = compiled(
    rf"\b(?i:the)\s+({PLAIN_ROLE.pattern.replace('(?i)', '(?i:', 1)})):?\s+\"(\p{{Lu}}[\pL .'-]{{1,60}})\""
)
_NUMBER = compiled(r"((?:\p{Lu}\pL+[ ]){1,5})[0-9]{1,5}\b")
_WORD = compiled(r"\S+")
_LINE = compiled(r"[^\n]+")
_STAFF = frozenset({"agent", "director", "manager"})
"""Labels of who acts for a party."""


class _Side(NamedTuple):
    """Where a party stands: by name, by a role alone, or as a blank to be filled in."""

    span: Span
    by: str


def two_named(view: RuleInput) -> list[Compared]:
    """Tell whether two parties are named, and show the first; or the blank where one should be."""
    text = plain(view.text)
    opening = text[:OPENING]
    sides = _sides(opening)
    if blank := next((side.span for side in sides if side.by == "blank"), None):
        return [Compared("review", blank, "The name of a party is left blank.")]
    named = [(*side.span, "") for side in sides if side.by == "name"]
    if len(named) >= _TWO:
        (start, end, _), (_, both, _) = named
        return [Compared("pass", (start, both if both - start <= _SHOWN else end), "")]
    role = next((text[slice(*side.span)].lower() for side in sides if side.by == "role"), "")
    role = role or ("undersigned" if not sides and _UNDERSIGNED.search(opening) else "")
    named += [one for one in (*labelled(text), *_quoted(text)) if not role or one[2] in role]
    named += [] if role else given_roles(opening)
    for more in ((), _addressed(text), _signing(text)):
        if len(found := _different(text, [*named, *more])) >= _TWO:
            return [Compared("pass", found[0], "")]
    return [Compared("review", None, "")]


def _different(text: str, named: list[tuple[int, int, str]]) -> list[Span]:
    """Keep the names of different parties: each in other words, and with a role of its own."""
    found: dict[str, Span] = {}
    roles = set(_STAFF)
    for start, end, role in named:
        name = "".join(word for word in words_of(text[start:end]) if word not in SUFFIXES)
        known = any(name.startswith(one) or one.startswith(name) for one in found)
        nobody = _NOBODY.match(text[start:end]) or names_nobody(text, start, end, role)
        if name and not (known or nobody or role in roles):
            found[name] = start, end
            roles |= {role} - {""}
    return list(found.values())


def _sides(opening: str) -> list[_Side]:
    """Find "between X and Y", and what else of the clause is left blank; else the one side that is found."""
    alone: list[_Side] = []
    for first, limit in _first_sides(opening):
        start = first.span[1]
        stop = _STOP.search(opening[start:limit])
        joints = islice(_AND.finditer(opening, start, start + stop.start() if stop else limit), _MOST)
        others = [side for joint in joints if (side := _side(opening, joint.end()))]
        if others:
            return [first, others[0], *(side for side in others if side.by == "blank")]
        alone = alone or [first]
    return alone


def _first_sides(opening: str) -> Iterator[tuple[_Side, int]]:
    """Find the first party of a clause that may name parties, and where the clause ends at the latest."""
    for match in islice(_BY.finditer(opening), _MOST):
        first = _side(opening, match.start() + len(match.group().rstrip(_MARKS)))
        before = opening[max(0, match.start() - _NAME_CHARS) : match.end()]
        if first and first.by != "role" and _MADE.search(before):
            yield first, min(len(opening), first.span[1] + _APART)
    for match in islice(_AGREEING.finditer(opening), _MOST):
        if (first := _side(opening, match.start())) and first.by != "role":
            yield first, match.end()


def _side(text: str, start: int) -> _Side | None:
    """Read what stands where a party is due."""
    if _AND_BETWEEN.match(text[start : start + _NAME_CHARS]):
        return None
    start += _LEAD.match(text[start : start + _NAME_CHARS]).end()
    ahead = text[start : start + _NAME_CHARS]
    if blank := _BLANK.match(ahead):
        return _Side((start, start + blank.end()), "blank")
    nobody, joint = _NOBODY.match(ahead), _AND.search(ahead)
    end = start + (joint.start() if joint else len(ahead))
    number = _NUMBER.match(ahead)  # Workers Local 71
    name = name_at(text, start, end) or (name_at(text, start, start + number.end(1)) if number else None)
    name = None if nobody else name
    if name and not names_nobody(text, *name, "") and not _is_role(text, text[slice(*name)]):
        return _Side(name, "name")
    role = nobody or _ROLE.match(ahead) or (name and _WORD.match(ahead))
    return _Side((start, start + role.end()), "role") if role else None


def _is_role(text: str, name: str) -> bool:
    """Tell whether a name is what another is called, Alder Inc. (the "Firm"), or says what somebody does."""
    return f'(the "{name}"' in text or _DOER.fullmatch(name) is not None


def _quoted(text: str) -> Iterator[tuple[int, int, str]]:
    """Find names in quotation marks behind a role, as programs fill them in: the Tenant "Ann"."""
    return ((*match.span(2), match[1].lower()) for match in islice(_QUOTED.finditer(text), _MOST))


def _addressed(text: str) -> Iterator[tuple[int, int, str]]:
    """Find whom a letter greets or is addressed to, and the company that it offers to join."""
    letter = LETTER.search(text[:OPENING])
    above = max(0, letter.start() - _LETTERHEAD) if letter else 0
    if not letter or _BLANK.search(text[above : letter.start()]):
        return
    greeted = GREETED.match(text[letter.start() : letter.start() + _NAME_CHARS])
    if greeted and not ANYBODY.search(greeted[1]):
        yield letter.start() + greeted.start(1), letter.start() + greeted.end(1), "you"
    for line in islice(_LINE.finditer(text, above, letter.start()), _MOST):
        if COMPANY.search(line.group()) and is_name(line.group()):
            yield *line.span(), "you"
    for joined in _JOIN.finditer(text, letter.end(), letter.end() + _LETTERHEAD):
        if name := name_at(text, joined.end(), joined.end() + _NAME_CHARS):
            yield *name, ""


def _signing(text: str) -> Iterator[tuple[int, int, str]]:
    """Find the companies for which somebody signs, beside each other too; a role behind a name is none."""
    for start, end, role in signed(text):
        line_end = text.find("\n", end)
        beside = name_at(text, end, line_end) if line_end >= 0 else None
        for name in ((start, end), beside):
            if name and COMPANY.search(text[slice(*name)]) and not _ROLE_LAST.search(text[slice(*name)]):
                yield *name, role
