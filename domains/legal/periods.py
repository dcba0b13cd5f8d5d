"""Durations of a contract: how long it runs, by how much it is renewed, and the notice that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, plain
from docassay.domains.durations import Duration, durations
from docassay.domains.facts import Found
from docassay.domains.patterns import compiled

_MOST = 500
"""Durations of a text that are looked at."""

_BEFORE, _BEHIND = 300, 120
"""Characters before and behind a duration, in its sentence, that say what it is of."""

_CONTRACT = (
    r"\b(?:this|the|diese[rsmn]?|der|die|das|le|la|l'|présente?|ce|cette)\s*(?:[\w&'-]+\s+){0,5}?"
    r"(?:agreement|contract|lease|letter|licen[cs]e|\pL{0,12}vertrag|vereinbarung|mietverhältnis|arbeitsverhältnis|contrat"
    r"|bail|accord|convention)s?\b"
)
_RUNS = (
    r"\b(?:terminat\w+|expir\w+|continu\w+|remain\w*|in\s+(?:full\s+)?(?:force|effect)|effective|valid|binding|commenc\w+|begin\w*"
    r"|ends?|runs?|lasts?|cease\w*|no\s+(?:further\s+)?force|gilt|läuft|endet|beginnt|geschlossen|conclue?|prend|entre|dure)\b"
)
_TERM = compiled(
    r"(?i)(?:\b(?:initial|original|primary|base|fixed)\s+(?:term|period)\b|\bterm\b|\bduration\b|\blaufzeit\b|\bdurée\b|\b\pL{0,12}dauer\b"
    r"|\bmietzeit\b)[^.;]{0,120}$"
)
_RUN = compiled(rf"(?i){_CONTRACT}[^.;]{{0,200}}?{_RUNS}[^.;]{{0,200}}$")
_DIRECT = compiled(
    rf"(?i)(?:{_CONTRACT}|\bobligations\s+(?:(?:set\s+forth|contained)\s+)?(?:under|in|pursuant\s+to|hereunder)\b(?:\s+{_CONTRACT})?)"
    r"(?:\s+and\s+all\s+\w+\s+hereunder)?\s+(?:(?:shall|will|is|are|has|have)\s+)?(?:[\w,-]+\s+){0,5}?"
    rf"(?:{_RUNS})[^.;]{{0,140}}$"
)
_NAMED_TERM = compiled(
    r"(?i)^[^.;()]{0,60}\(\s*(?:collectively,?\s*)?(?:hereinafter\s+)?(?:(?:referred\s+to\s+)?as\s+)?(?:the\s+|die\s+|la\s+)?\"?(?:initial\s+)?(?:term|laufzeit|durée)\b"
)
_RENEWED = compiled(
    r"(?i)\b(?:renew\w*|extend\w*|extension\w*|prolong\w*|verlänger\w*|erneuer\w*|renouvel\w*|reconduit\w*|reconduction|prorog\w*)\b"
)
_OTHER_BEFORE = compiled(
    r"(?i)\b(?:solicit\w*|stand-?still|non-?compet\w*|compete|restricted\s+period|surviv\w*|notice|notify|renew\w*|extend\w*|extension"
    r"|warrant\w*|records?|retain\w*|audit\w*|cure\w?|option|remedied|breach|default|bankruptcy|severance|vest\w*|salary|previous"
    r"|confidential\w*|trade\s+secrets?|hire|employed|employees?|invoice\w*|pay(?:able|ment)?s?|prior|preceding|last|past|least"
    r"|expiration\s+of|termination\s+of|following|after\s+(?:the\s+)?(?:expiration|termination)"
    r"|kündigung\w*|frist|probezeit|verjähr\w*|gewährleist\w*|préavis|garantie|loyers?|every|each|per|within|first|second|third"
    r"|verlänger\w*|renouvel\w*)\b[^.;]{0,90}$"
)
_OTHER_BEHIND = compiled(
    r"(?i)^\W*(?:\w+\s+){0,3}?(?:prior|preceding|before|notice|advance|thereafter|(?:following|after|from)\s+(?:(?:the|its|such|his|her)\s+)?"
    r"(?:\w+\s+){0,2}?(?:terminat|expir|cessation|disclos|receipt|separation)|old|experience|of\s+age|warranty|vor\b|zum\b|avant|kündig)"
)


_NOT_THE_TERM = compiled(
    r"(?i)\b(?:notice|notify|renew\w*|extend\w*|extension|written|at\s+least|cure\w?|breach|default|within|employ\w*"
    r"|commenced\s+on\s+or\s+before|surviv\w*|disclos\w+|confidentiality|every|each)\b[^.;]{0,70}$"
)


_FROM_ELSE = compiled(
    r"(?i)^\W*(?:months?\W+)?(?:from|after|following|of)\s+(?:the\s+)?(?:date\s+(?:of|on\s+which)\s+)?[^,;.()]{0,60}?"
    r"(?:disclos|terminat|cessation|ceas|receipt|expir)"
)
"""A duration that begins with something else than the contract."""


class _Said(NamedTuple):
    """A duration with the words of its sentence before and behind it."""

    duration: Duration
    before: str
    behind: str


@lru_cache(maxsize=4)
def _all(text: str) -> tuple[_Said, ...]:
    found = [*islice(durations(text), _MOST), *islice(_anniversaries(text), _MOST)]
    said = []
    for one in sorted(found):
        before = text[max(0, one.start - _BEFORE) : one.start]
        behind = text[one.end : one.end + _BEHIND]
        said.append(_Said(one, _SENTENCE.split(before)[-1], _SENTENCE.split(behind)[0]))
    return tuple(said)


def _anniversaries(text: str) -> Iterator[Duration]:
    for match in _ANNIVERSARY.finditer(text):
        years = _ORDINALS.get(match.group(1).lower()) or int(
            "".join(filter(str.isdigit, match.group(1))) or 0
        )
        if years:
            yield Duration(match.start(), match.end(), f"P{years}Y")


_ORDINALS = {
    word: number
    for number, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
} | {"fifteenth": 15, "twentieth": 20}
_ANNIVERSARY = compiled(
    rf"(?i)\b({'|'.join(_ORDINALS)}|[0-9]{{1,2}}(?:st|nd|rd|th))\s+(?:\([0-9a-z]+\)\s+)?(?:year\s+)?anniversary\b"
)
_SENTENCE = compiled(r"[.:;]\s+(?:\p{Lu}|\(?\w{1,3}[.)])|;|\n\s*\n|\.\s*\n")


def term(view: RuleInput) -> Iterator[Found]:
    """Find how long a contract runs: not how long secrets are kept, nor how long somebody may not compete."""
    ranked: list[tuple[int, int, Duration]] = []
    for said in _all(plain(view.text)):
        if _OTHER_BEHIND.match(said.behind) or _FROM_ELSE.match(said.behind):
            continue
        rank = _rank_of_term(said)
        if rank is not None:
            ranked.append((rank, said.duration.start, said.duration))
    best = min((rank for rank, _, _ in ranked), default=None)
    for rank, _, one in sorted(ranked):
        if rank == best:
            yield Found(one.start, one.end, one.normalised, alternative=one.alternative)


def _rank_of_term(said: _Said) -> int | None:
    if (
        said.duration.normalised.endswith("D")
        and not _NAMED_TERM.match(said.behind)
        and not _TERM.search(said.before)
    ):
        return None
    if _RENEWED.search(said.before[-120:]):
        return None
    if _NAMED_TERM.match(said.behind):
        return 0
    if _DIRECT.search(said.before) and not _NOT_THE_TERM.search(said.before):
        return 1
    if _OTHER_BEFORE.search(said.before):
        return None
    if _TERM.search(said.before):
        return 2
    return 3 if _RUN.search(said.before) else None
