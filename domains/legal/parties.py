"""The parties of a contract: who makes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.legal.formation import (
    AND,
    BETWEEN,
    DEFINED_ROLE,
    LABEL,
    LABELLED,
    NAME,
    NO_ROLE,
    OPENING,
    PLAIN_ROLE,
    ROLE,
    ROLE_ABOVE,
    ROLES,
    STOP,
    is_name,
    roles_given,
)
from docassay.domains.legal.places import code_of
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled
from docassay.languages import languages

SUFFIXES = frozenset(form for one in languages().values() for form in one.company_forms)
# The name of a company stands on the line above its signature, or after "for and on behalf of".
BY = compiled(r"(?m)^[ \t]*(?:By|BY|Per|Signature|Signed|Par|Durch|Unterschrift)[ \t\x{a0}]*:")
OF_SIGNATURE = compiled(
    r"(?i)[ \t]*(?:(?:company name|company|name"
    r"|(?:acknowledged|agreed|accepted|executed)(?: to)?(?: and \w+)? by"
    r"|for and on behalf of|on behalf of|signed for|for|pour|für"
    r"|im namen(?: der| des| von)?|au nom de)\b[ \t:]*)?"
)
_WORD = compiled(r"[\pL\pN]+")


def words_of(text: str) -> list[str]:
    """List the words of a text, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


_SHORT = 5
"""Forms of fewer letters may be written with points: L.L.C."""

_SITE = r"(?:[\p{Ll}0-9][\p{Ll}0-9-]*(?:\.(?:com|org|net)\b|,?[ ](?:Inc|LLC|Ltd)\b))"
"""A company may be called by its address, or in small letters: salesforce.com, inc., e-centives, Inc."""

_PARTY = compiled(
    rf"(?:(?:the|le|la|die|der)\s+)?((?:(?:The|THE)\s+)?(?:{NAME}|{_SITE})"
    rf"(?:,?[ \t\n]+(?:(?:of|at|the|des?|du|la|and|&)\s+)?(?:\((?:\p{{Lu}}[\pL.&'-]*[ ]?){{1,3}}\)[ \t\n]+)*"
    rf"(?:{NAME}|(?:incorporated|inc|llc|ltd|s\.r\.o|d\.o\.o|e\.V|S/A|A/S)\b\.?))*)"
)
_START = compiled(
    rf"[\s:,*_(\"-]*{LABEL}?"
    r"(?:\(?(?:[0-9]{1,2}|[a-z])[.)]\s*|(?i:mr|mrs|ms|dr|prof|med|jur|phil|herrn?|frau|mme|madame|monsieur)\.?\s+)*"
)
_FORMS = "|".join(
    r"\.?[ ]?".join(form) if len(form) < _SHORT else form
    for form in sorted(
        {*SUFFIXES, "incorporated", "aktiengesellschaft", "sro", "doo", "oy", "ab"}, key=len, reverse=True
    )
)
_FORM = compiled(rf"(?is)^[^,\s].*?[\s,.](?:{_FORMS}|[AS]/[SA])(?:\b\.?|$)(?:,?\s+(?:{_FORMS})(?:\b\.?|$))?")
_MOST_CHARS = 90
_SUBJECT = compiled(r"\s+\p{Ll}+\s+(?:is|are|was|were|has|have)\b")
"""What follows a name that begins a sentence of its own: "Paris and London flights are served"."""

_CELL = compiled(r"\|[ \t]*[^\s|]")
_SIGNING = compiled(r"(?i)\b(?:director|manager|agent)\s+name\b|\b(?:position|title)\s*:")
"""Of whom signs: "Director Name: Ann Cole"."""

_MOST_LABELS = 200
"""Labels such as "Landlord:" that are looked at."""

_ROLE_WITHIN = 400
"""Characters behind a party's name in which its role stands."""

_TO_FILL_IN = compiled(
    r"(?i)(?:(?:full |legal )*name of|your (?:\w+ )?name|name (?:der|des|du|de))\b"
    r"|(?:(?:company|party|customer|client) )?name$|board of directors\b|affiliated companies$"
)

