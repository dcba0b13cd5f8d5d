"""Clauses of policies and agreements: rights that are listed, exclusions, liability that is shut out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span, plain
from docassay.domains.headings import Headings, headings
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled

_LOSS = (
    r"(?:direct|indirect|special|incidental|consequential|loss(?:es)?|damages?"
    r"|injur(?:y|ies)|claims?|kind)\b"
)
_SHUT_OUT = compiled(
    r"(?i)\b(?:in\s+no\s+(?:event|case)|under\s+no\s+(?:circumstances?|legal\s+theory))\b(?:[^.]|\.\S){0,200}\b(?:liable|responsible|liability)\b"
    r"|\b(?:not|nor|never|cannot)\s+(?:be\s+)?(?:\w+\s+){0,2}?(?:liable|responsible)\s+(?:to\s+\w+\s+|in\s+any\s+way\s+)?(?:for|:)[\s:(a1)]{1,6}"
    rf"(?:any|all)\s+(?:and\s+all\s+)?{_LOSS}"
    rf"|\b(?:accepts?|assumes?|bears?|ha(?:s|ve))\s+no\s+(?:liability|responsibility)\s+for\s+(?:any|all)\s+{_LOSS}"
    r"|\b(?:disclaims?|excludes?)\s+(?:any|all)\s+(?:\w+\s+){0,3}?(?:liability|responsibility)\b"
    r"|\b(?:total|aggregate|entire|maximum|cumulative)\s+(?:\w+\s+){0,3}?liability\b[^.]{0,160}\b(?:exceed|limited)\b"
    r"|\b(?:décline|exclut)\s+toute\s+responsabilité\b|\bne\s+(?:peut|peuvent|pourra|saurait|sera)\b[^.]{0,60}\bresponsables?\s+(?:de\s+tout"
    r"|d.aucun|des?)\s+(?:\w+\s+){0,3}?(?:dommages?|pertes?|préjudices?)\b"
    r"|\bHaftung\b[^.]{0,100}\b(?:ausgeschlossen|beschränkt)\b|\bhaftet\s+nicht\s+für\s+(?:\w+\s+){0,3}?Schäden\b"
)
_INJURY = r"(?:death|(?:personal|bodily|physical)\s+(?:injur\w+|harm))"
_INJURY_FR = r"(?:décès|mort|dommages?\s+corporels?|préjudices?\s+corporels?)"
_INJURY_DE = r"(?:Lebens?|Körper(?:s|schäden|verletzung\w*)?|Gesundheit|Personenschäden)"
_KEPT = compiled(
    r"(?i)\b(?:nothing\s+in|not\s+(?:\w+\s+){0,4}?(?:exclude|limit|affect|restrict|apply)|other\s+than|except|unless|save\s+for)\b"
    rf"[^.]{{0,300}}\b{_INJURY}\b|\b{_INJURY}\b[^.]{{0,160}}\b(?:not\s+(?:be\s+)?(?:excluded|limited|affected)|unlimited)\b"
    rf"|\bresponsab\w+[^.]{{0,400}}\b{_INJURY_FR}|\b{_INJURY_FR}[^.]{{0,400}}\bresponsab"
    rf"|\b\w*[Hh]aft\w*[^.]{{0,400}}\b{_INJURY_DE}\b|\b{_INJURY_DE}\b[^.]{{0,400}}[Hh]aft"
)
# What somebody else does, or one service, is not all that a trader may be liable for.
_NARROW = compiled(
    r"(?i)\b(?:passwords?|accounts?|virus\w*|malware|third[- ]part(?:y|ies)|external|links?|linked"
    r"|unauthori[sz]ed|theft|content"
    r"|by\s+you|(?:due|owing)\s+to\s+you|your\s+(?:[\w-]+\s+){0,2}?(?:failure|acts?|use)|unavailab\w*|suspen\w+|dealings"
    r"|bagages?|baggage|luggage|effets\s+personnels|such\s+(?:fees|charges|delays?)|in\s+this\s+regard|specific\s+results?|not\s+reasonably\s+foreseeable)\b"
)
_ALL_LOSS = compiled(
    r"(?i)\b(?:any|all)\s+(?:and\s+all\s+)?direct\b|\bdamages?\s+of\s+any\s+(?:kind|nature)\b|\bdirect,?\s+(?:or\s+|and\s+)?indirect\b"
    r"|\bdirects?\s+(?:et|ou)\s+indirects?\b|\b(?:any|all)\s+(?:(?:other|loss(?:es)?|damages?)\s+(?:or\s+|and\s+)?){1,3}whatsoever\b"
)


def liability_shut_out(view: RuleInput) -> Iterator[Span]:
    """Find a clause that shuts out all liability, where nothing keeps it for death or injury.

    "As far as the law permits" does not tell a consumer that it is kept, nor does what is kept for intent.
    """
    text = plain(view.text)
    if _KEPT.search(text):
        return
    for match in _SHUT_OUT.finditer(text):
        start, end = sentence_around(text, match.span())
        sentence = text[start:end]
        if _ALL_LOSS.search(sentence) or not _NARROW.search(sentence):
            yield match.span()


_OTHER_COVENANT = compiled(
    r"(?i)\b(?:non|not\s+to|covenants?\s+against)[- ]?(?:compet\w+|solicit\w+|circumvent\w+|hir\w+"
    r"|recruit\w+)|\brestrictive\s+covenants?\b|\b(?:standstill|no[- ]hire|exclusivity"
    r"|non-?concurrence|non-?sollicitation|Wettbewerbsverbot|Abwerbe\pL*)\b"
)
_SECRECY = compiled(
    r"(?i)\b(?:confiden\pL*|secre\pL+|disclos(?:es?|ed|ing|ures?)|divulg\pL*|vertraulich\pL*|geheim\pL*)\b"
)


_GOES_ON = compiled(r"(?i)(?:\b(?:and|or)|&|,)\s*$")


def other_covenants(view: RuleInput) -> Iterator[Span]:
    """Find what sections on another covenant, not to compete for instance, say of anything but secrecy."""
    text = plain(view.text)
    found = headings(view.text)
    for index, (start, path) in enumerate(zip(found.starts, found.paths, strict=True)):
        title = path[-1]
        if _GOES_ON.search(title):  # in the next line
            title = text[start : start + _LONGEST].partition("\n\n")[0]
        if not _OTHER_COVENANT.search(title) or _SECRECY.search(title):
            continue
        end = _end(found, index, len(text))
        for match in _SECRECY.finditer(text, start, end):
            first, last = sentence_around(text, match.span())
            if first > start:
                yield start, first - 1
            start = max(start, last + 1)
        if start < end:
            yield start, end


LEAST_RIGHTS = 3
"""Of the rights of Articles 15 to 21, so many at least stand in a section that tells people of theirs."""

_SECTION_CHARS = 2_500
"""Characters of a section, from its heading on, in which its rights are counted."""

_LONGEST = 300
"""Most characters of what is shown."""

_TITLE = compiled(r"(?i)\brights?\b|control|manage\s+your|droits?\b|\brechte\b|betroffene|access")
_RIGHTS = tuple(
    compiled(rf"(?i){right}")
    for right in (
        r"\b(?:access(?:ing)?|copy\s+of|copies\s+of|accès|accéder|Auskunft)\b",
        r"\b(?:delet\w+|eras\w+|remov\w+|forgotten|effac\w+|supprim\w+|suppression|Löschung|löschen)",
        r"\b(?:correct\w*|rectif\w+|updat\w+|amend\w*|chang\w+|Berichtigung|berichtigen)\b",
        r"\b(?:object\w*|oppos\w+|Widerspruch\w*|widersprechen)\b",
        r"\b(?:portab\w+|machine[- ]readable|portabilité|Datenübertragbarkeit)",
        r"\b(?:restrict\w*|limit(?:\s+(?:the|our)|ation)|Einschränkung)\b",
    )
)
_YOURS = compiled(
    r"(?i)\b(?:you(?:r)?\s+(?:\w+\s+){0,3}?(?:may|can|have|rights?)|rights?\s+(?:to|of)|vous\s+(?:\w+\s+){0,2}?(?:pouvez"
    r"|disposez|avez|bénéficiez)|droits?\s+(?:d|de|à)|Sie\s+(?:haben|können)|haben\s+Sie|Recht\s+auf)\b"
)


def rights_listed(view: RuleInput) -> Iterator[Span]:
    """Find a section on people's rights that names several of them: the words that give them the first."""
    text = plain(view.text)
    found = headings(view.text)
    for index, (start, path) in enumerate(zip(found.starts, found.paths, strict=True)):
        if not _TITLE.search(path[-1]):
            continue
        end, body = _end(found, index, len(text)), text.find("\n", start) + 1
        named = [match for right in _RIGHTS if (match := right.search(text, body, end))]
        yours = _YOURS.search(text, body, end)
        if body and yours and len(named) >= LEAST_RIGHTS:
            first = min((match.end() for match in named if match.end() > yours.start()), default=yours.end())
            yield yours.start(), max(yours.end(), min(first, yours.start() + _LONGEST))


