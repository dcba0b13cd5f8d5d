"""Clauses of policies and agreements: rights that are listed, exclusions, liability that is shut out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from docassay.domains import RuleInput, Span, plain
from docassay.domains.folders import compiler
from docassay.domains.headings import Headings, headings
from docassay.domains.legal.forums import forum
from docassay.domains.legal.places import code_of
from docassay.domains.passages import Places, sentence_around
from docassay.domains.patterns import compiled

_compiled = compiler(Path(__file__).parent, "clauses.toml")

_SHUT_OUT = _compiled(r"(?i){shut_out}")
_KEPT = _compiled(r"(?i){kept}")
_KEPT_IN_GERMAN = _compiled(r"(?i){kept_in_german}")
# What somebody else does, or one service, is not all that a trader may be liable for.
_NARROW = _compiled(r"(?i)\b{narrow}\b")
_ALL_LOSS = _compiled(r"(?i){all_loss}")
_OF_A_THING = _compiled(r"(?i)\b{of_a_thing}")
_INDIRECT_ALONE = _compiled(r"(?i){indirect_alone}")
_WIDEST = _compiled(r"(?i){widest}")
_OF_A_READER = compiled(
    r"(?i)(?:\bnot|(?:^|[^\pL\s]\s*)(?:you|Sie))\s+(?:(?:are|be|have|is|shall|will)\s+){0,2}$"
)
"""Before what the reader is not liable for, or not only: "You are | only liable"."""

_OBJECT = 160
"""Characters behind the denial of liability in which its object is named."""


def liability_shut_out(view: RuleInput) -> Iterator[Span]:
    """Find a clause that shuts out all liability, where nothing keeps it for death or injury.

    "As far as the law permits" does not tell a consumer that it is kept, nor does what is kept for intent;
    of indirect loss alone it does. The widest clause comes first.
    """
    text = plain(view.text)
    if _KEPT.search(text) or (view.original and _KEPT_IN_GERMAN.search(plain(view.original))):
        return
    found = []
    for match in _SHUT_OUT.finditer(text):
        start, end = sentence_around(text, match.span())
        sentence = text[start:end]
        narrow = _NARROW.search(sentence) or _INDIRECT_ALONE.search(sentence)
        of_a_thing = _OF_A_THING.search(text[match.start() : min(end, match.end() + _OBJECT)])
        of_a_thing = of_a_thing or _OF_A_READER.search(text[start : match.start()])
        if not (narrow and not _ALL_LOSS.search(sentence)) and not of_a_thing:
            wide = _WIDEST.search(sentence) and not narrow
            found.append((not wide, match.span()))
    yield from (span for _, span in sorted(found))


_TO_BE_ENDED = _compiled(r"(?i)\b(?:{none_of}\s+(?:[\w,-]+\s+){0,3}?)?{to_be_ended}\b")
_NONE_OF = _compiled(r"(?i){none_of}\s")
_FREE = _compiled(r"(?i)\b{free}\b")


def nothing_to_end(view: RuleInput) -> Iterator[Span]:
    """Find that terms are of a free site without accounts: whoever ends them takes nothing away."""
    text = plain(view.text)
    if _FREE.search(text) and all(_NONE_OF.match(one.group()) for one in _TO_BE_ENDED.finditer(text)):
        yield 0, len(text)


_EXCLUSIVE_FORUM = _compiled(r"(?i){exclusive_forum}")
_OWN_COURTS = _compiled(r"(?i)\b{own_courts}\b|\b{member_state}\b")
_BESIDE = 200
"""Characters behind a sentence in which it is told what it does not touch."""


def distant_forum(view: RuleInput) -> Iterator[Span]:
    """Find where one court alone decides, and nothing keeps a consumer's own, or the law of consumers.

    The courts of a country as a whole, or of England, are also those of a consumer who lives there.
    """
    text = plain(view.text)
    national = Places.of(
        (one.start, one.end)
        for one in forum(view)
        if one.normalised == code_of(text[one.start : one.end])
        and ("-" not in (one.normalised or "-") or (one.normalised or "").startswith("GB-"))
    )
    for match in _EXCLUSIVE_FORUM.finditer(text):
        start, end = sentence_around(text, match.span())
        if not national.touch((start, end)) and not _OWN_COURTS.search(text, start, end + _BESIDE):
            yield match.span()


_OTHER_COVENANT = _compiled(r"(?i){other_covenant}")
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
_BY_ARTICLE = tuple(
    compiled(
        rf"(?i)\b(?:right\s+(?:of|to)|droit|Recht\s+auf)\b[^.]{{0,20}}?\b(?:{right})[^.]{{0,60}}\bArt(?:icle|ikel|\.)\s*\d\d\b"
    )
    for right in ("access|accès|Auskunft", "rectif|correct|Bericht", "eras|delet|effac|Lösch")
)
_YOURS = _compiled(r"(?i)\b{yours}\b")
_LIST_OF_RIGHTS = compiled(
    r"(?i)\b(?:you\s+(?:\w+,?\s+){0,6}?have\s+(?:\w+\s+){0,4}?rights?|vous\s+(?:\w+\s+){0,3}?droits?|Sie\s+haben\s+(?:\pL+\s+){0,4}?Rechte?)"
    r"\b[^.:\n]{0,100}:"
)


def rights_listed(view: RuleInput) -> Iterator[Span]:
    """Find a section on people's rights that names several of them, from what gives them to the third.

    Or the first of access, rectification and erasure, each in a sentence of its own with its article.
    """
    text = plain(view.text)
    found = headings(view.text)
    for index, (start, path) in enumerate(zip(found.starts, found.paths, strict=True)):
        if not _TITLE.search(path[-1]):
            continue
        end, body = _end(found, index, len(text)), text.find("\n", start) + 1
        yours = _YOURS.search(text, body, end) if body else None
        named = _rights_named(text, body, end) if yours else []
        if len(named) >= LEAST_RIGHTS:
            yield _shown_of(yours, named)
    for yours in islice(_LIST_OF_RIGHTS.finditer(text), _MOST_NAMED):
        named = _rights_named(text, yours.end(), yours.end() + _SECTION_CHARS)
        if len(named) >= LEAST_RIGHTS and named[0].start() < yours.end() + _LONGEST:
            yield _shown_of(yours, named)
    by_article = [match for one in _BY_ARTICLE if (match := one.search(text))]
    if len(by_article) == len(_BY_ARTICLE):
        yield by_article[0].span()


def _rights_named(text: str, start: int, end: int) -> list[Any]:
    found = (match for right in _RIGHTS if (match := right.search(text, start, end)))
    return sorted(found, key=lambda match: match.start())


def _shown_of(yours: Any, named: Sequence[Any]) -> Span:
    """Give the stretch from what gives rights, where it stands near, to the third that is named."""
    first, third = named[0].start(), named[LEAST_RIGHTS - 1].end()
    start = yours.start() if first - _LONGEST < yours.start() < first else first
    return start, min(third, start + _LONGEST)


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
"""So many times that words of one sort stand in a text are looked at."""

_LIST = 1_500
"""Characters after the first exclusion in which the others of a list are sought."""

_IS_PUBLIC = "is public"
_CUSTOMARY = {
    _IS_PUBLIC: _compiled(r"(?i)\b{public}|öffentlich\s+(?:bekannt|zugänglich)"),  # no \b before an umlaut
    "was known before": _compiled(r"(?i)\b{known}"),
    "was developed alone": _compiled(r"(?i)\b{alone}"),
    "comes from somebody else": _compiled(r"(?i)\b{elsewhere}"),
}
_EXCLUDED = _compiled(r"(?i)\b{excluded}\b")
_DENIED = compiled(r"(?i)\b(?:non-?|not\s+|nicht[\s-]+)$")
_NOT_PUBLIC = compiled(r"(?i)\b(?:non-?|not\s+(?:\w+\s+){0,3}|nicht[\s-]+)$")

_INCLUDED = compiled(
    r"(?i)\binformation\s+(?:(?:may|shall|will)\s+(?:also\s+)?include|also\s+includes?)\b[^.;]{0,200}$"
)
_SENTENCE = 300
"""Characters before what may be an exclusion in which its sentence says that it is none."""

_OF_EMPLOYEE = compiled(
    r"(?i)\(?\"(?:the\s+)?(?:employee|executive)\"|\b(?:my|your|his|her|employee's|executive's)\s+(?:continued\s+)?employment\b"
)
"""Of an employee only what is public is customarily excluded: what is learnt at work is the employer's."""


