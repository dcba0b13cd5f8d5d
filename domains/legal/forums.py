"""The forum of a contract: the courts that decide about it, or where arbitrators do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.facts import Found
from docassay.domains.legal.places import code_of
from docassay.domains.patterns import compiled

_MOST = 200
"""Words such as "venue" of a text behind which a place is looked for."""

_CAPITAL = r"\p{Lu}[\pL.'-]*\pL"
_OF = (
    r"(?i:state|commonwealth|county|city|town|province|republic|canton|kingdom|district|parish|borough|land"
    r"|freistaat)"
)
_PLACE = (
    rf"((?:(?:{_CAPITAL}\s+)?{_OF}s?\s+(?:and\s+{_OF}\s+)?(?i:of)\s+(?:the\s+)?)*{_CAPITAL}(?:\s+(?:(?:of(?:\s+the)?|and|am|an|der|de|sur)\s+)?{_CAPITAL}){{0,4}}"
    rf"(?:,?\s+in\s+the\s+{_OF}\s+of\s+{_CAPITAL}(?:\s+{_CAPITAL})?)?(?:,\s*(?:(?:in\s+)?(?:the\s+)?{_OF}\s+of\s+)?{_CAPITAL}(?:\s+{_CAPITAL}){{0,2}}){{0,2}})"
)
_CUE = compiled(
    r"(?i)\b(?:jurisdiction|venue|courts?|arbitrat(?:ion|ed|ors?)|arbitral|forum|gerichtsstand\w*"
    r"|landgericht\w*|schiedsort|schiedsgericht\w*|schiedsverfahrens?"
    r"|tribun(?:al|aux)|arbitrage|cour)\b"
)
_COURTS = compiled(
    r"(?:^|\W)(?:(?i:courts?\b[^.;]*?\b(?:located|sitting|situated?|seated|residing|resident"
    r"|in\s+and\s+for|presiding|of|in|for|within)"
    r"|(?:venue|forum|jurisdiction)\b[^.;]*?\b(?:in|of|within|is|be|for)"
    r"|courts?\s+of\s+competent\s+jurisdiction\s+(?:located\s+)?in|(?:northern|southern|eastern|western"
    r"|central|middle)\s+district\s+of))"
    rf"\s+(?:(?i:the|both|each\s+of)\s+)*(?:(?:located|sitting)\s+in\s+(?:the\s+)?)?{_PLACE}"
)
_ARBITRATION = compiled(
    r"(?i:(?:(?:seat|place|venue|situs|location)\s+of\s+(?:the\s+)?arbitration\b[^.;]*?\b(?:in|be|is)"
    r"|arbitration\s+(?:\w+\s+){0,2}?in"
    r"|(?:arbitrat\w*|arbitral)\b(?:[^.;]|\.\pL)*?\b(?:held|conducted|(?:take|taking)\s+place"
    r"|seat(?:ed)?|situs|sit|sitting|locat(?:ed|ion)|place|venue|occur|heard|convened?|proceedings?"
    r"|arbitration|initiated|administered)"
    rf"\b[^.;]*?\b(?:in|be|at|is)))\s+(?i:the\s+)?{_PLACE}"
)
_GERMAN = compiled(
    rf"(?i:(?:gerichtsstand\w*|schiedsort|ort\s+des\s+schiedsverfahrens"
    rf"|sitz\s+des\s+schiedsgerichts)\b[^.;]*?\b(?:ist|wird|sei|in|:)(?:,[^,.;]{{0,60}},)?|landgericht"
    rf"|gerichte\s+(?:in|von))"
    rf"\s+(?i:das\s+|der\s+|die\s+)?(?i:landgericht\s+|sitz\s+(?:in|von)\s+|vereinbart\s+)?{_PLACE}"
)
_FRENCH = compiled(
    r"(?i:(?:tribun(?:al|aux)|cour)\b[^.;]*?(?:\bde\s+(?:la\s+ville\s+de\s+)?|\bd'"
    r"|\bdu\s+ressort\s+de\s+)|arbitrage\b[^.;]*?(?:\best|\bsera|\sà)\s+(?:fixée?\s+à\s+)?)"
    rf"{_PLACE}"
)
_CHOSEN = compiled(
    r"(?i)\b(?:exclusive\w*|arbitra\w+|submit\w*|consents?|brought|litigat\w+|resolv\w+|settl\w+"
    r"|jurisdiction|venue|forum|dispute\w*|actions?|proceedings?|suits?|heard|institut\w+|commenced"
    r"|entscheid\w*"
    r"|streitigkeit\w*|gerichtsstand\w*|(?:seat|place|situs)\s+of\s+(?:the\s+)?arbitration|ort\s+des"
    r"|schiedsort|sitz|siège|zuständig\w*|compétence\w*|compétents?|litiges?|différends?)"
)
_OTHER = compiled(
    r"(?i)\b(?:bankrupt\w+|organized|incorporated|subpoena|court\s+order|order\s+of"
    r"|qualified\s+to\s+do\s+business|judgment\s+(?:may\s+be\s+|upon\s+"
    r"|on\s+)?(?:\w+\s+){0,8}?(?:entered|enforced)|good\s+standing|taxing|tax(?:es|ation)?|regulat\w+"
    r"|any\s+provision|restrict\w*|is\s+void|unenforceable|equity\s+jurisdiction|foreign\s+corporation"
    r"|duly\s+(?:organized|qualified)|laws?\s+of\s+(?:any|each)|patent\s+office)\b"
)
_NO_PLACE_WORDS = """
section article agreement party parties association american international commercial arbitration rules
court courts chamber centre center company corporation inc llc ltd the this such each any either exhibit
schedule annex appendix contract business governing law laws jams judicial licensor licensee seller buyer
franchisor franchisee customer supplier distributor territory term product products services owner
contractor lessor lessee tenant landlord dispute disputes arbitrator arbitrators law act code federal
state notices notice venue jurisdiction english french german chapter title rule commission securities
mediation claims supreme superior circuit district appeals first eastern agent manager publisher
developer employer employee provider client general vertrag parteien auftragnehmer auftraggeber vertrags
sitz partei chancery appendices sache commerce grande instance appel paix prud
"""
_NO_PLACE = frozenset(_NO_PLACE_WORDS.split())
_WORD = compiled(r"[\pL]+")
_BEFORE, _BEHIND = 220, 330
"""Characters before such a word that say what is chosen, and behind it in which the place stands."""

_END = compiled(r"[.]\s+(?:\p{Lu}|\()|\n\s*\n|;")
_IS_ARBITRATION = compiled(r"(?i)\b(?:arbitra\w+|schieds\w+)")


def forum(view: RuleInput) -> Iterator[Found]:
    """Find where a contract is decided about: by courts, or by arbitrators, which is its role."""
    text = plain(view.text)
    done = 0
    for cue in islice(_CUE.finditer(text), _MOST):
        if cue.start() < done:
            continue
        first = max(done, cue.start() - _BEFORE)
        ends = [one.end() - 1 for one in _END.finditer(text[first : cue.start()])]
        first += ends[-1] if ends else 0
        behind = text[cue.end() : cue.end() + _BEHIND]
        stop = _END.search(behind)
        last = cue.end() + (stop.start() + 1 if stop else len(behind))
        clause = text[first:last]
        if not _CHOSEN.search(clause) or _OTHER.search(clause):
            continue
        if found := _first(clause):
            yield found._replace(start=first + found.start, end=first + found.end)
            done = last


def _first(clause: str) -> Found | None:
    """Find the place that a clause names: that of the arbitration before that of the courts."""
    for expression in (_ARBITRATION, _GERMAN, _COURTS, _FRENCH):
        match = expression.search(clause)
        if match is None:
            continue
        said = clause[match.start() : match.start(1)]
        place = None if _NOT_THERE.search(said) else _place(clause, match.start(1), match.end(1), said)
        if place is None or place.normalised == "US":
            # "In English in New York"; "the courts of the United States and of the State of New York".
            place = _next(clause, place.end if place else match.end()) or place
        if place:
            return place._replace(role="arbitration" if _IS_ARBITRATION.search(said) else "courts")
    return None


def _next(clause: str, end: int) -> Found | None:
    """Find a place that follows another word in its stead."""
    if other := _ELSEWHERE.search(clause[end:]):
        start = end + other.start(1)
        return _place(clause, start, end + other.end(1), clause[:start])
    found = _first(clause[end:])
    return found._replace(start=end + found.start, end=end + found.end) if found else None


_ELSEWHERE = compiled(
    rf"^\s+(?i:in|and(?:\s+of)?|or(?:\s+of)?)\s+(?i:the\s+)?(?i:courts\s+of\s+)?(?i:the\s+)?{_PLACE}"
)
_NOT_THERE = compiled(r"(?i)\b(?:outside|other\s+than|laws?\s+of|except|excluding|außerhalb|hors)\b")
_IN = compiled(
    r"(?i)(?:\b(?:in|at|is|ist|courts?\s+(?:of|for)|landgericht|sitz\s+(?:in|von)|de|est|sera)|\sà|d'|:"
    r"|,)\s*(?:(?i:located|sitting)\s+in\s+)?$"
)


def _place(clause: str, start: int, end: int, said: str) -> Found | None:
    """Give a place with the code of the smallest part that has one; in its own words where none has."""
    kept = clause[start:end]
    names = [name for name in kept.split(",") if name.strip()]
    bad = next((name for name in names if _is_no_place(name)), None)
    kept = (kept[: kept.index(bad)] if bad else kept).rstrip(" ,\n")
    if not kept:
        return None
    parts = [part.strip() for joined in kept.split(",") for part in _IN_THE.split(joined)]
    bare = [_BARE.sub("", part).removesuffix(" County").removesuffix(" City") for part in parts]
    codes = [code for one, part in zip(bare, parts, strict=True) if (code := code_of(one) or code_of(part))]
    code = next((one for one in reversed(codes) if "-" in one), codes[-1] if codes else None)
    if code is None and (not _IN.search(said) or kept.isupper()):
        return None
    return Found(start, start + len(kept), code or " ".join(kept.split()))


def _is_no_place(name: str) -> bool:
    return any(word in _NO_PLACE for word in _WORD.findall(_BARE.sub("", name.strip()).lower()))


_IN_THE = compiled(r"\s+in\s+the\s+")
_BARE = compiled(
    r"(?i)^(?:(?:\pL+\s+)?(?:state|commonwealth|county|city|town|province|republic|canton|kingdom"
    r"|district|parish|borough)s?\s+(?:and\s+\pL+\s+)?of\s+(?:the\s+)?)+"
)