def _end(found: Headings, index: int, length: int) -> int:
    """Find where the section under a heading ends: at the next that is not below it, or where it is long."""
    end = min(length, found.starts[index] + _SECTION_CHARS)
    for following in range(index + 1, len(found.starts)):
        if found.starts[following] >= end:
            break
        if len(found.paths[following]) <= len(found.paths[index]):
            return found.starts[following]
    return end


LEAST_EXCLUSIONS = 3
"""Of the four customary exclusions, so many at least stand where they are listed."""

_MOST_NAMED = 300
"""So many times that an exclusion's words stand in a text are looked at."""

_LIST = 1_500
"""Characters after the first exclusion in which the others of a list are sought."""

_PUBLIC = (
    r"public(?:ly)?\s+(?:domain|available|known|knowledge|information|disclosed|accessible)"
    r"|generally\s+(?:known|available|(?:\w+\s+)?to\s+the\s+public)|(?:available|known|disclosed)\s+(?:to|by)\s+the\s+(?:general\s+)?public"
    r"|(?:becomes?|is|made|in\s+the)\s+(?:\w+\s+)?public\b|common\s+knowledge|domaine\s+public"
    r"|allgemein\s+(?:bekannt|zugänglich)|offenkundig"
)
_KNOWN = (
    r"(?:already|previously)\s+(?:\w+\s+){0,3}(?:known|possess\w*|in\s+(?:[\w']+\s+){0,6}possession|aware)"
    r"|(?:known|in\s+(?:the|its|his|her|your|their)\s+(?:[\w']+\s+){0,5}(?:possession|files)|possess\w*|available)\b[^.;]{0,80}\b(?:before|prior"
    r"|at\s+the\s+time|previously)|(?:before|prior\s+to)\b[^.;]{0,80}\b(?:known|possess\w*)|déjà\s+(?:\w+\s+){0,2}connue?s?"
    r"|(?:bereits|vorher|schon)\s+(?:\w+\s+){0,3}(?:bekannt|besaß|im\s+Besitz)"
)
_ALONE = (
    r"independent(?:ly)?\s+(?:\w+\s+){0,3}(?:develop\w*|conceiv\w*|deriv\w*|creat\w*|discover\w*|generat\w*|acquir\w*|learn\w*)"
    r"|(?:develop\w*|conceiv\w*|creat\w*|acquir\w*|discover\w*)\s+(?:[\w,]+\s+){0,8}?independently|without\s+(?:any\s+)?(?:use\s+of|reference\s+to|reliance\s+on)"
    r"|développ\w*\s+(?:\w+\s+){0,4}indépendan\w*|unabhängig\s+(?:\w+\s+){0,4}(?:entwickelt|erarbeitet)"
    r"|(?:selbst(?:st)?ändig|eigenständig)\s+(?:\w+\s+){0,3}(?:entwickelt|erarbeitet)"
)
_ELSEWHERE = (
    r"(?:receiv\w*|obtain\w*|acquir\w*|disclos\w*|furnish\w*|available|learn\w*|provid\w*|communicat\w*|known|rightful\w*|lawful\w*)\b[^.;]{0,120}"
    r"\b(?:third\s+(?:part(?:y|ies)|persons?)|(?:another|other|independent|different)\s+(?:\w+\s+)?(?:sources?|persons?|part(?:y|ies)|third)|sources?\s+\(?(?:other|that|which|who|not)|(?:person|party|source)\w*\s+(?:\w+\s+){0,3}(?:not|other\s+than))"
    r"|third\s+part(?:y|ies)\b[^.;]{0,120}\b(?:receiv\w*|obtain\w*|disclos\w*|without\s+(?:\w+\s+){0,3}(?:restriction|breach|obligation))"
    r"|(?:d.un|par\s+un|de)\s+tiers\b|(?:von|durch)\s+(?:(?:einem|einen|berechtigten)\s+)?Dritten?"
)
_PUBLIC_DE = r"öffentlich\s+(?:bekannt|zugänglich)"  # no word boundary stands before an umlaut
_IS_PUBLIC = "is public"
_CUSTOMARY = {
    name: compiled(rf"(?i)\b(?:{subject})" + rf"|{_PUBLIC_DE}" * (name == _IS_PUBLIC))
    for name, subject in (
        (_IS_PUBLIC, _PUBLIC),
        ("was known before", _KNOWN),
        ("was developed alone", _ALONE),
        ("comes from somebody else", _ELSEWHERE),
    )
}
_EXCLUDED = compiled(
    r"(?i)\b(?:not\s+(?:\w+\s+){0,4}?(?:includ\w*|apply|applies|extend\w*|cover\w*|deemed|considered|mean|impose\w*|restrict\w*"
    r"|prohibit\w*|prevent\w*|confidential|subject)|no\s+(?:\w+\s+)?(?:obligations?|restrictions?|liability|dut(?:y|ies))|exclud\w*"
    r"|exclusions?|exceptions?|except|unless|until|nor|other\s+than|exempt\w*|cease\w*|limitations?|exclu\w*|ne\s+\w+\s+pas"
    r"|nicht|keine\w*|ausgenommen|außer|sauf|à\s+l.exception)\b"
)
_DENIED = compiled(r"(?i)\b(?:non-?|not\s+|nicht[\s-]+)$")
_NOT_PUBLIC = compiled(r"(?i)\b(?:non-?|not\s+(?:\w+\s+){0,3}|nicht[\s-]+)$")


