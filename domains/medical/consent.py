"""What a form of consent to research tells its reader: why and how, what may go wrong, whom to ask.

The elements of informed consent (45 CFR 46.116(b)). A sentence is evidence where it tells an element: that
somebody has been told of the risks, or that a page lists them, tells none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from docassay.domains import RuleInput, Span
from docassay.domains.folders import compiler
from docassay.domains.medical.statements import LONGEST, MOST, WRITE_HERE, is_instruction, sentence_at, tells
from docassay.domains.outline import trim
from docassay.domains.passages import sentence_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_compiled = compiler(Path(__file__).parent, "consent.toml")

_TOLD_ELSEWHERE = _compiled(r"(?i)\b{told_elsewhere}\b")
_DURATION = _compiled(r"(?i)\b{duration}\b")
_OF_THE_STUDY = _compiled(r"(?i)\b{of_the_study}")
_OF_KEEPING = _compiled(r"(?i)\b{of_keeping}")
_ASKED_TO_DO = _compiled(r"(?i)\b{asked_to_do}")
_ASK = _compiled(r"(?i)\b{ask}")
_STUDY_TO_ASK = _compiled(
    r"(?i)\b(?:{about_study}\b{stretch}\b(?:{ask}|{mail_address})|{ask}{stretch}\b{about_study}\b)"
)
_RIGHTS_TO_ASK = _compiled(
    r"(?i)\b(?:{about_rights}{stretch}\b(?:{ask}|{mail_address})|{ask}{stretch}\b{about_rights})"
)
_HARM_TO_ASK = _compiled(
    r"(?i)\b(?:{about_harm}{stretch}\b(?:{ask}|{mail_address})|{ask}{stretch}\b{about_harm})"
)
_RESEARCH = _compiled(r"(?i)\b{study}\b")
_RIGHTS = compiled(r"(?i)\brights\b")
_ABOUT_RIGHTS = _compiled(r"(?i)\b{about_rights}\b")
_OF_DATA = _compiled(r"(?i)\b{of_data}\b")
_OF_THE_WRITER = compiled(r"(?i)\byour\s+(?:\w+\s+)?(?:IRB|ethics|review\s+board|committee)\b")
_ASKED_OF = _compiled(r"(?i)\b(?:{ask}|{mail_address})|\d{3}[ .-]\d{3,4}")
_COMPLAINTS = compiled(r"(?i)[^.\n]{0,40}\b(?:rights|complain\w*)\b[^.\n]{0,40}")
_APART = compiled(r"[.;]\s|\n\s*\n|\n[ \t]*[-*•●]\s")
_WE_CALL = compiled(
    r"(?i)\bwe\s+(?:will|may|might|would)\s+(?:\w+\s+)?(?:contact|call|e-?mail|reach|write)\b"
)
_ADDRESS = compiled(r"[\w.+-]+@[\w-]+|\+?\(?\d{2,4}\)?[\d \t./)-]{5,}\d")
_LINE_TO_SIGN = compiled(r"_{5,}|\.{8,}")
_LABELS_TO_FILL = compiled(r":[ \t_*]*\n\s*[\pL ]{2,40}:[ \t_*]*\n")
_NAME_TO_FILL = compiled(
    r"(?i)\(\s*(?:your|insert|enter|add)\b[^()\n]{2,100}\)|\((?:some )?(?:name|e-?mail|phone)\)"
    r"|\b(?:e-?mail|phone|name)[ \t]*:\s*(?:e-?mail|phone|name)[ \t]*:\s"
    r"|[\[{<]\s*(?:your|insert|enter|add|name|e-?mail|phone|contact|researcher|investigator)(?:\b|_)[^\[\]{}<>\n]{0,100}[\]}>]"
)
_COULD_ASK = compiled(r"(?i)\b(?:had|have|having|given)\b[^.]{0,60}\b(?:opportunity|chance)\b")
_ADDRESS_LABELLED = compiled(
    r"(?i)\b(?:contact|e-?mail|phone|tel(?:ephone)?)\b[ \t]*(?:\w+[ \t]*)?:[ \t]*"
    r"(?:[\w.+-]+@[\w.-]+|\+?\(?\d[\d \t()./-]{6,})"
)
_DONE_TO_BODY = _compiled(r"(?i)\b{done_to_body}\b")
_TREATED = _compiled(r"(?i)\b{treated}\b")
_NOT_IDENTIFIED = _compiled(r"(?i)\b{not_identified}\b")
_RECORDED = _compiled(r"(?i)\b{recorded}")
_YEAR = compiled(r"\b(?:19[89]\d|20[0-4]\d)\b")
_FUTURE_USE_SINCE = 2019
"""The year from which on forms tell of later research (82 FR 7149, put off by 83 FR 28497)."""

_BEHIND = 30
"""Characters behind a place for a name in which an address may stand instead."""

_NEAR = 800
"""Characters over which the contacts for a study and for rights are shown as one passage."""


_risks = tells(_compiled(r"(?i)\b{told_risk}"))
_some_risk = tells(_compiled(r"(?i)\b{some_risk}"))
_no_risks = tells(
    _compiled(r"(?i)\b{no_risk}"),
    with_any=_compiled(r"(?i)\b{said_of_study}\b"),
    title="(?:risks?|discomforts?)",
    hint=_compiled(r"(?i)\b(?:{risk}|harm|{felt})"),
)
_benefits = tells(
    _compiled(r"(?i)\b(?:{told_benefit}|{no_benefit})"),
    but=_compiled(r"(?i)\b{other_benefit}"),
    title="benefits?",
    hint=_compiled(r"(?i)\b{benefit_hint}"),
)
_serves = tells(_compiled(r"(?i)\b{what_it_serves}"))
_records_private = tells(
    _compiled(r"(?i)\b{records_private}\b"), but=_compiled(r"(?i)\b{not_kept_private}"), in_titles=False
)
_private = tells(_compiled(r"(?i)\b{kept_private}\b"), but=_compiled(r"(?i)\b{not_kept_private}"))
made_public = tells(_compiled(r"(?i)\b{made_public}"))
future_use = tells(_compiled(r"(?i)\b{later_research}"), but=_compiled(r"(?i)\b{not_later_research}"))


def benefits(view: RuleInput) -> Iterator[Span]:
    """Find who benefits, or that nobody does, or else what taking part serves."""
    yield from _benefits(view)
    yield from _serves(view)


def risks(view: RuleInput) -> Iterator[Span]:
    """Find what may go wrong, or that nothing may."""
    yield from _risks(view)
    yield from _no_risks(view)
    yield from _some_risk(view)


def confidentiality(view: RuleInput) -> Iterator[Span]:
    """Find how records are kept confidential, or else any word of it."""
    yield from _records_private(view)
    yield from _private(view)


_FREE = _compiled(r"(?i)\b(?:{voluntary}|{need_not}|{stops_at_will})\b")
_COSTS_NOTHING = _compiled(r"(?i)\b{costs_nothing}")
_CHOICE = _compiled(r"(?i)\b{choice}\b")
_APART_AT_MOST = 3000
"""Characters between what is voluntary and what refusing costs."""


def voluntary(view: RuleInput) -> Iterator[Span]:
    """Find that taking part is voluntary and refusing costs nothing: shown together where they are near."""
    text = plain(view.text)
    said_free = _said_free(text)
    pairs = [
        (abs(free[0] - costs[0]), min(free[0], costs[0]), max(free[1], costs[1]), free)
        for costs in dict.fromkeys(_costs_nothing(text) if said_free else ())
        for free in said_free
        if abs(free[0] - costs[0]) < _APART_AT_MOST or _REFUSING.search(text, *costs)
    ]
    for apart, start, end, free in sorted(pairs):
        yield trim(view.text, *((start, end) if apart < _NEAR else free))


def said_to_be_voluntary(view: RuleInput) -> Iterator[Span]:
    """Find that taking part is voluntary, whatever is said of what refusing costs."""
    yield from (trim(view.text, *span) for span in _said_free(plain(view.text)))


def _said_free(text: str) -> list[Span]:
    """List the sentences that say that somebody is free to take part, those in running text first."""
    spans = {sentence_at(text, match.span()) for match in islice(_FREE.finditer(text), MOST)}
    return sorted(spans, key=lambda span: (_AGREED.search(text[slice(*span)]) is not None, span))


def _costs_nothing(text: str) -> Iterator[Span]:
    """Find the sentences that say that a choice costs nothing, there or in the sentence before."""
    for match in islice(_COSTS_NOTHING.finditer(text), MOST):
        start, end = sentence_at(text, match.span())
        first = start
        if _OF_BEFORE.match(text[start:end]):
            first, _ = sentence_at(text, (max(0, start - 2), max(1, start - 1)))
        if _CHOICE.search(text[first:end]):
            yield start, end


_REFUSING = compiled(
    r"(?i)\bnot\s+(?:to\s+|be\s+)?(?:tak(?:e|ing)\s+part|participat\w+|join)|\b(?:refus\w+|declin\w+)"
)
"""What belongs to the choice whether to take part, however far away that stands."""

_AGREED = compiled(
    r"(?i)\b(?:voluntarily|freiwillig|volontairement)\s+(?:\w+\s+)?(?:agree|accept|consent|bereit)"
)
_OF_BEFORE = compiled(
    r"(?i)\W*(?:this|that|it|there|you|your|doing|either|neither|no|if|dadurch|ihnen|cela)\b"
)
"""How a sentence begins that may speak of the choice in the one before."""


_stated = tells(_compiled(r"(?i)\b{purpose}"), but=_TOLD_ELSEWHERE)
_in_passing = tells(_compiled(r"(?i)\b{purpose_in_passing}"), but=_TOLD_ELSEWHERE)


def _purpose(view: RuleInput) -> Iterator[Span]:
    yield from _stated(view)
    yield from _in_passing(view)


def research(view: RuleInput) -> Iterator[Span]:
    """Find the sentence that says why the research is done, if the form says how long it takes, too."""
    if not _missing_of_research(view.text):
        yield from _purpose(view)


def some_research(view: RuleInput) -> Iterator[Span]:
    """Find the sentence that says why the research is done."""
    yield from _purpose(view)


def missing_of_research(view: RuleInput, span: Span) -> str:
    """Say what a form that gives the purpose does not say of the research."""
    missing = _missing_of_research(view.text)
    return f"The form does not say {' and '.join(missing)}." if missing else ""


def _missing_of_research(text: str) -> list[str]:
    text = plain(text)
    missing = [] if _ASKED_TO_DO.search(text) else ["what happens"]
    for match in _DURATION.finditer(text):
        start, end = sentence_of(text, match.span(), LONGEST)
        if _OF_THE_STUDY.search(text[start:end]) and not _OF_KEEPING.search(text[start:end]):
            return missing
    return ["how long it takes", *missing]


def contacts(view: RuleInput) -> Iterator[Span]:
    """Find whom to ask about the research and the person's rights and, where it may hurt, about harm."""
    text = plain(view.text)
    if _missing_of_contacts(text):
        return
    of_study = list(_asked(text, _STUDY_TO_ASK))
    named = sorted(_asked(text, _RIGHTS_TO_ASK), key=lambda span: _is_weaker(text[slice(*span)]))
    for rights in named:
        near = (one for one in of_study if abs(one[0] - rights[0]) < _NEAR)
        study = min(near, key=lambda one: abs(one[0] - rights[0]), default=rights)
        yield trim(view.text, min(rights[0], study[0]), max(rights[1], study[1]))


