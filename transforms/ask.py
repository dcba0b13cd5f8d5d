"""Ask: the checks of the types that a document may have, in the original and in English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from docassay import domains
from docassay.domains.judged import absence_is_proven
from docassay.domains.verdicts import is_doubted
from docassay.models.catalog import Card
from docassay.models.reading import deciders
from docassay.schemas.rows import UNDETERMINED, Classification, Finding
from docassay.transforms.budget import Clock
from docassay.transforms.comply import SILENT_REVIEW, UNSURE, comply, is_absence, stated_elsewhere
from docassay.transforms.detect import stretches
from docassay.transforms.document import Document
from docassay.transforms.extract import extract, rule_input
from docassay.transforms.parts.stretch import stretch
from docassay.transforms.split import Asked
from docassay.transforms.translation.alignment import English, merged_findings


@dataclass(slots=True)
class Answers:
    """What came of the checks that a document was asked.

    Attributes:
        silent: The checks that gave no row, by id, with what they would have said; see
            `transforms.comply.comply`.
        doubted: The checks whose requirement the document contradicts, or leaves in part, in so many words.
        owners: The name of each asked check's domain, by the check's id; ``""`` where two domains have it, or
            an overlay added or changed it.
        elsewhere: Checks whose answers another document states, as this one says.
    """

    findings: list[Finding] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)


def ask(
    document: Document,
    opening: Document,
    asked: Asked,
    classifications: Sequence[Classification],
    card: Card,
    clock: Clock,
    unread: bool,
) -> Answers:
    """Run the checks of each type that is asked on a document.

    Args:
        document: The document.
        opening: What the rules read of it.
        asked: What it is asked: `split.asked_kinds` of it.
        classifications: Labels of its segments.
        card: Of the model that gave them.
        clock: Bounds the time.
        unread: Whether some of it is in a language that no model has read.

    Raises:
        OutOfTime: They took more time than the clock allows.
    """
    answers = Answers()
    labels = [row for row in classifications if row.segment < len(opening.readings)]
    for domain, kind in asked:
        view = replace(opening, kind=kind)
        silent: dict[str, str] = {}
        found = _findings(view, domain, labels, card, clock, silent)
        left_out = stated_elsewhere(domain, rule_input(view), found)
        found = [row for row in found if row.check_id not in left_out]
        answers.elsewhere |= left_out
        if document.boundary_candidates:
            found = _of_several(found, domain)
        if len(opening.text) < len(document.text):
            # No check may rest on what was not found in the part that was read.
            found = [replace(row, verdict="review") if row.start_char is None else row for row in found]
        answers.findings += found if document.kind_confident else _unsure(found, answers.findings)
        answers.silent |= silent
        answers.doubted |= _doubted(view, domain, found)
        for rule in domain.checks:
            of_users = rule.id in domain.owners or rule.id in domain.changed
            is_known = answers.owners.get(rule.id, domain.name) == domain.name and not of_users
            answers.owners[rule.id] = domain.name if is_known else ""
        clock.check()
    if document.boundary_candidates:
        answers.findings += _of_stretches(opening, asked, classifications, answers.findings, card, clock)
    answers.findings = _failing(document, answers.findings, unread)
    return answers


def _findings(
    document: Document,
    domain: domains.Domain,
    classifications: Sequence[Classification],
    card: Card,
    clock: Clock,
    silent: dict[str, str],
) -> list[Finding]:
    english = document.english
    tasks = {task for reading in document.readings for task in reading.probabilities}
    models = {task: deciders(document.readings, card, task) for task in tasks}
    if english is None:
        return comply(document.doc_id, domain, rule_input(document), classifications, models, clock, silent)
    views = rule_input(document), english_view(document, english)
    # What one text says unsurely is not missing in the other, and the English alone is no answer to it.
    silent_in_english: dict[str, str] = {}
    original = comply(document.doc_id, domain, views[0], (), None, clock, silent)
    in_english = comply(document.doc_id, domain, views[1], classifications, models, clock, silent_in_english)
    unsure, unsure_in_english = (
        {check for check, state in one.items() if state.startswith(UNSURE)}
        for one in (silent, silent_in_english)
    )
    in_english = [row for row in in_english if row.check_id not in unsure]
    original = [row for row in original if row.verdict == "pass" or row.check_id not in unsure_in_english]
    wording_rules = {rule.id for rule in domain.checks if rule.reads == "both"}
    inferred_rules = {
        rule.id
        for rule in domain.checks
        if "domain" in english.inferred or (rule.kinds and "kind" in english.inferred)
    }
    # Where a check of wording finds nothing, it has searched both texts.
    original = [
        replace(row, decided_by=english.decider(row))
        if row.check_id in inferred_rules or (row.start_char is None and row.check_id in wording_rules)
        else row
        for row in original
    ]
    found = merged_findings(original, english.moved(in_english))
    # Nothing is absent of what a section speaks, whether its heading is known in the original or in English.
    absent = {row.check_id for row in found if row.start_char is None} & wording_rules
    spoken_of = {
        rule.id
        for rule in domain.checks
        if rule.id in absent and not rule.compares and any(domains.is_silent(rule, view) for view in views)
    }
    # A head reads the English alone: what it may see there is not absent of the original.
    answered = {row.check_id for row in in_english}
    spoken_of |= {
        rule.id
        for rule in domain.checks
        if rule.id in absent - answered and rule.forbids and (rule.label or "").split(".")[0] in models
    }
    silent |= {check: state for check, state in silent_in_english.items() if check not in silent}
    silent |= dict.fromkeys(spoken_of, SILENT_REVIEW)
    found = [row for row in found if row.start_char is not None or row.check_id not in spoken_of]
    for row in found:
        silent.pop(row.check_id, None)
    return found


def _doubted(document: Document, domain: domains.Domain, found: Sequence[Finding]) -> set[str]:
    """Name the checks that are for review since one of their doubts is met, in the original or in English."""
    views = [rule_input(document)]
    if document.english:
        views.append(english_view(document, document.english))
    for_review = {row.check_id for row in found if row.verdict == "review" and row.start_char is not None}
    return {
        rule.id
        for rule in domain.checks
        if rule.doubts and rule.id in for_review and any(is_doubted(rule, view) for view in views)
    }


def english_view(document: Document, english: English) -> domains.RuleInput:
    """Give what rules look at of a document's English."""
    return domains.RuleInput(
        english.text,
        document.kind,
        document.media_type,
        english.segments,
        translated=True,
        original=document.text,
    )