_OFFICE = compiled(r"(?:(?:(?:President|Chairman|Chief Executive Officer|CEO|CFO|Director|and)[ ,]*)+\n\s*)?")
"""The office of whom a letter is addressed to, in the line above the company."""

_NO_NAME = compiled(r"\bThis\b|\n(?i:the|dieser?|le)\b|(?i:\b(?:agreement|contract)(?:\s+between)?)$")
"""A title, with the sentence behind it or not."""

_AS_THE = compiled(r'(?i)[\s,]*\((?:[a-z]+\s+){0,5}the\s+"')
"""Makes a placeholder of the word before it: "and MARKETER (referred to as the "Marketer")"."""


def parties(view: RuleInput) -> Iterator[Found]:
    """Find the parties that a contract's opening names, each with the name that it has from there on."""
    text = plain(view.text)
    opening = text[:OPENING]
    found: list[tuple[int, int, str]] = []
    for read in (_between, _addressed, given_roles, lambda _: labelled(text), lambda _: signed(text)):
        found, before = read(opening), found
        if len({text[start:end] for start, end, _ in found}) >= _TWO:
            break
        found = before or found
    told: set[str] = set()
    for start, end, role in found:
        start += _OFFICE.match(text[start:end]).end()
        if names_nobody(text, start, end, role):
            continue
        key = " ".join(words_of(text[start:end]))
        if key and key not in told:
            yield Found(start, end, role=role or None, group=len(told))
            told.add(key)


def names_nobody(text: str, start: int, end: int, role: str) -> bool:
    """Tell whether words that stand where a party is named are a blank, a place, a role or a title."""
    name = text[start:end]
    return bool(
        text[max(0, start - 1) : start] == "["  # a blank: "between [NAME] and"
        or _TO_FILL_IN.match(name)
        or (code_of(name) and not role)
        or PLAIN_ROLE.fullmatch(name)
        or _NO_NAME.search(name)
        or (role == name.lower() and _AS_THE.match(text[end : end + _MOST_CHARS]))
    )


def _between(opening: str) -> list[tuple[int, int, str]]:
    """Find "between X and Y" with a name on either side."""
    flowing = opening.replace("\n\n", " \n")
    for match in islice(BETWEEN.finditer(opening), _MOST_BETWEEN):
        if _AND_BETWEEN.match(opening[match.end() : match.end() + _PREAMBLE_CHARS]):
            continue  # "entered into by and between"
        sentence = sentence_around(flowing, match.span())[1]
        heading = _HEADING.search(opening[:sentence], match.end())
        sentence = heading.start() if heading else sentence
        stop = STOP.search(opening[match.end() : match.end() + _PREAMBLE_CHARS])
        # "Acme Inc. 2 Main Street" ends no sentence; what the parties agree begins a new one.
        whole = opening.find("\n\n", match.end(), match.end() + _LONG_PREAMBLE)
        whole = whole if whole >= 0 else min(len(opening), match.end() + _LONG_PREAMBLE)
        ends = dict.fromkeys([match.end() + stop.start() if stop else sentence, sentence])
        for end in dict.fromkeys([*ends, whole]):
            names = _names(opening, match.end(), end)
            if any(_SUBJECT.match(opening[one[1] : one[1] + _MOST_CHARS]) for one in names):
                continue  # "between Paris and London flights are served"
            told = [
                one
                for one in names
                if one[2]
                or _FORM.match(opening[one[0] : one[1]])
                or _ADDRESSED.search(opening[max(0, one[0] - _FORM_OF_ADDRESS) : one[0]])
                or _LIVING.match(opening[one[1] : one[1] + _FORM_OF_ADDRESS])
                or _alone(opening, one)
            ]
            # Of Munich in "Siemens AG, Berlin and Munich, and Accuray Inc." nothing says that it is one.
            short = (
                len(names) == _TWO
                and end - match.end() < _SHORT_PREAMBLE
                and " " in opening[slice(*names[1][:2])]
            )
            if end not in ends:  # "Giron St., POB. 3" ends no sentence: companies with a role are parties
                names = told = [one for one in told if one[2] and _FORM.match(opening[slice(*one[:2])])]
            if len(told) > 1 or (told and len(names) > 1 and (short or end == sentence)):
                return told if len(told) > 1 else names
    return []