def _is_weaker(said: str) -> tuple[bool, bool]:
    """Tell whether a contact is for the protection of data, and whether "rights" are not named."""
    return _OF_DATA.search(said) is not None, not _RIGHTS.search(said)


def some_contact(view: RuleInput) -> Iterator[Span]:
    """Find whom to ask about anything."""
    text = plain(view.text)
    yield from _asked(text, _STUDY_TO_ASK)
    yield from _asked(text, _RIGHTS_TO_ASK)
    yield from _asked(text, _STUDY_TO_ASK, is_named=False)
    yield from _asked(text, _SOME_CONTACT)
    yield from (match.span() for match in _ADDRESS_LABELLED.finditer(text))


_SOME_CONTACT = compiled(
    r"(?i)\bask\b[^.\n]{0,60}\b(?:questions?|concerns?)\b|\bcontact (?:details|information|persons?)\b"
)


def missing_of_contacts(view: RuleInput, span: Span) -> str:
    """Say for what a form names nobody to ask."""
    missing = _missing_of_contacts(plain(view.text))
    return f"The form does not say whom to ask {' or '.join(missing)}." if missing else ""


def _missing_of_contacts(text: str) -> list[str]:
    is_open = next(_asked(text, _STUDY_TO_ASK, is_named=False), None)
    asked = next(_asked(text, _STUDY_TO_ASK), None) or (not is_open and _ADDRESS.search(text))
    missing = [] if asked else ["about the research"]
    if not next(_asked(text, _RIGHTS_TO_ASK), None):
        missing.append("about their rights")
    if _DONE_TO_BODY.search(text) and not next(_asked(text, _HARM_TO_ASK), None):
        missing.append("in case of injury")
    return missing