def _unsure(found: Sequence[Finding], before: Sequence[Finding]) -> list[Finding]:
    """Let no check of a kind that is not sure fail, and leave out what a likelier kind was asked already.

    That a forbidden clause is not found in what may be another kind of document says nothing.
    """
    asked = {row.check_id for row in before}
    return [
        replace(row, verdict="review") if row.verdict == "fail" else row
        for row in found
        if row.check_id not in asked and not (row.verdict == "pass" and row.start_char is None)
    ]


def _of_several(found: Sequence[Finding], domain: domains.Domain) -> list[Finding]:
    """Let no facts fail what may hold several documents: they may be of different ones."""
    expecting = {rule.id for rule in domain.checks if rule.expect}
    return [
        replace(row, verdict="review") if row.verdict == "fail" and row.check_id in expecting else row
        for row in found
    ]


def _of_stretches(
    document: Document,
    kinds: Asked,
    classifications: Sequence[Classification],
    before: Sequence[Finding],
    card: Card,
    clock: Clock,
) -> list[Finding]:
    """Give what the checks of what may be documents of their own find, beside those of the whole document.

    Only evidence is given: what one of them does not state, or not surely, may stand in the rest. None fails:
    where each ends is not sure.
    """
    asked = [(domain.name, kind) for domain, kind in kinds]
    names = [domain.name for domain in domains.document_domains()]
    known = {(row.check_id, row.start_char) for row in before}
    found: list[Finding] = []
    for start, end, prediction in stretches(document, document.language, names):
        if not prediction.kind or (prediction.domain, prediction.kind) not in asked:
            continue
        part = stretch(document, start, end)
        first = next((row.segment for row in document.segments if start <= row.start_char), 0)
        last = first + len(part.segments)
        labels = [
            replace(row, segment=row.segment - first)
            for row in classifications
            if first <= row.segment < last
        ]
        part = replace(part, domain=prediction.domain, kind=prediction.kind, embedded_values=(), facts=())
        part = extract(part)
        of_kind = domains.load(prediction.domain).asking((prediction.kind,))
        expecting = {rule.id for rule in of_kind.checks if rule.expect}
        told = _findings(part, of_kind, labels, card, clock, {})
        told = [row for row in told if row.verdict != "review" or row.check_id not in expecting]
        for row in _unsure(told, ()):
            if row.start_char is None or row.end_char is None:
                continue
            moved = replace(row, start_char=row.start_char + start, end_char=row.end_char + start)
            if (moved.check_id, moved.start_char) not in known:
                known.add((moved.check_id, moved.start_char))
                found.append(moved)
    return found


def _failing(document: Document, findings: Sequence[Finding], unread: bool) -> list[Finding]:
    """Let a check fail by what it does not find only where that is sure; else it is for review.

    It is sure of a document whose kind, end and language are, and of a check whose absences people judged.

    Args:
        document: The document.
        findings: Its findings.
        unread: Whether some of it is in a language that no model has read.
    """
    sure = document.kind_confident and document.language != UNDETERMINED
    sure = sure and not (document.boundary_candidates or document.unread or unread)
    sure = sure and not (document.english and document.english.guarded)
    sure = sure and not (document.untranslated and document.untranslated.why == "stopped")
    return [
        replace(row, verdict="review")
        if row.verdict == "fail"
        and is_absence(row, document)
        and not (sure and absence_is_proven(row.decided_by))
        else row
        for row in findings
    ]