_ADDRESSED = compiled(r"(?i)\b(?:mr|mrs|ms|dr|herrn?|frau|mme|m|madame|monsieur)\.?\s+$")
_FORM_OF_ADDRESS = 14
"""Characters before a person's name in which a form of address stands: "between Madame Le Goff and"."""


def _alone(opening: str, one: tuple[int, int, str]) -> bool:
    """Tell whether a name has its line, below one such as "Between" or "and"."""
    above, below = opening[max(0, one[0] - 40) : one[0]], opening[one[1] : one[1] + 40]
    return _LINE_ABOVE.search(above) is not None and _LINE_BELOW.match(below) is not None


_LINE_ABOVE = compiled(
    r"(?i)(?:^|\n)[ \t*_]*(?:by\s+and\s+)?(?:between|among|and|zwischen|und|entre|et)[ \t*_:]*\n"
    r"\s*[*_]*(?:the[ \t]+)?$"
)
_LINE_BELOW = compiled(r"(?i)[*_]*[ \t]*(?:\n|$)")


_LIVING = compiled(
    r"(?i),?\s+(?:\(?(?:residing|resident|res\.|aged|born|[sdw]/o)|wohnhaft|geb(?:oren|\.)|demeurant|domicilié|née?\s)"
)
"""What follows a person's name: where they live, or were born."""

_AND_BETWEEN = compiled(r"(?i)and\s+(?:between|among)\b")
_HEADING = compiled(r"\n[ \t]*(?:#+[ \t]|(?:ARTICLE|Article|SECTION|Section)[ \t]+[0-9IVX]+\b)")
_SHORT_PREAMBLE = 120
"""Characters in which two names stand alone: "Between Acme Inc. and Bell Bros"."""

_MOST_BETWEEN = 30
_LONG_PREAMBLE = 800
_PREAMBLE_CHARS = 2_500
"""Characters behind "between" in which all parties are named."""


def _names(opening: str, first: int, end: int) -> list[tuple[int, int, str]]:
    joints = islice(AND.finditer(opening[first:end]), _MOST_NAMES)
    listed = islice(_LISTED.finditer(opening[first:end]), _MOST_NAMES)
    numbered = islice(_NUMBERED.finditer(opening[first:end]), _MOST_NAMES)
    living = {
        first + one.start(1)
        for one in numbered
        if _FORM.match(one[1]) or _LIVING.match(opening[first + one.end(1) :][:_FORM_OF_ADDRESS])
    }
    commas = {first + match.start(1) for match in listed} | living
    starts = sorted({first, *(first + joint.start(1) for joint in joints), *commas})
    # "And The Coca-Cola Company": its article is part of its name.
    starts = [start - 4 if opening[start - 4 : start] in ("The ", "THE ") else start for start in starts]
    names: list[tuple[int, int, str]] = []
    for start, until in pairwise([*starts, end]):
        name = name_at(opening, start, until)
        role = ROLE.search(opening[name[1] : min(until, name[1] + _ROLE_WITHIN)]) if name else None
        told = (
            start == first or start in living or role or _FORM.match(opening[slice(*name)]) if name else False
        )
        if (
            name
            and (told or (len(names) < _TWO and start not in commas))
            and not _bracketed(opening[first:start])
        ):
            names.append((*name, _role(role)))
    return names


def _bracketed(text: str) -> bool:
    """Tell whether a bracket is open where a text ends: "(owner of Dick's Wings and Grill)" names nobody."""
    return text.count("(") > text.count(")")


