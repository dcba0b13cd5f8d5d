"""Comply: a domain's compliance checks on a whole document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from docassay.domains import MAX_SPANS, CheckRule, Domain, RuleInput, Span, applies, is_silent, judge, reason
from docassay.domains.passages import statement_of
from docassay.domains.rules import occurs
from docassay.domains.support import LEAST, best_supported, head_of_support, is_learnt, may_be_said
from docassay.domains.verdicts import candidates, is_doubted
from docassay.schemas.rows import Classification, Finding, Segment, Verdict
from docassay.transforms.budget import Clock
from docassay.transforms.document import Document

MAX_SEARCHED = 50
"""Most headings listed for a check that found nothing."""

UNSURE, SILENT = "unsure", "silent"
"""What a check without a row did: it found something, or may have, that does not surely answer; or it has
nothing to say."""

SILENT_REVIEW = f"{SILENT} review"


def comply(
    doc_id: str,
    domain: Domain,
    view: RuleInput,
    classifications: Iterable[Classification] = (),
    models: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    silent: dict[str, str] | None = None,
) -> list[Finding]:
    """Run the checks that apply to a document; one that does not apply gives no row.

    A check also gives no row where its wording is met but no passage surely shows what it requires, or where
    it is not met but a sentence may show it (`domains.support`). To `silent` is added what each check that
    gives no row did and would have said, such as ``unsure pass``, by its id.

    Where no wording matches but a model gives a segment the check's label, that segment is the
    evidence and the verdict is ``review``: a person should see whether the clause is sufficient, or
    one that is forbidden; unless the segment says what the check excludes. Where the model was asked and is
    not sure of the label, the rule's verdict rests on that, and `decided_by` says so: `models` has the
    ``name@version`` that answered each task; what is forbidden gives no row then, as it may be there. Where
    wording matches in a segment that the model is sure is something else, the verdict is ``review``, too.

    Raises:
        OutOfTime: They took more time than the clock allows.
    """
    models = models or {}
    silent = {} if silent is None else silent
    classifications = tuple(classifications)
    sure = [row for row in classifications if not row.abstained]
    by_label: dict[str, Classification] = {}
    for row in sure:
        best = by_label.get(f"{row.task}.{row.label}")
        if best is None or row.probability > best.probability:
            by_label[f"{row.task}.{row.label}"] = row
    if any(rule.labels for rule in domain.checks):
        view = replace(view, labels=tuple((f"{row.task}.{row.label}", _place(row, view)) for row in sure))
    findings: list[Finding] = []
    for rule in domain.checks:
        if applies(rule, view):
            label = rule.label or ""
            model = models.get(label.split(".")[0])
            rows = _findings(doc_id, domain, rule, view, by_label.get(label), model, silent)
            told = rows[0].verdict if rows else "review"
            if rule.forbids and rule.label:
                rows = [row for row in rows if not _may_be_there(row, rule, view, classifications)]
            if rule.labels:
                rows = [_by_labels(row, rule, view, classifications, models) for row in rows]
            if rule.label:
                rows = [_against_head(row, rule.label, view, classifications) for row in rows]
            findings.extend(rows)
            if not rows:
                silent.setdefault(rule.id, f"{SILENT} {told}")
        if clock:
            clock.check()
    return findings


def is_absence(row: Finding, document: Document) -> bool:
    """Tell whether a check says that something is absent, not what data without a place in the text state."""
    return row.start_char is None and (bool(row.searched) or not document.segments)


def stated_elsewhere(domain: Domain, view: RuleInput, findings: Iterable[Finding]) -> set[str]:
    """Give the checks without a sure answer whose answer another document states, as this one says."""
    open_checks = {
        row.check_id
        for row in findings
        if row.verdict == "review" or (row.verdict == "fail" and row.start_char is None)
    }
    return {
        rule.id
        for rule in domain.checks
        if rule.id in open_checks and any(occurs(matcher, view) for matcher in rule.elsewhere)
    }


def _against_head(
    row: Finding, label: str, view: RuleInput, classifications: Sequence[Classification]
) -> Finding:
    """Send a pass to a person whose evidence a head is sure is something else.

    It is where each segment around the evidence has a sure label of the task, and none has the check's,
    however unsure.
    """
    if row.verdict != "pass" or row.start_char is None or row.end_char is None:
        return row
    start, end = row.start_char, row.end_char
    task, _, name = label.partition(".")
    around = [n for n, one in enumerate(view.segments) if one.start_char <= start and end <= one.end_char]
    told = {n: [one for one in classifications if one.segment == n and one.task == task] for n in around}
    if not around or any(one.label == name for some in told.values() for one in some):
        return row
    others = [next((one for one in some if not one.abstained), None) for some in told.values()]
    if None in others or others[0] is None:
        return row
    by = "" if others[0].model.startswith("rule ") else f"+{others[0].model}"
    return replace(row, verdict="review", decided_by=row.decided_by + by)


def _place(row: Classification, view: RuleInput) -> Span:
    segment = view.segments[row.segment]
    return segment.start_char, segment.end_char


def _by_labels(
    row: Finding,
    rule: CheckRule,
    view: RuleInput,
    classifications: Sequence[Classification],
    models: Mapping[str, str],
) -> Finding:
    """Say of a finding which models its labels come from, and send a person where these do not know.

    That is where nothing was found, and a model that is not sure gives one of the labels, or was not asked.
    """
    told = [one for one in classifications if f"{one.task}.{one.label}" in rule.labels]
    if row.start_char is not None:
        span = (row.start_char, row.end_char)
        by = {one.model for one in told if not one.abstained and _place(one, view) == span}
    elif perhaps := [one for one in told if one.abstained]:
        best = max(perhaps, key=lambda one: one.probability)
        start, end = _place(best, view)
        row = replace(
            row,
            verdict="review",
            start_char=start,
            end_char=end,
            evidence=view.text[start:end],
            searched=(),
        )
        by = {best.model}
    else:
        asked = {label.partition(".")[0] for label in rule.labels}
        by = {models[task] for task in asked if task in models}
        if not asked <= models.keys():
            row = replace(row, verdict="review")
    added = "".join(f"+{model}" for model in sorted(by) if not model.startswith("rule "))
    return replace(row, decided_by=row.decided_by + added)


def _findings(
    doc_id: str,
    domain: Domain,
    rule: CheckRule,
    view: RuleInput,
    labelled: Classification | None,
    model: str | None,
    silent: dict[str, str],
) -> list[Finding]:
    decided_by = domain.decided_by(rule.id)
    compared = rule.compares(view)[:MAX_SPANS] if rule.compares else ()
    if rule.compares and not (rule.requires or rule.unclear or rule.doubts or rule.label):
        return [
            _finding(
                doc_id,
                rule,
                view,
                one.verdict,
                one.span,
                f"{reason(rule, view, one.span)} {one.says}",
                decided_by,
                one.absent,
            )
            for one in compared
        ]
    verdict, evidence = judge(rule, view)
    says = next((one.says for one in compared if one.verdict == verdict), "")
    absent = all(one.absent for one in compared)
    if not absent:
        model = labelled = None
    by_wording = absent and not rule.labels
    asked = by_wording and rule.requires and (verdict == "pass" or labelled is None)
    if asked and is_learnt(decided_by.removeprefix("rule ")):
        supported = _supported(rule, view, verdict, evidence)
        if supported is None:
            silent[rule.id] = f"{UNSURE} {verdict}"
            return []
        if verdict == "pass":
            evidence, decided_by = supported, f"{decided_by}+{head_of_support().card.id}"
    if not evidence and labelled is not None and not _is_allowed(rule, view, view.segments[labelled.segment]):
        verdict, evidence, decided_by = (
            "review",
            [_place(labelled, view)],
            labelled.model if labelled.model.startswith("rule ") else f"model {labelled.model}",
        )
    elif not evidence and not compared and is_silent(rule, view):
        return []
    elif not evidence and model:
        decided_by += f"+{model}"
    # A few words rarely show by themselves that a requirement is met: their sentence does.
    whole = verdict == "pass" and by_wording
    spans: Sequence[Span | None] = evidence or [None]
    rows = []
    for span in spans:
        place = statement_of(view.text, span) if span and whole else span
        why = f"{reason(rule, view, span)} {says}".rstrip()
        rows.append(_finding(doc_id, rule, view, verdict, place, why, decided_by, absent))
    return rows


def _supported(rule: CheckRule, view: RuleInput, verdict: Verdict, evidence: list[Span]) -> list[Span] | None:
    """Choose the evidence of a pass; None where no passage surely shows it, or another sentence may say it.

    What fails for what it says, or is doubted, stays.
    """
    if verdict == "pass":
        best = best_supported(rule.id, view.text, chain(evidence, candidates(rule, view)))
        return [best[0]] if best and best[1] >= LEAST else None
    stays = (verdict == "fail" and evidence) or is_doubted(rule, view)
    return evidence if stays or not may_be_said(rule.id, view.text) else None


def _may_be_there(
    row: Finding, rule: CheckRule, view: RuleInput, classifications: Sequence[Classification]
) -> bool:
    """Tell whether a head may see what a rule did not find: it gives a segment its label, unsurely."""
    return row.start_char is None and any(
        one.abstained and f"{one.task}.{one.label}" == rule.label
        for one in classifications
        if not _is_allowed(rule, view, view.segments[one.segment])
    )


def _is_allowed(rule: CheckRule, view: RuleInput, segment: Segment) -> bool:
    """Tell whether a segment says what a check that forbids leaves out, such as an end for a breach alone."""
    return bool(rule.forbids) and any(
        start < segment.end_char and segment.start_char < end
        for matcher in rule.exclude
        for start, end in matcher(view)
    )


def _finding(
    doc_id: str,
    rule: CheckRule,
    view: RuleInput,
    verdict: Verdict,
    span: Span | None,
    why: str,
    decided_by: str,
    absent: bool = True,
) -> Finding:
    searched = view.segments if absent and span is None else ()
    headings = dict.fromkeys(" › ".join(s.heading) or f"segment {s.segment}" for s in searched)
    return Finding(
        doc_id=doc_id,
        check_id=rule.id,
        verdict=verdict,
        severity=rule.severity,
        start_char=span[0] if span else None,
        end_char=span[1] if span else None,
        evidence=view.text[span[0] : span[1]] if span else None,
        searched=tuple(headings)[:MAX_SEARCHED],
        why=why,
        source=rule.source,
        decided_by=decided_by,
    )
