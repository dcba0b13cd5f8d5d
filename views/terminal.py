"""Render an explained document on a terminal; its text is never markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from docassay.observe.sanitize import line, visible
from docassay.schemas.rows import VERDICTS, Finding, Flag, Reject, Result
from docassay.schemas.uris import parse_attachment
from docassay.views.explain import (
    EvidenceGroup,
    Mark,
    Removed,
    absences,
    chance,
    counted_values,
    groups,
    in_english,
    is_absence,
    labels,
    marks,
    name,
    open_with_evidence,
    part_of,
    passages,
    reliability,
    severest,
    stretches,
)
from docassay.views.facts import more_said, said, several_patients
from docassay.views.labels import VERDICTS as VERDICT_LABELS
from docassay.views.labels import counted, day

STYLES: Mapping[str, str] = {
    "critical": "bold white on red3",
    "high": "black on orange1",
    "medium": "black on khaki1",
    "low": "black on light_sky_blue1",
    "flagged": "bold red3",
    "fail": "bold red3",
    "review": "bold dark_orange3",
    "not_checked": "bold grey50",
    "clear": "bold green4",
    "pass": "bold green4",
}

QUOTE_CHARS = 240
"""Characters of a piece of evidence in the lists; the text marks all of it."""

LABELLED_SEGMENTS = 40
"""Segments of a long document whose labels are shown."""

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def render(
    outcome: Result | Reject, console: Console, full: bool = False, removed: Removed | None = None
) -> None:
    """Print a document with its evidence marked, then what was found; or why it was rejected.

    Where the console has no colour, evidence stands between ⟦ and ⟧.

    Args:
        outcome: What `explain` gave.
        console: Where to print.
        full: Show all of a long text, and the labels of all of its segments.
        removed: What `docassay redact` removes, where it was looked for.
    """
    parts = rejected(outcome) if isinstance(outcome, Reject) else explained(outcome, console, full, removed)
    for part in parts:
        console.print(part, highlight=False)
    console.print()


def rejected(reject: Reject) -> Iterator[RenderableType]:
    """Show an input that could not be used."""
    yield _title(reject.uri)
    yield Text.assemble(
        ("rejected", STYLES["fail"]), f" in {reject.stage}: {reject.reason}, {line(reject.detail)}"
    )


def explained(
    result: Result, console: Console, full: bool, removed: Removed | None = None
) -> Iterator[RenderableType]:
    """Show a document: what it is, its text, signs of fraud, checks, labels."""
    all_marks = marks(result)
    yield _title(result.document.title or result.document.uri.rpartition("/")[2])
    yield _header(result)
    if result.facts:
        yield _rule("facts (? not sure)")
        if several := several_patients(result.facts):
            yield Text(several, style="yellow")
        yield _facts(result)
    yield _rule("text")
    yield from _text(result.text, all_marks, console, full)
    yield _rule(f"signs of fraud: {len(result.flags) or 'none found'}")
    for group in groups(result.flags, all_marks):
        yield _group(group, result)
    yield _rule(_checks(result.findings))
    for group in groups(open_with_evidence(result), all_marks):
        yield _group(group, result)
    if absent := absences(result):
        yield _absent(absent)
    yield from _passed([row for row in result.findings if row.verdict == "pass"], console)
    if result.entities:
        yield _rule("personal data in the tables (? the model is not sure)")
        yield _personal(result)
    if removed is not None:
        yield _rule(f"what redact removes by default: {len(removed) or 'nothing'}")
        yield _removed(removed)
    if result.classifications:
        yield _rule("labels (? the model is not sure)")
        yield from _labels(result, full)


def status(word: str) -> Text:
    """Format a status in its colour."""
    return Text(word, style=STYLES[word])


def _verdict(word: str) -> Text:
    return Text(VERDICT_LABELS[word], style=STYLES[word])


def _title(title: str) -> RenderableType:
    return Rule(Text(line(title, 200), style="bold"), align="left", characters="═")


def _rule(title: str) -> RenderableType:
    return Rule(Text(title), style="dim", align="left")


def _header(result: Result) -> Table:
    document = result.document
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("file", Text(line(document.uri)))
    if attached := parse_attachment(document.uri):
        parent, number = attached
        grid.add_row("attached", Text(f"attachment {number} of {line(parent)}"))
    if whole := part_of(document):
        grid.add_row("part of", Text(line(whole)))
    content = [document.media_type, f"characters: {document.chars:,}", f"segments: {document.segments:,}"]
    if own := day(document):
        content.append(own)
    grid.add_row("content", Text(line(" · ".join(content))))
    domain = Text.assemble((document.domain, "bold"), f" {chance(document.domain_probability)}")
    domain.append(f" · document type {document.kind or 'unknown'}")
    domain.append(f" · language {document.language} {chance(document.language_probability)}")
    grid.add_row("domain", domain)
    verdict = status(document.status)
    verdict.append(
        f" · risk {document.risk:.3f} (0 to 1, for sorting; not a probability)", style="not bold default"
    )
    grid.add_row("status", verdict)
    if document.reasons:
        grid.add_row("because", Text(line(", ".join(document.reasons))))
    for question in document.not_asked or ():
        grid.add_row("skipped", Text(line(question, 500)))
    grid.add_row("doc_id", Text(document.doc_id, style="dim"))
    return grid


def _facts(result: Result) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    before = ""
    for fact in said(result):
        value = Text(
            f"{fact.value}{'?' if fact.abstained else ''}", style="dim" if fact.abstained else "bold"
        )
        beside = (fact.role, f"or {fact.alternative}" if fact.alternative else "", fact.place)
        value.append(f" {', '.join(filter(None, beside))}", style="not bold dim")
        grid.add_row("" if fact.title == before else line(fact.title, 60), value)
        before = fact.title
    if more := more_said(result.facts):
        grid.add_row("", Text(f"{more:,} more in the table facts", style="dim"))
    return grid


def _text(text: str, all_marks: Sequence[Mark], console: Console, full: bool) -> Iterator[RenderableType]:
    colour = console.color_system is not None and not console.no_color
    shown = passages(text, [(mark.start, mark.end) for mark in all_marks], full)
    shown_to = 0
    for start, end in shown:
        if start > shown_to:
            yield _left_out(start - shown_to)
        yield _passage(text, start, end, all_marks, colour)
        shown_to = end
    if shown_to < len(text):
        yield _left_out(len(text) - shown_to)


def _left_out(chars: int) -> Text:
    return Text(f"⋮ {chars:,} characters not shown (--full shows all)", style="dim italic")


def _passage(text: str, start: int, end: int, all_marks: Sequence[Mark], colour: bool) -> Text:
    shown = Text()
    for stretch in stretches(start, end, all_marks):
        opened = [mark for mark in stretch.marks if mark.start == stretch.start]
        closed = [mark for mark in stretch.marks if mark.end == stretch.end]
        style = STYLES[severest([mark.row for mark in stretch.marks])] if stretch.marks else ""
        if not colour:
            shown.append("⟦" * len({mark.end for mark in opened}))
        shown.append(visible(text[stretch.start : stretch.end]), style)
        # Marks that began first end outermost; those of the same place share their bracket.
        for mark_start in sorted({mark.start for mark in closed}, reverse=True):
            numbers = "˒".join(superscript(mark.number) for mark in closed if mark.start == mark_start)
            shown.append(numbers if colour else f"⟧{numbers}", "bold" if colour else "")
    return shown


def superscript(number: int) -> str:
    """Write a number in superior figures."""
    return str(number).translate(_SUPERSCRIPT)


def _group(group: EvidenceGroup, result: Result) -> RenderableType:
    row = group.found[0][0]
    head = Text()
    if isinstance(row, Finding):
        head.append_text(_verdict(row.verdict)).append(" ")
    head.append(f" {row.severity} ", STYLES[row.severity]).append(" ").append(name(row), "bold")
    body: list[RenderableType] = [Text(line(row.why))]
    for mark in (mark for _, mark in group.found if mark):
        body.append(_quote(mark))
        english = in_english(result, mark)
        if english:
            caption = "  in English, may be unreliable " if english[1] else "  in English "
            body.append(Text.assemble((caption, "dim"), (f"“{line(english[0], QUOTE_CHARS)}”", "italic")))
    said = [line(row.decided_by), reliability(row), line(row.source)]
    body.append(Text(" · ".join(filter(None, said)), style="dim"))
    return Group(head, Padding(Group(*body), (0, 0, 1, 4)))


def _absent(rows: Sequence[Finding]) -> RenderableType:
    """Show what a document does not state as it should, as one thing to look at."""
    head = _verdict(rows[0].verdict)
    head.append(f" {counted(len(rows), 'required statement')} not found", "bold default")
    body: list[RenderableType] = []
    for row in rows:
        named = _verdict("fail").append(" ") if row.verdict == "fail" else Text()
        named.append(f" {row.severity} ", STYLES[row.severity]).append(" ").append(name(row), "bold")
        said = [line(row.decided_by), reliability(row), line(row.source)]
        body.append(named.append(f" {line(row.why)}", "not bold default"))
        body.append(Text(" · ".join(filter(None, said)), style="dim"))
    for searched in dict.fromkeys(row.searched for row in rows):
        body.append(Text(f"searched: {line('; '.join(searched), QUOTE_CHARS) or 'the whole text'}"))
    return Group(head, Padding(Group(*body), (0, 0, 1, 4)))


def _quote(mark: Mark) -> Text:
    row = mark.row
    evidence = line(row.evidence or "", QUOTE_CHARS)
    certainty = chance(row.probability) if isinstance(row, Flag) else row.decided_by.split(" ")[0]
    page = f" page {row.page}" if row.page else ""
    return Text.assemble(
        (superscript(mark.number), "bold"), f" {certainty:6} ", (f"“{evidence}”", "italic"), (page, "dim")
    )


def _checks(findings: Sequence[Finding]) -> str:
    if not findings:
        return "compliance checks: none apply"
    shown = [row for row in findings if not is_absence(row)]
    by_verdict = {word: {row.check_id for row in shown if row.verdict == word} for word in VERDICTS}
    counts = [f"{len(ids)} {VERDICT_LABELS[word]}" for word, ids in by_verdict.items()]
    if absent := len(findings) - len(shown):
        counts.append(f"{absent} not found")
    return f"compliance checks: {' · '.join(counts)}"


def _passed(findings: Sequence[Finding], console: Console) -> Iterator[RenderableType]:
    for row in findings:
        shown = _verdict("pass").append(f"  {row.check_id}", "not bold default")
        if row.evidence:
            shown.append(f" “{line(row.evidence, 40)}”", "not bold italic default")
        shown.append(f" {line(row.source)}", "not bold dim default")
        shown.truncate(console.width, overflow="ellipsis")
        yield shown


def _personal(result: Result) -> Text:
    by_label: dict[str, dict[str, None]] = {}
    for row in result.entities:
        by_label.setdefault(row.label, {})[f"“{line(row.text, 60)}”{'?' if row.abstained else ''}"] = None
    shown = Text()
    for label in sorted(by_label):
        shown.append("\n" if shown else "").append(label, "bold").append(f" {', '.join(by_label[label])}")
    return shown


def _removed(removed: Removed) -> Text:
    shown, before = Text(), ""
    for row, times in counted_values(removed):
        if row["label"] == before:
            shown.append(", ")
        else:
            shown.append("\n" if before else "").append(line(row["label"]), "bold").append(" ")
        shown.append(f"“{line(row['text'], QUOTE_CHARS)}”{f' × {times}' if times > 1 else ''}")
        before = row["label"]
    return shown


def _labels(result: Result, full: bool) -> Iterator[RenderableType]:
    labelled = labels(result)
    shown = labelled if full else labelled[:LABELLED_SEGMENTS]
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=3, overflow="fold")
    grid.add_column(ratio=2, overflow="fold")
    for segment, rows in shown:
        heading = " › ".join(segment.heading) or f"“{line(segment.text, 60)}”"
        row_labels = Text()
        for row in rows:
            row_labels.append(", " if row_labels else "")
            mark = "?" if row.abstained else ""
            row_labels.append(f"{row.label}{mark} {chance(row.probability)}", "dim" if row.abstained else "")
        grid.add_row(Text(line(heading, 160)), row_labels)
    yield grid
    if len(shown) < len(labelled):
        yield Text(f"⋮ {len(labelled) - len(shown):,} more segments (--full shows all)", style="dim italic")