def _asked(text: str, told: Any, is_named: bool = True) -> Iterator[Span]:
    return islice(_all_asked(text, told, is_named), MOST)


def _all_asked(text: str, told: Any, is_named: bool) -> Iterator[Span]:
    """Give the passages that name somebody to ask; that the researchers may get in touch names nobody.

    Args:
        text: The text of the form.
        told: The words that say whom to ask; they do not reach across labels that are to be filled in.
        is_named: Whether to leave out a place that is to be filled in with a name.
    """
    at = 0
    while match := told.search(text, at):
        if blank := _LABELS_TO_FILL.search(match[0]):
            at = match.start() + blank.end() - 1
            continue
        if told is _RIGHTS_TO_ASK and not _are_rights_asked(text, match.span()):
            at = match.start() + 1
            continue
        at = max(match.end(), at + 1)
        start, end = sentence_at(text, match.span())
        said = text[start:end]
        if _COULD_ASK.search(said) or WRITE_HERE.match(said):
            continue
        if told is _STUDY_TO_ASK and _OF_DATA.search(said) and not _RESEARCH.search(said):
            continue
        is_open = is_named and _is_to_fill(text, match.span())
        if not (is_open or is_instruction(text, match.span()) or _WE_CALL.search(said)):
            line = _LINE_TO_SIGN.search(text, match.end(), end)
            yield start, line.start() if line else end


