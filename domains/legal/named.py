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
    COMPANY_FORMS,
    GREETED,
    LETTER,
    NAME,
    OPENING,
    ROLE,
    ROLES,
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
_MOST_QUOTED = 30
"""Names in quotation marks that are looked at."""

_NAME_CHARS, _APART, _LETTERHEAD, _WORD_CHARS = 200, 900, 800, 30
"""Characters of a party's name, between two, above and below a letter's salutation, and of a word."""

_SHOWN = 400
"""Characters up to which both names are shown, with what stands between them."""

_BY = compiled(rf"{BETWEEN.pattern}|\b(?:I|[Uu]ndersigned),\s|\bParties:[ ]+")
"""What a party's name follows."""

_MARKS = " \n\t*_#>|,:;\"'([{<.-"
_MADE = compiled(
    r"(?im)\b(?:agreements?|contract|deed|lease|letter|nda|made|entered|executed|parties|vereinbarung|contrat|bail"
    r"|\pL*vertrag|accord|convention|soussignée?s?)\b"
    r"|^[ \t*_#>]*\pL+\W*\z|by\s+and\s+\w+\W*\z|(?:(?:^|[^\s\w]|\bthat)\s*I|undersigned),\s\z"
)
"""Stands before it, or it begins a line: "between Monday and Friday" says nothing of parties."""

_AND = compiled(
    r"\b(?:[Aa]nd|AND|et|ET|und|UND)\b|\n[ \t]*[-&][ \t]*\n|;[ \t]*\n|\n[ \t*_]*\(?(?:2|b|ii)[ ]*[.)-][ \t]"
    r"|\bto\s+the\s+order\s+of\b|\b[Dd]'une\s+part\b[.,;]*"
)
_AND_BETWEEN = compiled(r"(?i)\s*(?:between|among)\b")
_FORM = rf"(?i:{COMPANY_FORMS})"
_GOES_ON = compiled(rf"\s+(?:[Aa]nd|AND|et|ET|und|UND)\s+(?:{NAME},?\s+){{1,3}}?{_FORM}\.?")
"""What is left of a company's name: Smith "and Sons Ltd"."""

_DUE = compiled(rf"(?:[),.;\"\n0-9]|\b\p{{Lu}}\pL*|{_FORM})[\s*_]*\z")
"""Stands before the "and" behind which the next party is due: a legal form, the end of an address, a role."""

_STOP = compiled(rf"{STOP.pattern}|\.[\"')]*\s+\p{{Lu}}\p{{Ll}}+\s+\p{{Ll}}{{2,}}")
"""Where the clause that names the parties ends: what they agree, or the next sentence."""

_AGREEING = compiled(
    r"(?m)^[^\n]{10,500}?\b(?:have\s+(?:hereby\s+)?(?:agreed|entered\s+into)|hereby\s+agree|schließen|vereinbaren"
    r"|conviennent)\b"
)
"""A sentence whose subject are the parties."""

_LEAD = compiled(
    r"(?:[\s*#>|,:;\"'-]|\([0-9a-zA-Z]{1,2}\)|\b[0-9a-zA-Z][ ]?[.)-]\s"
    r"|\bOrgani[sz]ation\s+(?:for|of)\s"
    r"|\b(?i:by|the|an?|la|le|for|mrs?|mme|ms|madame|monsieur|herrn?|frau|firma)\b[./]?|(?i:société)"
    r"|</?(?:p|b|li|ul|ol|br|td|tr|div|dfn|span|strong)\b[^>\n]{0,60}>"
    r"|(?:\p{Lu}\pL+[ ]){0,3}\p{Lu}\pL+[*]*[ \t]*:)*"
)
"""Stands before a party's name: numbers, articles, a label."""

_BLANK = compiled(
    r"_[_ ]{2,}|\[(?:\]|[*_]*[^*\]][^\]\n]{0,60}\]?)|[<{]|\.{4,}|\x{2026}|\x{25cf}|X{3,}(?:_|\b)"
    r"|:[a-z]+_[a-z]+|TB[CD](?:\s*[^\s\pL]|\s+(?:AND|\p{Ll})|\s*\z)"
    r"|\((?i:enter|full|insert|name|your)\b"
    r"|(?:NAME|COMPANY|INSTITUTION|DEPARTMENT|ORGANI[SZ]ATION|CLIENT|RECIPIENT|PROMOTER|CUSTOMER|PARTNER|BUYER"
    r"|LENDER|LICENSEE|PURCHASER|SELLER|SUPPLIER|VENDOR)\b"
    r"(?:[ ](?:NAME|DETAILS|X{3,})|,?[ ]an?[ ]|[ ]\()"
)
"""What stands where a name is to be filled in; [***] is a redaction."""

