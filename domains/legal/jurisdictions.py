"""The law that governs a contract, and the courts that decide about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.legal.places import Place, is_code, place_at
from docassay.domains.passages import blank_follows
from docassay.domains.patterns import compiled

_MOST_CLAUSES, _MOST_READ = 1_000, 80
"""Places of a text at which a clause on its law may begin that are looked at, and clauses that are read."""

_ANY_LAW = compiled(r"(?i)\blaws?\b|\blegislation|\bdroit|\blois?\b|recht")

_CHOICE = compiled(
    r"(?i)\b(?:govern(?:ed|ing|s)?|constru(?:ed?|ction)|interpret(?:ed|ation)|applicable\s+law\s*[:.]|choice\s+of\s+law"
    r"|law\s+applic(?:able|ation)|(?:enforced|determined|resolved)\s+(?:under|by|in\s+accordance|according)|proper\s+law"
    r"|laws?\s+of\s+[^.;]{3,60}?\s(?:shall|will|to)\s+(?:apply|control)"
    r"|droit\s+applicable|loi\s+applicable|r[ée]gie?s?|soumise?s?|gouvern[ée]e?s?|interpr[ée]t[ée]e?s?"
    r"|unterlieg(?:t|en)|anwendbar|anzuwenden|gilt|gelten|findet|anwendung)"
)
_NO_LAW = compiled(r"(?i)\s+(?:documents?|bod(?:y|ies)|boards?|instruments?|committees?|council)\b")
_BEHIND, _BEFORE = 320, 160
"""Characters behind and before such words in which the law is named."""

_HEADING = 60
"""Characters behind them that may be those of a heading."""

_OF = compiled(
    r"(?i)\blaws?,?\s+(?:and|but)\s+not\s+the\s+laws?\s+of\s+conflicts?(?:\s+of\s+laws?)?,?\s+of\s+(?:the\s+)?"
    r"|\blaws?(?:\s+in\s+force\s+in|\s*\([^()]{5,120}\)\s*of)\s+(?:the\s+)?"
    r"|\b(?:laws?|legislation)\b(?:[^.;]{0,60}?)\b(?:of|in|for)\s+(?:(?:the|both|either)\s+)?"
    r"|\b(?:droit|lois?|législation)\s+(?:applicables?\s+)?(?:en\s+vigueur\s+)?"
    r"(?:de\s+la\s+|de\s+l'|du\s+|des\s+|de\s+|d'|en\s+|au\s+)?"
    r"|\bRecht(?:s|e)?\s+(?:der|des|von|dem)\s+"
)
_LAW_BODY = compiled(r"(?i)law\s+(?:society|school|firm|offices?|enforcement|library|commission)\b")
_LAWS = compiled(r"(?i)\b(?:laws?|rechte?s?)\b")
_MOST_LAWS, _NAME_CHARS = 4, 40
"""Laws in a clause that are looked at, and characters before one in which its place is named."""

_LAWS_OF = compiled(r"(?i)\blaws?\b")
"""In French and German other things follow: "das Recht des Mieters", "droit applicable en cas de litige"."""

_NEAR = 25
"""Characters of "laws of" before a place that no list has: between them stands nothing else."""

_LAW = compiled(
    r"(?i)\s*(?:'s\s+)?(?:state\s+|substantive\s+|domestic\s+|materielle[mns]?\s+|internal\s+|federal\s+)?"
    r"(?:laws?|recht(?:s|e)?)\b"
)
_CAPITAL = compiled(
    r"\b\p{Lu}[\pL.'&-]+|\b(?:deutsch|schweizerisch|französisch|englisch|luxemburgisch|niederländisch)\pL{0,3}"
    r"|[Öö]sterreichisch\pL{0,3}"  # no \b before an umlaut
)
_UNKNOWN = compiled(
    r"^(?:(?i:the\s+)?(?i:state|province|commonwealth|republic|country|kingdom)\s+(?i:of)\s+(?i:the\s+)?)?"
    r"(\p{Lu}[\pL'-]+(?:\s+\p{Lu}[\pL'-]+){0,2})"
)
_NO_PLACE_WORDS = """
this section agreement article clause applicable the customer terms law laws united state states droit recht
client seller buyer purchaser provider supplier vendor company employer employee landlord tenant lessor
lessee lender borrower licensor licensee contractor consultant party parties jurisdiction country place
province controller processor disclosing receiving owner agent user such each any all that said its his her
their principal act commission securities bankruptcy corporation general without contract contracts
arbitration construction interpretation
"""
_NO_PLACE = frozenset(_NO_PLACE_WORDS.split())
_CONDITIONAL = compiled(
    r"(?i)\b(?:if|residen\w+|resid\w+|domiciled|customers? in|except|respect to"
    r"|where\s+(?:you|the\s+(?:customer|client|user))"
    r"|si|lorsque|sauf|résid\w+|domicilié\w*|wenn|soweit|sofern|ausgenommen|wohnhaft|ansässig\w*)\b|\bwhere\s+(?:\w+\s+){0,2}$"
)
_PREEMPTED = compiled(
    r"(?i)\bexcept\s+(?:where|as|when|to\s+the\s+extent|insofar\s+as)\s+(?:\w+\s+){0,3}(?:pre-?empted|superseded)\b"
    r"|\b(?:questions|matters|disputes?|issues)\s+with\s+respect\s+to\b|\bnot\s+(?:otherwise\s+)?(?:resolved|settled)\b|^.*\band\s+(?:is|(?:shall|will)\s+be)\s+(?:govern)"
)
"""A law that is above the one that governs is no condition, nor is a dispute that is not settled.