_LISTED = compiled(rf"\)[ \t\n]*,[ \t\n]*({NAME})")
"""Parties in a list: Acme Inc. ("Acme"), Bell LLC ("Bell") and Cole Ltd."""

_NUMBERED = compiled(rf"(?:\n|[ ]{{4}})[ \t*_]*\(?[0-9a-z]{{1,2}}[.)][ \t*_]+({NAME}(?:[ \t]+{NAME})*)")
"""Parties in a numbered list."""

_MOST_NAMES, _TWO = 60, 2


def _addressed(opening: str) -> list[tuple[int, int, str]]:
    """Find to whom a letter of agreement is written, and who else is party: Acme Inc. (the "Company")."""
    letter = _SALUTATION.search(opening[:_ADDRESS])
    if letter is None:
        return []
    lines = [match.span() for match in _LINE.finditer(opening[: letter.start()])]
    named = [(name_at(opening, *span), span) for span in lines[-_ADDRESS_LINES:]]
    companies = [
        name
        for name, (_, end) in named
        if name and _FORM.match(opening[name[0] : name[1]]) and end - name[1] < _REST_OF_LINE
    ]
    given = [
        (start, end, role)
        for start, end, role in given_roles(opening[: letter.end() + _FIRST_CHARS])
        if start > letter.end() and _FORM.match(opening[start:end])
    ]
    return [(*companies[0], "you"), *given[:1]] if companies and given else []


_SALUTATION = compiled(r"(?im)^[ \t]*(?:Ladies\s+and\s+Gentlemen|Gentlemen|Dear\s+\S)")
_LINE = compiled(r"[^\n]+")
_ADDRESS, _ADDRESS_LINES = 2_000, 12
"""Characters from the start in which a letter's salutation stands, and lines before it of an address."""

_REST_OF_LINE = 3
_FIRST_CHARS = 1_000
"""Characters behind the salutation in which a letter names the parties, and behind a name in its line."""


def given_roles(opening: str) -> list[tuple[int, int, str]]:
    """Find the names of companies that are given a role, Acme Inc. ("Buyer"), and of persons with one."""
    found = []
    for role, (start, end) in roles_given(opening):
        # The words before a role are looked at from any of a name's words on.
        before = _NAME_BEFORE.search(opening[max(0, start - _MOST_CHARS) : start])
        name = name_at(opening, start - (len(before.group()) if before else 0), end)
        if (
            name
            and not _FOOTER.search(opening[max(0, name[0] - _FORM_OF_ADDRESS) : name[0]])
            and (_FORM.match(opening[slice(*name)]) or (role in _OF_PERSONS and " " in opening[slice(*name)]))
        ):
            found.append((*name, role))
    return found


_FOOTER = compiled(r"Source:\s+$")
_NAME_BEFORE = compiled(rf"(?:{NAME},?[ \n])+$")
_PERSONS_WORDS = """
employee executive consultant contractor landlord tenant lessor lessee seller buyer purchaser owner licensor
licensee lender borrower recipient director manager partner agent vermieter mieter käufer verkäufer
arbeitnehmer bailleur locataire preneur vendeur acheteur salarié
"""
_OF_PERSONS = frozenset(_PERSONS_WORDS.split())
"""Roles of which the name of a person may be told."""


def labelled(text: str) -> list[tuple[int, int, str]]:
    """Find "Landlord: X" and "Tenant: Y", or each name below its role."""
    # "| Partner | Salary | Benefits |" is the head of a table.
    matches = [
        one
        for one in islice(LABELLED.finditer(text), _MOST_LABELS)
        if is_name(one.group(2)) and not _CELL.search(one.group(2)) and not _SIGNING.search(one.group())
    ]
    matches += [match for one in _LETTERED if (match := one.search(text[:OPENING]))]
    named = [(_of_line(match), match.group(1).lower()) for match in matches]
    for pattern in (ROLE_ABOVE, DEFINED_ROLE):
        told = [
            (match.span(match.re.groups), _told_role(match)) for match in pattern.finditer(text[:OPENING])
        ]
        if len({role for _, role in told}) >= _TWO:
            named += told
    return [(*name, role) for span, role in named if (name := name_at(text, *span))]