_NOBODY = compiled(
    r"(?i)(?:(?:the|an?|each|other|following|potential|prospective)\s+){0,2}"
    r"(?:(?:undersigned|entity|person|individual|your?|printed)\b"
    r"|(?:(?:organi[sz]ation|names?|signatures?|date|title|address)\b[ ]*)+(?:[^ \pL]|(?-i:\p{Ll})|$))"
    r"|(?:\pL+\s+){0,2}part(?:y|ies)(?:[^\s\w]|\s+(?-i:\p{Ll})|$)"
)
_ROLE = compiled(rf"(?i)(?:[a-z]+\s+){{0,3}}?(?:{ROLES})s?\b")
_ROLE_LAST = compiled(rf"(?i)\b(?:{ROLES})$")
_JOIN = compiled(r"\b(?:join|employment\s+(?:by|with)|work\s+for|behalf\s+of)\s+(?:the\s+)?[*_]*")
_DOER = compiled(r"(?:\p{Lu}\pL+-)?\p{Lu}\p{Ll}+(?:aire|ant|ee|ent|er|eur|ist|or)(?:in)?s?")
_ARTICLES = ("the", "der", "den", "dem", "die", "le", "la")
_UNDERSIGNED = compiled(r"\b[Tt]he\s+undersigned\s+(?:hereby\s+)?(?:\pL+[^s]s)\b")
_QUOTED = compiled(rf"\b(?i:the)\s+((?i:{ROLES})):?\s+\"(\p{{Lu}}[\pL .'-]{{1,60}})\"")
_BLOCK = compiled(
    r"(?im)^[ \t*_#]*(?:the[ \t]+|contracting[ \t]+)?parties[ \t*_]*:?[ \t*_]*\n"
    r"((?:\s*[ \t*_-]*(?-i:\p{Lu})[\pL \t]{2,30}[*_]*:[^\n]{3,90}$){2,6})"
)
"""Lines with a label below a heading "Parties"."""

_LABELLED = compiled(r"(?m)^[ \t*_-]*(\p{Lu}[\pL \t]{2,30})[*_]*:[ \t*_]*(\p{Lu}[^\n]{2,90})$")
_OF_PARTY = compiled(
    r"(?i)(?:[a-z]+ )?(?:address|attn|citizen|city|contact|country|currency|date|e-?mail|jurisdiction"
    r"|location|name|nationality|object|occupation|place|profession|project|purpose|registered|represent|signator"
    r"|subject|title|(?:law|state|term)\b)"
)
"""Labels of what else is said of a party: "Registered Address: Bath"."""

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
    named += [
        one for one in (*_listed(opening), *labelled(text), *_quoted(text)) if not role or one[2] in role
    ]
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
        others = _others(opening, first, limit)
        start = first.span[1]
        more = _GOES_ON.match(opening[start:limit])
        if more and others[1:] and others[1][1] and not COMPANY.search(opening[slice(*first.span)]):
            first = _Side((first.span[0], start + more.end()), "name")
            del others[0]
        if others:
            return [first, others[0][0], *(side for side, due in others[1:] if due and side.by == "blank")]
        alone = alone or [first]
    return alone


def _others(opening: str, first: _Side, limit: int) -> list[tuple[_Side, bool]]:
    """Find what stands behind each "and" of a clause, but its first party, and if a party is due there."""
    start = first.span[1]
    stop = _STOP.search(opening[start:limit])
    known = words_of(opening[slice(*first.span)])
    found = []
    for joint in _AND.finditer(opening, start, start + stop.start() if stop else limit):
        side = _side(opening, joint.end())
        if side is None or (side.by == "name" and words_of(opening[slice(*side.span)]) == known):
            continue
        is_word = joint[0][0].isalpha()
        before = opening[start : joint.start()][-_WORD_CHARS:]
        found.append((side, not is_word or bool(_DUE.search(before))))
    return found


def _first_sides(opening: str) -> Iterator[tuple[_Side, int]]:
    """Find the first party of a clause that may name parties, and where the clause ends at the latest."""
    for match in _BY.finditer(opening):
        first = _side(opening, match.start() + len(match.group().rstrip(_MARKS)))
        before = opening[max(0, match.start() - _NAME_CHARS) : match.end()]
        if match.group().startswith("Parties:") and before.lower().endswith("third " + match.group().lower()):
            continue
        behind = opening[first.span[1] :][:_NAME_CHARS].lstrip().partition("\n\n")[0] if first else ""
        told = not match.group().lower().startswith("made") or ROLE.search(behind)
        if first and first.by != "role" and told and _MADE.search(before):
            end = opening.find("\n", match.end()) if match.group().startswith("Parties:") else -1
            yield first, end if end >= 0 else min(len(opening), first.span[1] + _APART)
    for match in _AGREEING.finditer(opening):
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
    name = name.partition(". ")[0]
    if f'(the "{name}"' in text:
        return True
    if not _DOER.fullmatch(name):
        return False
    if name.endswith("holder") or not is_name(name.rpartition("-")[2].title()):
        return True
    flat = text.replace('"', "").lower()
    return any(f" {article} {name.lower()}" in flat for article in _ARTICLES)


def _quoted(text: str) -> Iterator[tuple[int, int, str]]:
    """Find names in quotation marks behind a role, as programs fill them in: the Tenant "Ann"."""
    return ((*match.span(2), match[1].lower()) for match in islice(_QUOTED.finditer(text), _MOST_QUOTED))


def _listed(opening: str) -> Iterator[tuple[int, int, str]]:
    """Find the names below a heading "Parties", each behind a label, whatever that calls the party."""
    for block in _BLOCK.finditer(opening):
        for line in _LABELLED.finditer(opening, *block.span(1)):
            if not _OF_PARTY.match(line[1]) and (name := name_at(opening, *line.span(2))):
                yield *name, line[1].lower()


def _addressed(text: str) -> Iterator[tuple[int, int, str]]:
    """Find whom a letter greets or is addressed to, and the company that it offers to join."""
    letter = LETTER.search(text[:OPENING])
    above = max(0, letter.start() - _LETTERHEAD) if letter else 0
    if not letter or _BLANK.search(text[above : letter.start()]):
        return
    greeted = GREETED.match(text[letter.start() : letter.start() + _NAME_CHARS])
    if greeted and not ANYBODY.search(greeted[1]):
        yield letter.start() + greeted.start(1), letter.start() + greeted.end(1), "you"
    for line in _LINE.finditer(text, above, letter.start()):
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
