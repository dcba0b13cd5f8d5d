"""Run the stages on one document without Beam, and locate its evidence in the text.

Nothing is imported that takes seconds, such as Beam.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from docassay.domains.judged import judged
from docassay.observe.sanitize import UNSEEN
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import (
    SEVERITIES,
    Classification,
    DocumentRow,
    Finding,
    Flag,
    Reject,
    Result,
    Segment,
    Source,
)
from docassay.schemas.uris import Uri, whole_of
from docassay.storage.tables.file_systems import open_file
from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import PDF

if TYPE_CHECKING:
    from docassay.transforms.context import Context

LONG_CHARS = 6_000
"""A text longer than this, about two pages, is shown around its evidence only."""

CONTEXT_CHARS = 300
"""Characters shown before and after a piece of evidence in a long text, up to whole lines."""

CONTEXT_LINES = 3
"""Lines shown before and after it, within those characters, its own line included."""

ENGLISH_AROUND = 60
"""Characters of a translation shown before and after the English of the evidence, up to whole words."""

MOST_MARKS = 50
"""Most marks of one stretch; of more that cover the same words, the first are named."""

Removed = Sequence[Mapping[str, Any]]
"""What `docassay redact` removes from a document by default, as `views.redacted.mark` writes it."""

_URGENCY = ("fail", "review", "pass")


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of evidence with its number in the text: ``text[start:end]``."""

    number: int
    start: int
    end: int
    row: Flag | Finding


@dataclass(frozen=True, slots=True)
class Stretch:
    """A slice of a text in which the same marks hold.

    Attributes:
        marks: Those that cover it, by number, at most `MOST_MARKS`; empty where nothing was found.
    """

    start: int
    end: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """What one rule, or one label of a model, says of a document.

    Attributes:
        found: Its rows, which differ only in their evidence and, a model's, in their probability, each with
            its evidence in the text; those without any, where something is absent, come last.
    """

    found: list[tuple[Flag | Finding, Mark | None]]


def explain(
    uri: str,
    context: Context,
    kept: dict[str, bytes] | None = None,
    removed: dict[str, list[dict[str, Any]]] | None = None,
) -> Iterator[Result | Reject]:
    """Read, parse, detect, split, translate, assess and conclude one file, then each of its attachments.

    An attachment comes after the mail that carries it; a file that holds several documents gives each.

    Args:
        uri: A path, or an address that Beam's file systems know; or a document in a file, as the tables name
            it: an attachment of a mail, a line of a `.jsonl` file, a row of a `.parquet` file.
        context: The options, and the models, which are checked while the file is being parsed.
        kept: Where the content of each PDF is put, by its URI, before its result is given.
        removed: Where what `docassay redact` removes is put, by the URI of the document, before its result.

    Raises:
        models.catalog.ModelError: A model is not what its card says.
        domains.DomainError: A domain's folder is wrong.
    """
    from docassay.transforms import faults
    from docassay.transforms.detect import detect_language  # pages that are made of tables need none of these
    from docassay.transforms.isolation.parse import Parser
    from docassay.transforms.read import locate, read
    from docassay.transforms.stages import run_stages

    limits = context.options.limits
    named = locate(uri)
    unread = _source_of(named, context.options.text_column)
    source = unread if isinstance(unread, Reject) else read(unread, limits, open_file)
    if isinstance(source, Reject):
        yield source
        return
    whole, any_read = not named.is_inside, False
    with Parser(limits) as parser:
        waiting = [(source, parser.submit(source))]
        _ = context.reader, context.fallback_classifiers
        detect_language("Warm up while the document is being parsed.")
        while waiting:
            attached = []
            carrier, parsed = waiting.pop()
            outcomes = parsed.result()
            if removed is not None:
                from docassay.views.redaction_preview import previewed  # imports the tagger

                try:
                    removed |= previewed(carrier, outcomes, limits)
                except Exception as error:  # what is found by stages is shown all the same
                    faults.raise_if_not_of_document("redact", error)
                    faults.report("redact", "", carrier.uri, error)
            for outcome in outcomes:
                if isinstance(outcome, Source):
                    attached.append((outcome, parser.submit(outcome)))
                elif whole or str(named) in (outcome.uri, whole_of(outcome.uri)):
                    any_read = True
                    if kept is not None and isinstance(outcome, Document) and outcome.media_type == PDF:
                        kept[outcome.uri] = carrier.content or b""
                    yield from run_stages([outcome], context)
            waiting.extend(reversed(attached))
    if not any_read:
        yield Reject(None, uri, "read", "unreadable", f"{source.uri} has no such attachment or part")


def _source_of(named: Uri, text_column: str) -> Source | Reject:
    if not named.marks or named.is_inside:
        return Source(str(Uri(named.file)))
    from docassay.pipelines.sources import files  # imports Beam

    return files.find(str(named), text_column)


