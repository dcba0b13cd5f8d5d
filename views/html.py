"""Write a document explained as one HTML file: no script, nothing fetched, no text taken for markup."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from html import escape

from docassay.observe.sanitize import UNSEEN, line
from docassay.schemas.rows import Finding, Flag, Reject, Result
from docassay.schemas.uris import parse_attachment
from docassay.transforms.drawing import Picture
from docassay.views.explain import (
    EvidenceGroup,
    Mark,
    chance,
    groups,
    in_english,
    labels,
    marks,
    name,
    part_of,
    passages,
    reliability,
    severest,
    stretches,
)
from docassay.views.sheets import STYLE, sheets, tip

_STYLE = """
:root { color-scheme: light dark;
  --paper: light-dark(#fdfcf9, #16181c); --sheet: light-dark(#ffffff, #1e2126);
  --ink: light-dark(#1d2128, #e4e6ea); --soft: light-dark(#5c6470, #9aa3b0);
  --line: light-dark(#dcdfe4, #353a43); --link: light-dark(#1f5fa8, #86b8f3);
  --critical: light-dark(#f9b4b0, #7d211f); --high: light-dark(#ffcf9c, #74420d);
  --medium: light-dark(#fbe79a, #5f5108); --low: light-dark(#cbe4fb, #1d4568);
  --bad: light-dark(#b3261e, #ff8f86); --doubt: light-dark(#8f5a00, #f0b44c);
  --good: light-dark(#1c6e3a, #74cf95);
  --sans: system-ui, sans-serif; --serif: Charter, Georgia, serif; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; overflow-wrap: anywhere;
  background: var(--paper); color: var(--ink); font: 16px/1.5 var(--sans); }
article { margin-bottom: 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft);
  border-bottom: 1px solid var(--line); margin: 2rem 0 .75rem; padding-bottom: .25rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1.25rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
a { color: var(--link); } small, .soft { color: var(--soft); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
@media (min-width: 62rem) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }
.text { background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: 1rem 1.25rem;
  font: 15px/1.65 var(--serif); white-space: pre-wrap; unicode-bidi: plaintext; }
.gap { display: block; font: italic .85rem var(--sans); color: var(--soft); text-align: center;
  border-block: 1px dashed var(--line); margin: .9rem 0; padding: .15rem; }
mark { color: inherit; padding: .05em .1em; border-radius: 3px; }
mark:has(:target), li:target { outline: 2px solid var(--link); outline-offset: 2px; }
mark a { font: 600 .7em var(--sans); text-decoration: none; vertical-align: super; padding: 0 .15em; }
.critical { background: var(--critical); } .high { background: var(--high); }
.medium { background: var(--medium); } .low { background: var(--low); }
.severity { font-size: .75rem; font-weight: 600; border-radius: 3px; padding: .1rem .4rem; }
.flagged, .fail { color: var(--bad); font-weight: 700; } .review { color: var(--doubt); font-weight: 700; }
.clear, .pass { color: var(--good); font-weight: 700; }
.found { margin: 0 0 1.1rem; } .found h3 { font-size: 1rem; margin: 0; }
.found p { margin: .15rem 0; } .found ul { list-style: none; margin: .25rem 0; padding: 0; }
.found li { padding: .1rem .25rem; }
q { font-family: var(--serif); font-style: italic; }
.unseen { font: .7em ui-monospace, monospace; border: 1px solid currentColor; border-radius: 3px;
  padding: 0 .2em; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
td { border-top: 1px solid var(--line); padding: .25rem .75rem .25rem 0; vertical-align: top; }
summary { cursor: pointer; color: var(--link); }
@media print { body { max-width: none; padding: 0; } .columns { display: block; } }
"""

_QUOTE_CHARS = 400


def page(
    outcomes: Sequence[Result | Reject],
    full: bool = False,
    pictures: Mapping[str, Sequence[Picture]] | None = None,
) -> str:
    """Write what `explain` gave as one page, light or dark as the reader's system is.

    Args:
        outcomes: The document and its attachments.
        full: Show all of long texts.
        pictures: Pages that were drawn, by the document's URI.
    """
    title = "" if not outcomes else _title(outcomes[0])
    body = "\n".join(
        "".join(
            _rejected(outcome)
            if isinstance(outcome, Reject)
            else _explained(outcome, f"d{n}-", full, (pictures or {}).get(outcome.uri, ()))
        )
        for n, outcome in enumerate(outcomes, start=1)
    )
    # Should anything ever slip through unescaped, the policy keeps it from running or fetching.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_line(title)} · docassay</title>
<style>{_STYLE}{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _title(outcome: Result | Reject) -> str:
    if isinstance(outcome, Reject):
        return outcome.uri
    return outcome.document.title or outcome.document.uri.rpartition("/")[2]


def _rejected(reject: Reject) -> Iterator[str]:
    yield f"<article><h1>{_line(reject.uri)}</h1>"
    yield f'<p><span class="fail">rejected</span> in {_line(reject.stage)}: {_line(reject.reason)}, '
    yield f"{_line(reject.detail)}</p></article>"


def _explained(result: Result, prefix: str, full: bool, pictures: Sequence[Picture]) -> Iterator[str]:
    all_marks = marks(result)
    drawn = {picture.page for picture in pictures}
    yield f"<article><h1>{_line(_title(result))}</h1>"
    yield from _header(result)
    yield '<div class="columns">'
    if pictures:
        yield "<section><h2>Pages</h2>"
        yield from sheets(pictures, all_marks, prefix)
        yield "</section>"
    yield "<section><h2>Text</h2>"
    yield from _text(result, all_marks, prefix, full)
    yield "</section><section>"
    yield f"<h2>Signs of fraud: {len(result.flags) or 'none found'}</h2>"
    for group in groups(result.flags, all_marks):
        yield from _group(group, prefix, result, drawn)
    yield from _findings(result, all_marks, prefix, drawn)
    yield "</section></div>"
    yield from _personal(result)
    yield from _labels(result)
    yield "</article>"


def _header(result: Result) -> Iterator[str]:
    document = result.document
    attached = parse_attachment(document.uri)
    content = f"{document.media_type} · characters: {document.chars:,} · segments: {document.segments:,}"
    if document.event_time:
        content += f" · {document.event_time:%Y-%m-%d %H:%M} UTC"
    rows = [
        ("Status", f'<span class="{document.status}">{document.status}</span> · risk {document.risk:.3f}'
                   " <small>(0 to 1, to sort by; not a probability)</small>"),
        ("Because", _line(", ".join(document.reasons))),
        ("Not asked", "<br>".join(_line(question) for question in document.not_asked or ())),
        ("Domain", f"<b>{_line(document.domain)}</b> {chance(document.domain_probability)}"
                   f" · kind {_line(document.kind or 'not told')}"
                   f" · language {_line(document.language)} {chance(document.language_probability)}"),
        ("File", _line(document.uri)),
        ("Attached", f"number {_line(attached[1])} of {_line(attached[0])}" if attached else ""),
        ("Part of", _line(part_of(document))),
        ("Content", _line(content)),
        ("doc_id", f"<small>{_line(document.doc_id)}</small>"),
    ]  # fmt: skip
    yield "<dl>"
    yield from (f"<dt>{term}</dt><dd>{value}</dd>" for term, value in rows if value)
    yield "</dl>"


def _text(result: Result, all_marks: Sequence[Mark], prefix: str, full: bool) -> Iterator[str]:
    shown_to = 0
    text = result.text
    yield '<div class="text">'
    for start, end in passages(text, all_marks, full):
        if start > shown_to:
            yield _left_out(start - shown_to)
        for stretch in stretches(start, end, all_marks):
            piece = _escaped(text[stretch.start : stretch.end])
            if not stretch.marks:
                yield piece
                continue
            rows = [mark.row for mark in stretch.marks]
            tips = escape("\n".join(dict.fromkeys(tip(mark) for mark in stretch.marks)))
            # The first slice of a piece of evidence is where the list leads, the last one leads to the list.
            starts = "".join(
                f'<span id="{prefix}e{m.number}"></span>' for m in stretch.marks if m.start == stretch.start
            )
            ends = "".join(
                f'<a href="#{prefix}n{m.number}">{m.number}</a>'
                for m in stretch.marks
                if m.end == stretch.end
            )
            yield f'<mark class="{severest(rows)}" title="{tips}">{starts}{piece}{ends}</mark>'
        shown_to = end
    if shown_to < len(text):
        yield _left_out(len(text) - shown_to)
    yield "</div>"


def _left_out(chars: int) -> str:
    return f'<span class="gap">{chars:,} characters not shown (--full shows all)</span>'


def _group(group: EvidenceGroup, prefix: str, result: Result, drawn: Container[int]) -> Iterator[str]:
    row = group.row
    verdict = f'<span class="{row.verdict}">{row.verdict}</span> ' if isinstance(row, Finding) else ""
    yield f'<div class="found"><h3>{verdict}<span class="severity {row.severity}">{row.severity}</span> '
    yield f"{_line(name(row))}</h3><p>{_line(row.why)}</p><ul>"
    for mark in group.marks:
        probability = chance(mark.row.probability) if isinstance(mark.row, Flag) else ""
        evidence = _line(mark.row.evidence or "", _QUOTE_CHARS)
        evidence = f"<q>{evidence}</q>"
        if mark.row.page in drawn:
            evidence += f' <a href="#{prefix}p{mark.row.page}">page {mark.row.page}</a>'
        elif mark.row.page:
            evidence += f' <span class="soft">page {mark.row.page}</span>'
        yield f'<li id="{prefix}n{mark.number}"><a href="#{prefix}e{mark.number}">{mark.number}</a> '
        yield f'<span class="soft">{probability if probability != "rule" else ""}</span> {evidence}'
        english = in_english(result, mark)
        if english:
            caption = "in English, doubtful" if english[1] else "in English"
            quote = _line(english[0], _QUOTE_CHARS)
            yield f'<br><span class="soft">{caption}</span> <q lang="en">{quote}</q>'
        yield "</li>"
    yield "</ul>"
    if isinstance(row, Finding) and not group.marks:
        headings = "".join(f"<li>{_line(heading)}</li>" for heading in row.searched)
        yield f"<details><summary>searched, not found: {len(row.searched) or 1} places</summary>"
        yield f"<ul>{headings or '<li>the whole text</li>'}</ul></details>"
    said = " · ".join(filter(None, [row.decided_by, reliability(row), row.source]))
    yield f"<p><small>{_line(said)}</small></p></div>"


def _findings(result: Result, all_marks: Sequence[Mark], prefix: str, drawn: Container[int]) -> Iterator[str]:
    findings = result.findings
    passed = [row for row in findings if row.verdict == "pass"]
    not_passed = [row for row in findings if row.verdict != "pass"]
    number = len({row.check_id for row in findings})
    yield f"<h2>Compliance checks: {number or 'none applies'}</h2>"
    for group in groups(not_passed, all_marks):
        yield from _group(group, prefix, result, drawn)
    if passed:
        yield f"<details{'' if not_passed else ' open'}><summary>{len(passed)} passed</summary><table>"
        for row in passed:
            quote = f"<q>{_line(row.evidence, 120)}</q>" if row.evidence else ""
            quote += f" page {row.page}" if row.page else ""
            yield f'<tr><td><span class="pass">pass</span> {_line(row.check_id)}<br>{quote}'
            yield f" <small>{_line(row.source)}</small></td></tr>"
        yield "</table></details>"


def _personal(result: Result) -> Iterator[str]:
    if not result.entities:
        return
    yield "<h2>Personal data (? the model is not sure)</h2><ul>"
    for row in result.entities:
        yield f"<li>{_line(row.label)} <q>{_line(row.text)}</q>{'?' if row.abstained else ''}</li>"
    yield "</ul>"


def _labels(result: Result) -> Iterator[str]:
    if not result.classifications:
        return
    yield "<h2>Labels</h2><details><summary>Each segment's labels (? the model is not sure)</summary><table>"
    for segment, rows in labels(result):
        heading = " › ".join(segment.heading) or f"“{segment.text[:80]}”"
        labelled = ", ".join(
            f"{_line(row.label)}{'?' if row.abstained else ''} {chance(row.probability)}" for row in rows
        )
        yield f"<tr><td>{_line(heading, 200)}</td><td>{labelled}</td></tr>"
    yield "</table></details>"


def _line(text: str, most: int = 0) -> str:
    return escape(line(text, most))


def _escaped(text: str) -> str:
    pieces: Iterable[str] = UNSEEN.split(text)
    hidden = [f'<span class="unseen">U+{ord(char):04X}</span>' for char in UNSEEN.findall(text)] + [""]
    return "".join(escape(piece) + mark for piece, mark in zip(pieces, hidden, strict=True))