def _are_rights_asked(text: str, span: Span) -> bool:
    """Tell whether a passage names rights, or who watches over them, as what or whom to ask.

    That a board approved the research, or that there is none, says nothing of whom to ask; "your board" is
    said to whoever fills in a template.
    """
    for word in _ABOUT_RIGHTS.finditer(text, *span):
        if _OF_THE_WRITER.search(text[max(0, word.start() - _BEHIND) : word.end()]):
            continue
        before = [one.end() for one in _APART.finditer(text, max(0, word.start() - LONGEST), word.start())]
        after = _APART.search(text, word.end(), word.end() + LONGEST)
        said = text[
            before[-1] if before else max(0, word.start() - LONGEST) : after.start() if after else span[1]
        ]
        if _ASKED_OF.search(said) or _COMPLAINTS.fullmatch(said.strip(" \t\n#*")):
            return True
    return False


def _is_to_fill(text: str, span: Span) -> bool:
    """Tell whether a place for a name stands at or right behind some words, and no address does."""
    open_place = _NAME_TO_FILL.search(text[span[0] : span[1] + _NEAR // 10])
    return bool(open_place) and not _ADDRESS.search(text[span[0] : span[0] + open_place.end() + _BEHIND])


def treatment(view: RuleInput) -> Iterator[Span]:
    """Find that the research treats people, so that something could take the treatment's place."""
    yield from (match.span() for match in _TREATED.finditer(plain(view.text)))


def names_nobody(view: RuleInput) -> Iterator[Span]:
    """Find that nothing is collected that tells who a person is; nothing where they are recorded."""
    text = plain(view.text)
    if not _RECORDED.search(text):
        yield from (match.span() for match in _NOT_IDENTIFIED.finditer(text))


def older_form(view: RuleInput) -> Iterator[Span]:
    """Find that a form is from before it had to tell of later research, by its latest year."""
    years = [int(match[0]) for match in _YEAR.finditer(view.original or view.text)]
    if years and max(years) < _FUTURE_USE_SINCE:
        yield 0, len(view.text)