def part_of(document: DocumentRow) -> str:
    """Name the file that a document is a part of, and its pages there; ``""`` for what is no part."""
    whole = whole_of(document.uri)
    if whole is None or document.first_page is None:
        return whole or ""
    if document.first_page == document.last_page:
        return f"{whole}, page {document.first_page}"
    return f"{whole}, pages {document.first_page} to {document.last_page}"


def marks(result: Result, passed: bool = False) -> list[Mark]:
    """Number the evidence of flags and findings as it stands in the text.

    Args:
        result: The document.
        passed: That of checks that pass, too.
    """
    rows: list[tuple[int, int, Flag | Finding]] = [
        (row.start_char, row.end_char, row) for row in result.flags
    ]
    for row in result.findings:
        if row.start_char is None or row.end_char is None:
            continue
        if passed or row.verdict != "pass":
            rows.append((row.start_char, row.end_char, row))
    rows.sort(key=lambda entry: entry[:2])
    return [Mark(number, start, end, row) for number, (start, end, row) in enumerate(rows, start=1)]


def in_english(result: Result, mark: Mark) -> tuple[str, bool] | None:
    """Give the English of a piece of evidence, and whether a guard doubts it; None where there is none.

    A translation is of a whole segment. Of a long one the excerpt is given that stands about as far on in
    it as the evidence does in the original.
    """
    segment = next(
        (s for s in result.segments if s.start_char <= mark.start and mark.end <= s.end_char), None
    )
    row = next((t for t in result.translations if segment and t.segment == segment.segment), None)
    if segment is None or row is None:
        return None
    share = len(row.text) / max(1, segment.end_char - segment.start_char)
    start = max(0, round((mark.start - segment.start_char) * share) - ENGLISH_AROUND)
    end = min(len(row.text), round((mark.end - segment.start_char) * share) + ENGLISH_AROUND)
    start = row.text.rfind(" ", 0, start) + 1 if start else 0
    end = row.text.find(" ", end) if " " in row.text[end:] else len(row.text)
    excerpt = ("… " if start else "") + row.text[start:end] + (" …" if end < len(row.text) else "")
    return excerpt, row.guarded


def stretches(start: int, end: int, all_marks: Sequence[Mark]) -> list[Stretch]:
    """Cut ``text[start:end]`` into slices that do not overlap, with the marks that cover each.

    >>> flag = Flag("", "x", "low", None, 2, 5, "", "", "", "")
    >>> [(s.start, s.end, len(s.marks)) for s in stretches(0, 9, [Mark(1, 2, 5, flag), Mark(2, 4, 9, flag)])]
    [(0, 2, 0), (2, 4, 1), (4, 5, 2), (5, 9, 1)]
    """
    inside = sorted(
        (mark for mark in all_marks if max(start, mark.start) < min(end, mark.end)),
        key=lambda mark: mark.start,
    )
    cuts = {start, end}
    for mark in inside:
        cuts |= {max(start, mark.start), min(end, mark.end)}
    edges = sorted(cuts)
    cut: list[Stretch] = []
    covering: dict[int, Mark] = {}
    ends: dict[int, list[int]] = {}
    next_mark = 0
    for a, b in pairwise(edges):
        for place in ends.pop(a, ()):
            del covering[place]
        while next_mark < len(inside) and inside[next_mark].start <= a:
            covering[next_mark] = inside[next_mark]
            ends.setdefault(min(end, inside[next_mark].end), []).append(next_mark)
            next_mark += 1
        cut.append(Stretch(a, b, tuple(sorted(islice(covering.values(), MOST_MARKS), key=_number))))
    return cut