def customary_exclusions(view: RuleInput) -> Iterator[Span]:
    """Find where a duty of confidence leaves out what is public, and most of what else is customary."""
    yield from (span for span, _ in _exclusions(view.text))


def exclusion_not_named(view: RuleInput, span: Span) -> str:
    """Say which of the customary exclusions does not stand beside the others."""
    missing = next((missing for found, missing in _exclusions(view.text) if found == span), ())
    return f"Not named: what {' or '.join(missing)}." if missing else ""


def _is_denied(text: str, position: int) -> bool:
    """Tell whether the word before a position denies it: "non-public" is not what is left out."""
    return _DENIED.search(text[max(0, position - 40) : position]) is not None


def _exclusions(original: str) -> Iterator[tuple[Span, list[str]]]:
    """Give where exclusions are listed, and which of the customary ones are not named there."""
    text = plain(original)
    for subject in _CUSTOMARY.values():
        for match in islice(subject.finditer(text), _MOST_NAMED):
            if _NOT_PUBLIC.search(text[max(0, match.start() - 40) : match.start()]):
                continue
            start, end = sentence_around(text, match.span())
            around = (max(0, start - 200), min(len(text), max(end, match.end() + _LIST)))
            missing = [
                name
                for name, other in _CUSTOMARY.items()
                if all(_is_denied(text, one.start()) for one in other.finditer(text, *around))
            ]
            enough = len(missing) <= len(_CUSTOMARY) - LEAST_EXCLUSIONS and _IS_PUBLIC not in missing
            if enough and _EXCLUDED.search(text, around[0], match.end() + 100):
                yield match.span(), missing
                break
