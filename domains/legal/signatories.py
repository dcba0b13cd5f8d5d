"""Who signs a contract, and where: persons at their signatures, and their offices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.legal.formation import COMPANY, OPENING, PLAIN_ROLE, is_name
from docassay.domains.outline import trim
from docassay.domains.passages import sentence_around
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


_SIGNATURE = compiled(
    r"(?i)\bin\s+witness\s+(?:where\s?of|hereof)?[^.;]{0,160}\b(?:executed?|sign(?:ed)?|set|caused)\b"
    r"|/s/[ \t]*\pL|(?m)^[ \t|*_]*(?:by|signed(?:\s+by)?|signature|authori[sz]ed\s+signature"
    r"|sign(?:ed)?\s+here)[ \t*_]*:"
    r"|^[ \t|*_(]*(?:(?:authori[sz]ed|company|employee|employer|executive|party|witness)\W+){0,3}"
    r"signatures?\b"
    r"[^\n.]{0,60}$"
    r"|(?:^|\b(?:signed|executed|accepted|agreed|acknowledged))[ \t]*\bby[ \t]*:[ \t]*$"
    r"|\b(?:docusigned\s+by|electronically\s+signed\s+by|signé\s+électroniquement|elektronisch\s+signiert)"
    r"|\bby[ \t]*:[ \t]*(?:/s/|_{3,})|\bhave\s+(?:duly\s+)?(?:executed|signed)\s+this\b"
    r"|\bcaused\s+this\b[^.;]{0,60}\bexecuted\b|\blu\s+et\s+approuvé|\bbon\s+pour\s+accord\b|\bfait\s+(?:à"
    r"|en)\s[^.;]{2,60}\b(?:le|exemplaires|originaux)\b|^[ \t|*]*(?:ort\s*[,/]\s*datum|unterschrift(?:en)?)\b"
    r"(?:[ \t]*(?:[^\pL\s]|$)|[ \t]+(?:des?r?[ \t]+)?(?-i:\p{Lu})\pL*)"
    r"|\bgez\.\s+\pL|\(unterschrift[^)\n]{0,40}\)|^[ \t]*signature\s+d[eu]"
)
_EMPTY_LINE = compiled(r"(?m)^[ \t|*]*_{10,}")
_OPENS = compiled(r"(?i)in\s+witness|.*\b(?:executed|signed)\b")
_LEAST_BELOW = 12
"""Letters and low lines that stand below the words that open signatures, where there is somewhere to sign."""

_SIGNATURE_SECTION = compiled(
    r"(?im)^[ \t|*_#]*[0-9]{1,2}[.)]?[ \t]+(?:signatures?|unterschriften)[ \t*_:]*\n\s*[^\n:.]{2,40}:"
)


def signature_lines(view: RuleInput) -> Iterator[Span]:
    """Find where the parties sign: lines for it, the words that open it, or a signature itself.

    A line that is still empty is shown by its label, or by the line above it. A numbered section of that
    name counts where there is nothing else.
    """
    text = plain(view.text)
    first = len(text) // 4 if len(text) > OPENING else 0
    found = next(
        (one for one in (_SIGNATURE, _EMPTY_LINE) if one.search(text, first)),
        _SIGNATURE_SECTION,
    )
    for match in found.finditer(text, first):
        if _OPENS.match(match.group()):
            below = text[sentence_around(text, match.span())[1] :]
            if sum(letter.isalpha() or letter == "_" for letter in below[:200]) < _LEAST_BELOW:
                continue
        start, end = trim(text, match.start(), match.start() + len(match.group().rstrip(" \t|*_")))
        if end <= start:
            above = len(text[: match.start()].rstrip())
            start, end = trim(text, text.rfind("\n", 0, above) + 1, above)
        # A line to answer a question on is none to sign on.
        if end > start and text[end - 1] != "?":
            yield start, end