def customary_exclusions(view: RuleInput) -> Iterator[Span]:
    """Find where a duty of confidence leaves out what is public, and most of what else is customary."""
    yield from (span for span, _ in _exclusions(view.text))


def exclusion_not_named(view: RuleInput, span: Span) -> str:
    """Say which of the customary exclusions does not stand beside the others."""
    found = () if _OF_EMPLOYEE.search(plain(view.text)) else _exclusions(view.text)
    missing = next((missing for one, missing in found if one == span), ())
    return f"Not named: what {' or '.join(missing)}." if missing else ""


def _is_denied(text: str, position: int) -> bool:
    """Tell whether the word before a position denies it: "non-public" is not what is left out."""
    return _DENIED.search(text[max(0, position - 40) : position]) is not None


def _is_included(text: str, position: int) -> bool:
    """Tell whether a sentence says of what stands at a position that it is confidential, too."""
    said = _INCLUDED.search(text[max(0, position - _SENTENCE) : position])
    return said is not None and not _EXCLUDED.search(said[0])


def _exclusions(original: str) -> Iterator[tuple[Span, list[str]]]:
    """Give where exclusions are listed, and which of the customary ones are not named there."""
    text = plain(original)
    least = 1 if _OF_EMPLOYEE.search(text) else LEAST_EXCLUSIONS
    for subject in _CUSTOMARY.values():
        for match in islice(subject.finditer(text), _MOST_NAMED):
            if _NOT_PUBLIC.search(text[max(0, match.start() - 40) : match.start()]):
                continue
            if _is_included(text, match.start()):
                continue
            start, end = sentence_around(text, match.span())
            around = (max(0, start - 200), min(len(text), max(end, match.end() + _LIST)))
            missing = [
                name
                for name, other in _CUSTOMARY.items()
                if all(
                    _is_denied(text, one.start()) or _is_included(text, one.start())
                    for one in other.finditer(text, *around)
                )
            ]
            enough = len(missing) <= len(_CUSTOMARY) - least and _IS_PUBLIC not in missing
            if enough and _EXCLUDED.search(text, around[0], match.end() + 100):
                yield match.span(), missing
                break


_of_policies = compiler(Path(__file__).parent, "privacy.toml")
_BASIS = _of_policies(r"(?i)\b{basis}")
_SERVICE = _of_policies(r"(?i)\b{well_known}\b")
_MOST_BASES = 100
_WHOSE = 300
"""Characters of the first line in which a policy says whose it is."""


def basis_for_services_alone(view: RuleInput) -> Iterator[Span]:
    """Find a legal basis where each that a policy names stands under the name of a service of others."""
    text, found = plain(view.text), headings(view.text)
    title = text.lstrip(" \n\r\t-")[:_WHOSE].partition("\n")[0].casefold()
    given = [match.span() for match in islice(_BASIS.finditer(text), _MOST_BASES)]
    above = [" ".join(found.above(start)[-2:]) for start, _ in given]
    if given and all(any(name[0] not in title for name in _SERVICE.finditer(one)) for one in above):
        yield given[0]