_LETTERED = tuple(
    compiled(
        rf"(?:^|\W)(Party {letter})(?:[ \t]*\([^)\n]{{1,30}}\))?[ \t]*[:\x{{ff1a}}]\s*(\p{{Lu}}[^\n]{{2,80}})"
    )
    for letter in "AB"
)
"""The parties of a contract whose text has no lines: "Party A: Acme Ltd. Party B: Bell Inc."."""


def _of_line(match: Any) -> Span:
    """Give the stretch of a labelled line before a gap or the next label: "Landlord: Ann Cole    Date:"."""
    start, end = match.span(2)
    cut = _GAP.search(match.group(2))
    return (start, start + cut.start()) if cut else (start, end)


def _told_role(match: Any) -> str:
    return str(next(group for group in match.groups() if group)).lower()


def signed(text: str) -> list[tuple[int, int, str]]:
    """Find the companies for which somebody signs, where nothing else names parties: the line above "By:"."""
    found = []
    for match in islice(BY.finditer(text), _MOST_LABELS):
        above = text[max(0, match.start() - 200) : match.start()].rstrip()
        line = above.rfind("\n") + 1
        start = max(0, match.start() - 200) + line
        start += OF_SIGNATURE.match(text[start : start + len(above) - line]).end()
        name = name_at(text, start, max(0, match.start() - 200) + len(above))
        if name and _FORM.match(text[slice(*name)]):
            found.append((*name, ""))
    return found


def _role(match: Any) -> str:
    given = next((group.lower().strip(" .,") for group in match.groups() if group), "") if match else ""
    return given if PLAIN_ROLE.fullmatch(given) or not NO_ROLE.search(given) else ""


_NEXT_LABEL = compiled(r"\n[ \t*_|#-]*(?:\pL[\pL \t./()-]{0,30}:|[0-9]{1,2}\.[ \t])")
"""A line that begins with a label or the number of a clause: no name goes on there."""

_LETTER = compiled(r"\s\p{Lu}\s")
_ROLE_COMPANY = compiled(rf"(?i)(?:{ROLES}),? (?:LLC|Inc|Ltd|GmbH|Corp)\.?")
_GAP = compiled(rf"(?i)[ \t]{{2,}}|[ \t](?:date|{ROLES})[ \t]*:")
_LINES = compiled(r"[ \t]*\n|\s{3,}")
_ADDRESS_OF = compiled(r"\s(?:of\s+[0-9]|at\s)")


def name_at(text: str, start: int, end: int) -> Span | None:
    """Give where the name stands that a stretch of text begins with; None where it begins with none."""
    start += _START.match(text[start:end]).end()
    ahead = text[start : min(end, start + 2 * _MOST_CHARS)]
    label = _NEXT_LABEL.search(ahead)
    match = _PARTY.match(ahead[: label.start()] if label else ahead)
    if match is None:
        return None
    name = match.group(1)
    form = _FORM.match(name)
    if form is None and any(map(str.isdigit, name)):
        name = _LINES.split(name)[0]  # an address stands below it
    name = form.group() if form else _ADDRESS_OF.split(name.partition(",")[0])[0]
    name = name if form or name.endswith(" Co.") else name.removesuffix(".").removesuffix(" AND").rstrip()
    # "The Company's values" and "1100 Main Street" begin as no name does.
    named = (
        # 3M Company, ebix.com, Inc., Client Y Corporation, Landlord LLC
        is_name(name) or not name[0].isupper() or _LETTER.search(name) or _ROLE_COMPANY.fullmatch(name)
        if form
        else is_name(name.removeprefix("The ").split()[0].partition("'")[0])
        and not any(map(str.isdigit, name))
    )
    at = start + match.start(1)
    return (at, at + len(name)) if named and len(name) <= _MOST_CHARS else None
