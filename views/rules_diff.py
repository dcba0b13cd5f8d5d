"""Compare the rules of an overlay with those that wrote existing tables, without changing the tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from docassay import domains
from docassay.domains.overlay import Overlay
from docassay.schemas.rows import UNKNOWN, Classification, Finding, Flag, Segment
from docassay.transforms.budget import BUDGET, Clock, OutOfTime
from docassay.transforms.comply import comply
from docassay.transforms.extract import read_facts
from docassay.transforms.flag import flag
from docassay.transforms.formats.media_types import MAIL
from docassay.views.query import ask
from docassay.views.shipped_views import quoted
from docassay.views.text_from_rows import text_of

SHOWN = 3
"""Passages shown of one effect."""

_TEXTS = """
select d.doc_id, d.uri, d.domain, d.kind, d.media_type, d.chars, d.language as tag,
    list({{'start': s.start_char, 'end': s.end_char, 'heading': s.heading, 'text': s.text,
           'language': s.language}} order by s.segment) as segments
from documents d join segments s using (doc_id)
where {asked}
group by all order by d.doc_id
"""

PART_CHARS = 50_000_000
"""Characters of the texts that are read from the tables at a time, unless one document has more."""


@dataclass(slots=True)
class Effect:
    """The effect of one rule of an overlay.

    Attributes:
        what: ``new``, ``off`` or ``changed``.
        verdict: Of a check; empty for a sign of fraud.
        rows: Rows that come (``new``), go (``off``) or read otherwise (``changed``).
        documents: Documents that they are of.
        passages: (URI, evidence) of some.
    """

    rule: str
    what: str
    verdict: str = ""
    rows: int = 0
    documents: int = 0
    passages: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class RulesDiff:
    """The changes that an overlay would make.

    Attributes:
        effects: One for each rule, and for each verdict of a check.
        read: Documents that the new rules ran on.
        cleared: Documents that would have no reason left for review.
        unfinished: Documents on which the new rules ran out of time.
    """

    effects: list[Effect]
    read: int = 0
    cleared: int = 0
    unfinished: int = 0


def rules_diff(
    out: str, overlay: Overlay, watch: Callable[[int, int], None] = lambda done, total: None
) -> RulesDiff:
    """Count what an overlay would change in the tables of an output folder.

    Rules that it changes or switches off are counted in the tables. New rules run on the text of each
    document, as `segments` has it, never on a translation. A check with a `label` runs on its wording alone;
    labels that `requires` or `forbids` name are those in the tables. Facts are read from that text: those
    that a file states as data are not there.

    Args:
        out: The output folder.
        overlay: The overlay, one of `domains.overlays()`.
        watch: Called with the number of documents done and the total.

    Raises:
        TablesError: The folder holds no tables.
    """
    result = RulesDiff(list(changes(out, overlay)))
    gone = [rule for rule, change in overlay.changes.items() if change.get("off")]
    if gone:
        reasons = [f"{what}:{rule}" for rule in gone for what in ("flag", "check")]
        listed = ", ".join(map(quoted, reasons))
        (row,) = ask(
            out,
            "select count(*) as number from documents"
            f" where len(reasons) > 0 and list_has_all([{listed}], reasons)",
        ).rows()
        result.cleared = row["number"]
    own = own_rules(overlay)
    if own.flags or own.checks:
        _ask_new(out, own, result, watch)
    return result


def own_rules(overlay: Overlay, only: Collection[str] = ()) -> domains.Domain:
    """Give the domain of an overlay with the rules that the overlay adds, or only some of them."""
    loaded = domains.load(overlay.extends)
    wanted = [rule for rule in overlay.added if not only or rule in only]
    return replace(
        loaded,
        flags=tuple(rule for rule in loaded.flags if rule.id in wanted),
        checks=tuple(rule for rule in loaded.checks if rule.id in wanted),
    )


class Answered(NamedTuple):
    """What rules say of a document; `rows` is None where they ran out of time."""

    doc_id: str
    uri: str
    rows: list[Flag | Finding] | None


def answers(out: str, own: domains.Domain) -> tuple[int, Iterator[Answered]]:
    """Run rules on the documents of an output folder that they may be asked of.

    Returns:
        The number of these documents, and what the rules say of each.
    """
    rules = (*own.flags, *own.checks)
    named = f"d.domain in ({quoted(own.name)}, {quoted(UNKNOWN)})"
    asked = f"d.media_type = {quoted(MAIL)}" if own.every_mail else named
    if all(rule.kinds for rule in rules):
        kinds = sorted(frozenset[str]().union(*(rule.kinds for rule in rules)))
        asked += f" and coalesce(d.kind, '') in ({', '.join(map(quoted, kinds))})"
    sizes = ask(
        out,
        "select doc_id, chars from documents d semi join segments using (doc_id)"
        f" where {asked} order by doc_id",
    ).rows()
    documents = [(row["doc_id"], row["chars"]) for row in sizes]
    wanted = sorted(frozenset[str]().union(*(rule.labels for rule in own.checks)))
    given = _labels(out, wanted) if wanted else {}
    rows = _texts(out, asked, documents)
    return len(documents), (_answered(own, row, given.get(row["doc_id"], ())) for row in rows)


def _texts(out: str, asked: str, documents: Sequence[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Read the segments of documents, given in their order with their characters, some at a time."""
    first = 0
    while first < len(documents):
        end, chars = first, 0
        while end < len(documents) and (end == first or chars + documents[end][1] <= PART_CHARS):
            chars += documents[end][1]
            end += 1
        ids = f"between {quoted(documents[first][0])} and {quoted(documents[end - 1][0])}"
        part = f"{asked} and d.doc_id {ids} and s.doc_id {ids}"
        yield from ask(out, _TEXTS.format(asked=part)).rows()
        first = end


