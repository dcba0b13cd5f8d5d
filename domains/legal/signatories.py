"""Who signs a contract: the persons named at their signatures, each with the office in which they sign."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.facts import Found
from docassay.domains.legal.formation import COMPANY, OPENING, PLAIN_ROLE, is_name
from docassay.domains.patterns import compiled

_MOST = 200
"""Signatures of a text that are looked at."""

_GIVEN = r"\p{Lu}(?:[\pL'\x{2019}-]*\pL\.?|\.)"
_PERSON = (
    r"((?:(?:Dr|Mr|Mrs|Ms|Prof|Herrn?|Frau|Mme|M)\.?[ ])?(?:Professor[ ])?"
    rf"{_GIVEN}(?:[ ](?:(?:de|van|von|der|den|la|le|du|zu|bin"
    rf"|al)[ ]){{0,2}}{_GIVEN}){{1,4}}(?:,?[ ](?:Jr|Sr|III|II|IV)\b\.?)?)"
)
_SIGNED = compiled(
    rf"(?:/[sS]/[ \t]*|\b[gG]ez\.[ \t]*|(?m:^|[ \t|*_])(?:By|BY|Per|PER|Signed|Signature|Par|Durch"
    rf"|Unterschrift|Signé)[ \t*_]*:[ \t_]*(?:/[sS]/[ \t]*)?"
    rf"|(?m:^|[ \t|*_-])(?:(?i:print(?:ed)?|typed|full)[ \t]+)?(?:Name|NAME|Nom"
    rf"|NOM)(?:[ \t]*\([^)\n]{{0,20}}\))?[ \t*_]*:[ \t*_]*\n{{0,2}}[ \t]*)"
    rf"{_PERSON}"
)
_OFFICE = compiled(
    r"(?:[\s_,|-]|\b(?:Name|Nom)\b[ \t]*:){0,40}(?:(?:Title|TITLE|Its|Position|Titel|Titre|Funktion"
    r"|Fonction|Qualité|en\s+qualité\s+de)[ \t*_]*:?[ \t*_]*\n{0,2}[ \t]*|,[ ])(\p{Lu}[^\n:"
    r"|_]{1,58}?)(?:[ ]{2,}|[ \t]*(?:\n|$|[|_:]|\b(?:Date|By|Name|Source|Page)\b))"
)
_AT_ODDS = compiled(
    r"(?i)\b(?:title|date|name|company|signature|witness|notary|attorney|address|by|its|president"
    r"|director|officer|manager|chairman|secretary|treasurer|partner|executive"
    r"|vice|chief|authorized|signatory|agreement|corporation|bank|trust|fund|university|print|street"
    r"|resource|midstream|media|equity|partners|capital|management|investors|ventures|holding|insurance"
    r"|services|group|holdings|geschäftsführer\w*|prokurist\w*|gérant|directeur|président)\b"
)
_OFFICE_WORD = compiled(
    r"(?i)\b(?:president|director|officer|manager|chair\w*|secretary|treasurer|partner|executive|counsel"
    r"|member|owner|founder|head|C[EFOT]O|trustee|principal|signatory|representative|agent"
    r"|geschäftsführ\w*|vorstand\w*|prokurist\w*|inhaber\w*|leiter\w*|gérante?|directeur|directrice"
    r"|présidente?)\b"
)
_TITLES = (
    "Dr",
    "Dr.",
    "Mr",
    "Mr.",
    "Mrs.",
    "Ms.",
    "Prof.",
    "Professor",
    "Herr",
    "Herrn",
    "Frau",
    "Mme",
    "M.",
)
_LEAST_WORDS = 2
"""Fewest words of a person's name."""


def signatories(view: RuleInput) -> Iterator[Found]:
    """Find the persons who sign a contract, or for whom a line to sign is kept."""
    text = plain(view.text)
    told: set[tuple[str, str]] = set()
    for match in islice(_SIGNED.finditer(text, len(text) // 4 if len(text) > OPENING else 0), _MOST):
        start, name = match.start(1), _once(match.group(1))
        at_odds = _AT_ODDS.search(name)
        if at_odds:  # "Jason Weiss Title"
            name = name[: at_odds.start()].rstrip(" ,")
        words = name.split()
        if (
            len(words) < _LEAST_WORDS
            or COMPANY.search(name)
            or PLAIN_ROLE.fullmatch(name)
            or not is_name(name)
        ):
            continue
        behind = text[start + len(name) : start + len(name) + _OFFICE_CHARS]
        if COMPANY.match(behind.lstrip(" ,")):
            continue
        bare = [word for word in words if word not in _TITLES] or words
        key = (bare[0][0].lower(), bare[-1].lower().strip(".,"))
        if key in told:
            continue
        told.add(key)
        again = behind.lower().rfind(bare[-1].lower())
        office = _OFFICE.match(behind[again + len(bare[-1]) :] if again >= 0 else behind)
        role = " ".join(office.group(1).split()) if office else None
        yield Found(start, start + len(name), role=role if role and _OFFICE_WORD.search(role) else None)


_OFFICE_CHARS = 180
"""Characters behind a name in which the office stands."""


def _once(name: str) -> str:
    """Give a name once that stands twice: signed, and then printed.

    >>> _once("Daesik Eom Daesik Eom"), _once("Ada M. Byron")
    ('Daesik Eom', 'Ada M. Byron')
    """
    words = name.split(" ")
    for count in range(_LEAST_WORDS, len(words)):
        if words[count].lower() == words[0].lower():
            return " ".join(words[:count])
    return name