What goes before "and is governed" says something else.
"""

_DENIED = compiled(r"(?i)\b(?:not|nor|never|was|were|nicht|pas)\b[^.;,]{0,80}$")
_DENIED_BEHIND = compiled(
    r"(?i)^[ \t,)\"']*\n?[ \t]*(?:laws?\s+)?(?:(?:do|does|did|is|are|shall|will)\s+"
    r"(?:\w+\s+)?not\b|ne\s+(?:s['’]appli|sont|régi|gouvern)"
    r"|(?:gilt|gelten|ist|findet)\s+(?:\pL+\s+){0,4}?(?:nicht|keine)\b)"
)
_FOR_SOME = compiled(
    r"(?i)\bfor\s+(?:[\w.-]+\s+){0,3}?(?:customers?|users?|clients?|consumers?|residents?|others?)\b"
)
_FOUNDED = compiled(
    r"(?i)\b(?:organi[sz]ed|incorporated|existing|formed|established|registered|corporation|company|constituted|chartered"
    r"|patents?|copyrights?|protections?|protected)\b"
    r"[^.;]{0,50}$"
)
_THIS = compiled(
    r"(?i)\b(?:this|these|present|presente?s?|diese[rsmn]?|dieses|vorliegend\w*|présente?s?|le\s+contrat|der\s+vertrag|hereof|hereunder|hereto"
    r"|the\s+(?:agreement|contract|lease|terms)|(?:governing|applicable|choice\s+of)\s+laws?"
    r"|anwendbares\s+recht|droit\s+applicable|loi\s+applicable)\b"
)
_GOVERNED = compiled(
    r"(?i)\b(?:govern|constru|interpret|choice|proper|applicable|régi|soumis|unterlieg|gilt|anwend|droit|loi)"
)
_APPLIES = 60
"""Characters behind a law in which it is said to apply."""

_PARTICULAR = compiled(
    r"(?i)\b(?:export|copyrights?|securities|patents?|bankruptcy|tax|intellectual\s+property|privacy|antitrust|labou?r|customs"
    r"|all\s+applicable|with\s+applicable|under\s+applicable|by\s+applicable|conflicts?\s+of|companies|corporate)\W+$"
)
_AND_STATE = compiled(
    r"(?i)^[^.;]{0,60}?\b(?:and|or|by)\b[^.;]{0,40}?\b(?:of\s+)?(?:the\s+)?(?:state|commonwealth|district|province)\s+of\s+(?:the\s+)?"
)
_GOVERNING = compiled(
    r"(?i)\b(?:govern(?:ed|ing)?|constru(?:ed?|ction)|interpret(?:ed|ation)|controlled|enforced|determined|resolved|choice\s+of\s+laws?|proper\s+law"
    r"|applicable\s+law|law\s+applic\w+|droit|loi|régi\w*|regi\w*|soumis\w*|gouvern\w*|interpr\w*|unterlieg\w*|recht|gilt|gelten"
    r"|findet|anwend\pL*|anzuwend\pL*|nach)\b"
)
_GOVERNS = compiled(
    r"(?i)^(?:\s*\([^()]{0,200}\))?[^.;]{0,30}?\b(?:laws?\s+)?(?:shall|will|to|which)?\s*(?:govern|appl(?:y|ies)|control)|^\w{0,2}\s*recht\b"
)
_AMERICAN = compiled(r"\b(?:U\.S\.|USA|United\s+States|Atlanta|Inc\.|LLC|County)\b")


_LABELLED = compiled(
    r"(?im)^\W*(?:governing|applicable)\s+law[\s*_]*[:|][\s*_|]*(?:(?:the\s+)?laws?\s+of\s+)?(?:the\s+)?"
    r"(?:(?:state|commonwealth|republic|province)\s+of\s+)?"
)
"""What a cover page has before the place: "Governing Law: Ohio"."""


class _Named(NamedTuple):
    """A place that is named as the one whose law governs.

    Attributes:
        strong: A text says it of itself.
    """

    start: int
    end: int
    code: str
    alternative: str | None
    strong: bool


def governing_law(view: RuleInput) -> Iterator[Found]:
    """Find the place whose law governs a contract, where that hangs on no condition and is not denied.

    Where a text says of itself by which law it is governed, other laws that it names do not count.
    """
    text = plain(view.text)
    named = sorted(_named(text))
    strong = [one for one in named if one.strong] or named
    told: set[str] = set()
    for one in strong:
        if one.code in told:
            continue
        told.add(one.code)
        other = None if one.alternative and _AMERICAN.search(text) else one.alternative
        marks = len(text[one.start : one.end]) - len(text[one.start : one.end].lstrip("*_\"'"))
        yield Found(one.start + marks, one.end, normalised=one.code, alternative=other)


_BESIDE = compiled(
    r"(?i)\b(?:procedural|arbitration|located|where|unless|standard\s+contractual|SCCs?|Clauses?\s+1[78])\b"
)
"""What says that a law is that of the proceedings, or of some readers, beside the one that governs."""


def conflicting_laws(view: RuleInput) -> Iterator[Span]:
    """Find a second choice of law that differs from the first, unless it depends on a condition."""
    text = plain(view.text)
    first = ""
    for one in sorted(_named(text)):
        # The law of Florida is no other than that of the United States; a place that no list has may be none.
        differs = first and not one.code.startswith(first) and not first.startswith(one.code)
        sentence = max(text.rfind(". ", 0, one.start) + 1, one.start - _BEHIND, 0)
        if not is_code(one.code) or _BESIDE.search(text[sentence : one.start]):
            continue
        if differs:
            chosen, law = _CHOICE.search(text, sentence, one.start), _LAW.match(text[one.end : one.end + 30])
            yield chosen.start() if chosen else one.start, one.end + (law.end() if law else 0)
        first = first or one.code


def _named(text: str) -> Iterator[_Named]:
    seen: set[int] = set()
    for label in islice(_LABELLED.finditer(text), _MOST_READ):
        if place := place_at(text, label.end()):
            seen.add(label.end())
            yield _Named(label.end(), place.end, place.code, place.alternative, strong=True)
    done = read = 0
    for choice in islice(_CHOICE.finditer(text), _MOST_CLAUSES):
        if choice.end() <= done or _NO_LAW.match(text[choice.end() : choice.end() + _HEADING]):
            continue  # of a clause that was read already, or "governing documents"
        first = max(choice.start() - _BEFORE, _sentence(text, 0, choice.start()))
        last = min(len(text), choice.end() + _BEHIND)
        done = last - _BEFORE
        # A heading has one, too: "Governing Law; Venue. This Agreement is ...".
        if (stop := text.find(";", choice.end() + _HEADING, last)) >= 0:
            done = last = stop
        if not _ANY_LAW.search(text[first:last]):
            continue
        read += 1
        if read > _MOST_READ:
            return
        for start, place in _places(text, first, text[first:last]):
            if start in seen or not _counts(text, first, start, place.end):
                continue
            seen.add(start)
            strong = bool(
                _THIS.search(text[first:start]) and _GOVERNED.search(text[first : place.end + _APPLIES])
            )
            yield _Named(start, place.end, place.code, place.alternative, strong)


def _places(text: str, first: int, clause: str) -> Iterator[tuple[int, Place]]:
    federal: tuple[int, Place] | None = None
    for match in islice(_OF.finditer(clause), _MOST_LAWS):
        if _PARTICULAR.search(clause[: match.start()]) or _LAW_BODY.match(match.group()):
            continue
        at = first + match.end()
        place = place_at(text, at)
        # A heading has a word of its own: "GOVERNING LAW This Agreement is governed by the laws of".
        words = match.group()[[0, *(law.start() for law in _LAWS_OF.finditer(match.group()))][-1] :]
        if place is None and len(words) < _NEAR and _LAWS_OF.match(words):
            place = _unknown(text, at)
        if place and place.code == "US":
            # "The laws of the United States and the State of Florida" are those of Florida.
            federal = federal or (at, place)
            state = _AND_STATE.match(text[place.end : place.end + 150])
            at, place = (
                (place.end + state.end(), place_at(text, place.end + state.end())) if state else (at, None)
            )
        if place:
            federal = None
            yield at, place
    if federal:
        yield federal
    for law in islice(_LAWS.finditer(clause), _MOST_LAWS):
        words = max(0, law.start() - _NAME_CHARS)
        for match in _CAPITAL.finditer(clause[words : law.start()]):
            at = first + words + match.start()
            place = place_at(text, at)
            if place and place.code != "US" and _LAW.match(text[place.end : place.end + 30]):
                yield at, place
                break


def _unknown(text: str, at: int) -> Place | None:
    """Give a place that no list has: by the country behind it, or in its own words."""
    match = _UNKNOWN.match(text[at : at + 80])
    if match is None or any(word.lower() in _NO_PLACE for word in match.group(1).split()):
        return None
    behind = at + match.end()
    if text[behind : behind + 1] == "," and (country := place_at(text, behind)):
        return country  # "Karnataka, India"
    if blank_follows(text, at + match.end()):
        return None  # "the City of ____"
    return Place(at + match.end(), " ".join(match.group(1).split()).title(), None)


def _sentence(text: str, first: int, before: int) -> int:
    """Give where the sentence begins that a place of a text lies in, or 0."""
    return max(text.rfind(mark, first, before) + 1 for mark in (". ", ".\n"))


def _counts(text: str, first: int, start: int, end: int) -> bool:
    """Tell whether a clause says, without a condition, that the law of a place governs."""
    before = _PREEMPTED.sub("govern", text[max(first, _sentence(text, first, start)) : start])
    clause = before[before.rfind(";") + 1 :]
    behind = text[end : end + _BEHIND]
    if _CONDITIONAL.search(clause) or any(one.search(before) for one in (_DENIED, _FOR_SOME, _FOUNDED)):
        return False
    return not _DENIED_BEHIND.match(behind) and bool(_GOVERNING.search(before) or _GOVERNS.match(behind))