def _labels(out: str, wanted: Sequence[str]) -> dict[str, list[Classification]]:
    """Read some labels of all documents; of a task that was asked there is a row at least."""
    tasks = ", ".join(sorted({quoted(one.partition(".")[0]) for one in wanted}))
    labels = ", ".join(map(quoted, wanted))
    rows = ask(
        out,
        "select doc_id, segment, task, label, probability, abstained, model from classifications"
        f" where task in ({tasks}) qualify task || '.' || label in ({labels})"
        " or row_number() over (partition by doc_id, task order by segment, label) = 1",
    ).rows()
    found: dict[str, list[Classification]] = {}
    for row in rows:
        found.setdefault(row["doc_id"], []).append(Classification(**row))
    return found


def _answered(own: domains.Domain, row: dict[str, Any], given: Sequence[Classification]) -> Answered:
    view = _view(row)
    try:
        clock = Clock(BUDGET.rule_seconds)
        if any(rule.expect for rule in (*own.flags, *own.checks)):
            view = replace(view, facts=read_facts(own.name, view, row["tag"]))
        found: list[Flag | Finding] = [*flag(row["doc_id"], own, view, clock)]
        if own.every_mail or row["domain"] == own.name:
            there = [one for one in given if one.segment < len(view.segments)]
            models = {one.task: one.model for one in given}
            found += map(_for_review, comply(row["doc_id"], own, view, there, models, clock))
    except OutOfTime:
        return Answered(row["doc_id"], row["uri"], None)
    return Answered(row["doc_id"], row["uri"], found)


def _for_review(row: Finding) -> Finding:
    """Let nobody fail for what was not found, as a run does of checks whose absences nobody has judged."""
    is_absent = row.verdict == "fail" and row.start_char is None and row.searched
    return replace(row, verdict="review") if is_absent else row


def _ask_new(out: str, own: domains.Domain, result: RulesDiff, watch: Callable[[int, int], None]) -> None:
    total, answered = answers(out, own)
    effects = {(rule.id, ""): Effect(rule.id, "new") for rule in own.flags}
    for one in answered:
        result.unfinished += one.rows is None
        _count(effects, one.uri, one.rows or [])
        result.read += 1
        watch(result.read, total)
    for rule in own.checks:
        if not any(effect.rule == rule.id for effect in effects.values()):
            effects[rule.id, ""] = Effect(rule.id, "new")
    result.effects += effects.values()


def _count(effects: dict[tuple[str, str], Effect], uri: str, found: Sequence[Flag | Finding]) -> None:
    seen = set()
    for row in found:
        rule, verdict = (row.code, "") if isinstance(row, Flag) else (row.check_id, row.verdict)
        effect = effects.setdefault((rule, verdict), Effect(rule, "new", verdict))
        effect.rows += 1
        if (rule, verdict) in seen:
            continue
        seen.add((rule, verdict))
        effect.documents += 1
        if len(effect.passages) < SHOWN:
            effect.passages.append((uri, row.evidence or "nothing found"))


def changes(out: str, overlay: Overlay) -> Iterator[Effect]:
    """Count the rows of the rules that an overlay switches off or changes."""
    for rule, change in overlay.changes.items():
        what = "off" if change.get("off") else "changed"
        has_rows = False
        for table, column, verdict in (("flags", "code", "''"), ("findings", "check_id", "t.verdict")):
            rows = ask(
                out,
                f"select {verdict} as verdict, count(*) as number, count(distinct doc_id) as documents,"
                f" list({{'uri': d.uri, 'evidence': coalesce(t.evidence, 'nothing found')}} order by doc_id)"
                f"[:{SHOWN}] as passages"
                f" from {table} t join documents d using (doc_id) where t.{column} = {quoted(rule)}"
                " group by all having count(*) > 0 order by all",
            ).rows()
            for row in rows:
                has_rows = True
                passages = [(one["uri"], one["evidence"]) for one in row["passages"]]
                yield Effect(rule, what, row["verdict"], row["number"], row["documents"], passages)
        if not has_rows:
            yield Effect(rule, what)


def _view(row: dict[str, Any]) -> domains.RuleInput:
    """Put a document together from its segments, as far as rules read one."""
    chars = min(row["chars"], BUDGET.rule_chars)
    segments = [
        Segment(
            row["doc_id"],
            number,
            segment["start"],
            segment["end"],
            tuple(segment["heading"]),
            segment["text"],
            segment["language"],
        )
        for number, segment in enumerate(row["segments"])
        if segment["end"] <= chars
    ]
    return domains.RuleInput(text_of(chars, segments), row["kind"], row["media_type"], segments)