def passages(text: str, places: Sequence[tuple[int, int]], full: bool = False) -> list[tuple[int, int]]:
    """Choose what of a text is shown: all of a short one, else some slices with the lines around them.

    A long text without any is shown by its opening. Passages neither overlap nor touch.

    Args:
        text: The text.
        places: The slices, in order.
        full: Show all of it.
    """
    if full or len(text) <= LONG_CHARS:
        return [(0, len(text))]
    chosen: list[tuple[int, int]] = []
    for start, end in places:
        start, end = _before(text, start), _after(text, end)
        if chosen and start <= chosen[-1][1] + 1:
            chosen[-1] = (chosen[-1][0], max(end, chosen[-1][1]))
        else:
            chosen.append((start, end))
    return chosen or [(0, _after(text, LONG_CHARS // 4))]


def severest(rows: Sequence[Flag | Finding]) -> str:
    """Name the highest severity among rows."""
    return max((row.severity for row in rows), key=SEVERITIES.index)


def is_absence(row: Finding) -> bool:
    """Tell whether a check does not pass since something is not found; an official rule fails otherwise."""
    return row.verdict != "pass" and row.start_char is None and not is_official(row)


def is_official(row: Finding) -> bool:
    """Tell whether a finding is one of the official rules of electronic invoices."""
    return row.check_id.startswith("einvoice")


def absences(result: Result) -> list[Finding]:
    """List the checks whose evidence is absent, failures and the severer first: one thing to look at."""
    rows = [row for row in result.findings if is_absence(row)]
    return sorted(rows, key=lambda row: (_URGENCY.index(row.verdict), -SEVERITIES.index(row.severity)))


def open_with_evidence(result: Result) -> list[Finding]:
    """List the checks that do not pass because of what the document, or the invoice in it, says."""
    return [row for row in result.findings if row.verdict != "pass" and not is_absence(row)]


def groups(rows: Sequence[Flag | Finding], all_marks: Sequence[Mark]) -> list[EvidenceGroup]:
    """Group rows by the rule, or the label of a model, behind them, and by what it says of them.

    Failures come first, then the severer rows.
    """
    mark_of = {id(mark.row): mark for mark in all_marks}
    by_rule: dict[tuple[int, int, str, str, str], list[tuple[Flag | Finding, Mark | None]]] = {}
    for row in rows:
        verdict = _URGENCY.index(row.verdict) if isinstance(row, Finding) else 0
        key = (verdict, -SEVERITIES.index(row.severity), name(row), row.decided_by, row.why)
        by_rule.setdefault(key, []).append((row, mark_of.get(id(row))))
    return [
        EvidenceGroup(sorted(by_rule[key], key=lambda found: found[1] is None))
        for key in sorted(by_rule, key=lambda key: key[:2])
    ]


def name(row: Flag | Finding) -> str:
    """Name what a row says: a flag's code, or a finding's check."""
    return row.code if isinstance(row, Flag) else row.check_id


def reliability(row: Flag | Finding) -> str:
    """Format the published accuracy of the rule behind a row."""
    if not row.decided_by.startswith("rule "):
        return ""
    try:
        counts = judged(row.decided_by, row.verdict if isinstance(row, Finding) else "")
    except DomainError:  # of a domain that is not here
        return ""
    return str(counts) if counts else "accuracy not measured"


def labels(result: Result) -> list[tuple[Segment, list[Classification]]]:
    """List the segments that a model gave labels, with these."""
    by_segment: dict[int, list[Classification]] = {}
    for row in result.classifications:
        by_segment.setdefault(row.segment, []).append(row)
    return [(row, by_segment[row.segment]) for row in result.segments if row.segment in by_segment]


def chance(probability: float | None) -> str:
    """Write a probability with three decimals, never as certain; a rule's has none.

    >>> chance(0.9999), chance(0.25), chance(None)
    ('>0.999', '0.250', 'rule')
    """
    if probability is None:
        return "rule"
    if probability >= 0.9995:
        return ">0.999"
    return f"{probability:.3f}"


def as_json(outcome: Result | Reject, ascii_only: bool = False, removed: Removed | None = None) -> str:
    """Write everything known about a document as one line of JSON, with the fields in the order of the rows.

    What `docassay redact` removes follows the rows, where it was looked for.

    Times are ISO 8601; a reject is ``{"reject": {...}}``. Characters of `UNSEEN` are escaped, so that
    the line is harmless on a terminal.
    """
    value: dict[str, Any] = {"reject": asdict(outcome)} if isinstance(outcome, Reject) else asdict(outcome)
    if removed is not None:
        value["redaction"] = removed
    written = json.dumps(value, ensure_ascii=ascii_only, default=_iso_time)
    return UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], written)


def counted_values(removed: Removed) -> list[tuple[Mapping[str, Any], int]]:
    """Give of what is removed each value of a label once, and how often it stands; by label, then in order.

    >>> counted_values([{"label": "person", "text": "Lee"}, {"label": "person", "text": "Lee"}])
    [({'label': 'person', 'text': 'Lee'}, 2)]
    """
    times = Counter((row["label"], row["text"]) for row in removed)
    first = {(row["label"], row["text"]): row for row in reversed(removed)}
    return [(first[value], times[value]) for value in sorted(times, key=lambda value: value[0])]


def _before(text: str, offset: int) -> int:
    """Find where the lines before an offset begin, or a word where that is too far."""
    least = max(0, offset - CONTEXT_CHARS)
    head = text[least:offset]
    lines = head.split("\n")
    if len(lines) > CONTEXT_LINES:
        return offset - len("\n".join(lines[-CONTEXT_LINES:]))
    return least + head.find(" ") + 1 if least else 0


def _after(text: str, offset: int) -> int:
    tail = text[offset : offset + CONTEXT_CHARS]
    lines = tail.split("\n")
    if len(lines) > CONTEXT_LINES:
        return offset + len("\n".join(lines[:CONTEXT_LINES]))
    space = tail.rfind(" ")
    return offset + (space if space >= 0 and offset + len(tail) < len(text) else len(tail))


def _iso_time(value: object) -> str:
    assert isinstance(value, date)  # which times are, too
    return value.isoformat()


def _number(mark: Mark) -> int:
    return mark.number
