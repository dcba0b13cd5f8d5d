"""Secrets under a contract: what they are, and how long they are kept, which may be longer than it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.folders import compiler
from docassay.domains.legal.clauses import other_covenants
from docassay.domains.legal.formation import whole_agreement
from docassay.domains.legal.law import in_language_read
from docassay.domains.legal.open_ended import term
from docassay.domains.legal.periods import durations_said
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled

_compiled = compiler(Path(__file__).parent, "rules.toml")

_NEAR = 30
"""Characters before a duration in which "after" stands."""

_DUTY = _compiled(r"(?i)\b{secrecy_duty}")
_NAMED = _compiled(r"(?i)\b{secrecy_named}")
_ELSE = _compiled(
    r"(?i)\b(?:{other_covenant}|invalid|unenforceable|severab\w+|remainder|arbitrat\w*|injunct\w*"
    r"|notice|notify|violat\w+|benefits|cooperat\w*|warrant\w*|renew\w*|born|old|age|publication|covenant\s+period|e\.g)\b"
)
_PAST = compiled(
    r"(?i)\b(?:(?:prior|preceding|previous|past|within|least|every|each|than)\s+(?:\w+\s+)?|last\s+)\(?$"
)
_NOT_BEHIND = compiled(r"(?i)^\W*(?:period\s+)?(?:preceding|prior|before|term\s+set)\b")
_COVENANT = compiled(
    r"(?i)[^.;]*?\b(?:solicit|hire|compete|acquire|purchase|divert|circumvent|employ\b|merger)"
)
_RESTRAINED = 400
"""Characters behind a duration in which its sentence says that it is of another covenant."""

_OF_DISCLOSURE = compiled(r"(?i)\b(?:covers?|governs?)\s[^.;]*\bdisclos\w*")
"""Says for how long secrets are told, not for how long they are kept."""

_FROM_NOTICE = compiled(r"(?i)^\W*(?:from|after)\s+(?:the\s+)?(?:date\s+of\s+)?(?:\w+\s+){0,3}notice\b")
"""The day from which it counts may be that of a notice."""

_ITEM = compiled(r"\n[ \t]*(?:[-*\x{2022}]|\(?[0-9]{1,2}(?:\.[0-9]{1,2})*[.)]?)[ \t]")
"""Begins an item of a list, whose words are not of the item above it."""

_HOWEVER = compiled(r"(?i)[,;]\s*(?:but|however|provided,?\s+however)\b")
"""Says of the duty what the words before it say of the contract."""

_LASTS = compiled(
    r"(?i)\b(?:for|of|until|during|through|lasts?|continue|expires?|terminates?|effect|after|von|auf|für|pendant|de)\b[^.;]{0,60}$"
)


_EMPLOYED = compiled(r"(?i)\b(?:employment|employed|at-will)\b")
_SENTENCE = 200
"""Characters before a duration in which its sentence says that it is of employment."""

_OF_EMPLOYMENT = compiled(r"(?i)\bemployment\b[^.\n]{0,60}\bagreement\b")
_TITLE = 400
"""Characters from the start in which a contract's title stands."""

_AFTER = compiled(r"(?i)\bafter\s+(?:\w+\s+)?\(?$")


_EXTRACT, _LEAST_SAID = 1_000, 3
"""Characters of a text that may be a clause alone; times that a longer text names secrecy."""

_SECRECY = compiled(
    r"(?i)\b(?:confiden\w+|secre(?:t|cy|ts)\b|non-?\s?disclos\w*|undisclosed|proprietary\s+information|geheim\w*|vertraulich\w*)"
)


def agreed(view: RuleInput) -> Iterator[Span]:
    """Find that a text is an agreement on secrecy of its own: its title or its clauses speak of that."""
    text = plain(view.text)
    named = _SECRECY.search(text[:_TITLE]) or len(_SECRECY.findall(text)) >= _LEAST_SAID
    if named or len(text) < _EXTRACT or not in_language_read(text):
        yield from whole_agreement(view)


def years_of_secrecy(view: RuleInput) -> Iterator[Span]:
    """Find the years or months that a sentence gives to the duty of confidence itself."""
    return (_with_after(view.text, found[0], found[1]) for found in secrecy_period(view) if found.sure)


def years_of_contract(view: RuleInput) -> Iterator[Span]:
    """Find the years or months for which a contract that binds to secrecy runs; no employment counts."""
    of_employment = _OF_EMPLOYMENT.search(view.text, 0, _TITLE)
    for found in secrecy_period(view):
        if found.sure or not of_employment:
            yield _with_after(view.text, found[0], found[1])
    for found in () if of_employment else term(view):
        before = view.text[max(0, found[0] - _SENTENCE) : found[0]].rpartition(".")[2]
        if not _EMPLOYED.search(before) and not (found.normalised or "").endswith("D"):
            yield _with_after(view.text, found[0], found[1])


def years_at_odds(view: RuleInput) -> Iterator[Span]:
    """Find how long secrets are kept where words and figures name two lengths: "three (5) years".

    In a translation figures may be wrong: the original tells.
    """
    for found in () if view.translated else (*secrecy_period(view), *term(view)):
        if found.alternative and _IN_FIGURES.search(view.text[found[0] : found[1]]):
            yield found[0], found[1]


_IN_FIGURES = compiled(r"\pL\W*\([0-9]+\)")


def _with_after(text: str, start: int, end: int) -> Span:
    """Take "after" with a duration, which then says when a duty ends: "no effect after two years"."""
    after = _AFTER.search(text[max(0, start - _NEAR) : start])
    return (start - len(after[0]) if after else start), end


def secrecy_period(view: RuleInput) -> Iterator[Found]:
    """Find the years or months for which a contract binds to secrecy; no other covenant counts.

    Where it says only how long it runs itself, that is a hint.
    """
    text = plain(view.text)
    elsewhere = list(other_covenants(view))
    named: list[Found] = []
    of_contract: list[Found] = []
    for said in durations_said(text):
        start, end, iso = said.duration[:3]
        before = _ITEM.split(said.before)[-1]
        if not ("Y" in iso or "M" in iso) or not _LASTS.search(before) or _PAST.search(before):
            continue
        behind = _HOWEVER.split(_ITEM.split(said.behind)[0])[0]
        sentence = f"{before} {_FROM_NOTICE.sub('', behind)}"
        if not _DUTY.search(sentence) or _ELSE.search(sentence) or _NOT_BEHIND.match(said.behind):
            continue
        if _OF_DISCLOSURE.search(before.rpartition(", and ")[2]):
            continue
        if _COVENANT.match(text[end : end + _RESTRAINED]):
            continue
        if any(first <= start < last for first, last in elsewhere):
            continue
        found = Found(start, end, normalised=iso, alternative=said.duration.alternative)
        (named if _NAMED.search(sentence) else of_contract).append(found)
    yield from named or (one._replace(sure=False) for one in of_contract)


_EXCLUDES = compiled(
    r"(?i)\b(?:does|do|shall|will)\s+(?:not\s+(?:be\s+deemed\s+to\s+)?include|be\s+deemed\s+to\s+exclude)\b"
)
_DEFINES = compiled(r"(?i)\b(?:means?|includes?|consists?|refers?\s+to|defined|comprises?)\b|:")


def only_excluded(view: RuleInput) -> Iterator[Span]:
    """Find where a sentence says what confidential information does not include, and nothing that it does."""
    text = plain(view.text)
    for match in _EXCLUDES.finditer(text):
        if not _DEFINES.search(text[sentence_around(text, match.span())[0] : match.start()]):
            yield match.span()
