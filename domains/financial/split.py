"""Cut financial documents: items of filings, headers and quoted replies of mails, tables, paragraphs.

A document is cut at the starts of atoms (a heading, a paragraph, a run of table lines), and short
atoms under the same heading are joined. Page numbers and lines that recur on every page start
no part: they stay at the end of what they interrupt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docassay.domains import RuleInput
from docassay.domains.financial.headings import (
    ITEM_LEVEL,
    SPEAKER,
    STATEMENT,
    TOP,
    Line,
    contents_of,
    is_tabular,
    level_of,
    levels_of,
    read_lines,
    width_of,
)
from docassay.domains.mail.message import header_block
from docassay.domains.outline import Part, trimmed
from docassay.domains.patterns import compiled
from docassay.languages import headers

LEAST_WORDS = 40
"""A part shorter than this is joined to the next one under the same heading."""

MOST_CHARS = 1_000
"""Parts are not joined beyond this, the longest segment that is read without windows."""

_ITEM_NUMBER = compiled(r"(?i)\d{1,2}[A-C]?")
_ITEMS = compiled(r"(?i)items?\s+((?:\d{1,2}[A-C]?(?:\s*(?:,|and|&|or|through)\s*)*(?:items?\s+)?)+)")
_LAST_ITEMS = compiled(r"(?i)item\s+1[56]\b")
_BULLET = compiled(r"(?:[•●▪◦*–—-]|\(?[a-z0-9]{1,3}[.)])\s")
_REPLY = compiled(
    r"(?i)(?:on\b.{6,200}\bwrote:|am\b.{6,200}\bschrieb\b.{0,80}:|le\b.{6,200}\ba écrit\s?:)\s*$"
    r"|^\s*-{2,}\s*(?:original message|forwarded (?:message|by\b.*)|ursprüngliche nachricht|"
    r"message d.origine)\s*-*"
)
_REPLY_START = compiled(r"(?i)(?:on|am|le)\s.{6,120}$")
_HEADER = compiled(rf"(?i)(?:{'|'.join(sorted(headers()))})\s?:\s*\S")


@dataclass(frozen=True, slots=True)
class _Atom:
    """The start of a passage that is not cut further, with the headings above it."""

    start: int
    heading: tuple[str, ...]
    table: bool = False
    only_heading: bool = False


def split(view: RuleInput) -> list[Part]:
    """Cut a document into items, quoted replies, groups of table lines and paragraphs.

    Returns:
        Parts in order that do not overlap and together hold every character but white space. Parts are
        paragraphs where these have 40 words or more; shorter ones are joined up to 1,000 characters.
    """
    text = view.text
    body = header_block(text)
    if not body:
        return list(_packed(text, list(_paper(text, view.kind))))
    return list(_packed(text, [_Atom(0, ("Headers",)), *_mail(text, body)]))


def item_headings(text: str) -> list[tuple[str, int, int]]:
    """Find the headings of a filing's items, outside its table of contents.

    Returns:
        The item's number in lower case, such as ``1a``, and start and end of its heading, in order. A
        heading of several items, such as ``Items 1 and 2``, comes once for each.
    """
    lines = read_lines(text)
    levels = [level_of(line) for line in lines]
    contents = set(contents_of(lines, levels))
    headings = []
    for number, (line, level) in enumerate(zip(lines, levels, strict=True)):
        names = _ITEMS.match(line.bare) if level == ITEM_LEVEL and number not in contents else None
        if names:
            end = line.start + len(text[line.start : line.start + 1_000].splitlines()[0].rstrip())
            headings += [(name.lower(), line.start, end) for name in _ITEM_NUMBER.findall(names.group(1))]
    return headings


def _packed(text: str, atoms: Sequence[_Atom]) -> Iterator[Part]:
    """Join short atoms with the next one under the same heading, and trim what comes out."""
    if not atoms:
        return
    opening = replace(atoms[0], start=0)
    ends = [atom.start for atom in atoms[1:]] + [len(text)]
    end = ends[0]
    words = len(text[opening.start : end].split())
    for atom, atom_end in zip(atoms[1:], ends[1:], strict=True):
        size = len(text[atom.start : atom_end].split())
        fits = atom_end - opening.start <= MOST_CHARS
        alike = atom.heading == opening.heading and (
            opening.table if atom.table else words < LEAST_WORDS or size < LEAST_WORDS // 4
        )
        if opening.only_heading and _below(atom.heading, opening.heading):
            # A heading opens what follows it, however long that is.
            opening, words = replace(atom, start=opening.start), words + size
        elif alike and fits:
            words += size
        else:
            yield from _part(text, opening.start, end, opening.heading)
            opening, words = atom, size
        end = atom_end
    yield from _part(text, opening.start, end, opening.heading)


def _below(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return inner[: len(outer)] == outer


def _part(text: str, start: int, end: int, heading: tuple[str, ...]) -> Iterator[Part]:
    if text[start:end].strip():
        yield trimmed(text, start, end, heading)


def _paper(text: str, kind: str) -> Iterator[_Atom]:
    lines = read_lines(text)
    width = width_of(lines)
    levels = levels_of(lines, speeches=kind == "central_bank_statement")
    path: dict[int, str] = {}
    before: Line | None = None
    heading_before = statements = False
    for line, level in zip(lines, levels, strict=True):
        if level is not None:
            if STATEMENT.match(line.bare) and (_LAST_ITEMS.match(path.get(ITEM_LEVEL, "")) or statements):
                # Many filers print the statements of Item 8 behind the last item.
                level, statements = TOP, True
            elif level == ITEM_LEVEL:
                statements = False
            path = {n: title for n, title in path.items() if n < level}
            speaker = SPEAKER.match(line.bare) if kind == "central_bank_statement" else None
            path[level] = (speaker.group(1) if speaker else line.bare)[:200]
            yield _Atom(line.start, tuple(path[n] for n in sorted(path)), only_heading=speaker is None)
            heading_before = speaker is None
        elif before is None or heading_before or _opens(line, before, width):
            yield _Atom(line.start, tuple(path[n] for n in sorted(path)), table=line.table)
            heading_before = False
        before = line


def _opens(line: Line, before: Line, width: int) -> bool:
    """Tell whether a paragraph or a table begins at a line."""
    if line.table or before.table:
        return line.table != before.table or (line.after_blank and len(before.text) > 500)
    if line.after_blank:
        # A sentence that goes on behind a page's end is one paragraph.
        return not (line.text[0].islower() and before.text[-1] not in ".!?:")
    if _BULLET.match(line.text):
        return True
    ended = before.text[-1] in '.!?:;”")'
    return ended and (width == 0 or len(before.text) < 0.9 * width) and not line.text[0].islower()


def _mail(text: str, body: int) -> Iterator[_Atom]:
    """Cut a mail's body at paragraphs, tables and quoted replies."""
    heading: tuple[str, ...] = ("Message",)
    quoted_for_good = False
    lines: list[tuple[int, str]] = []
    position = body
    for line in text[body:].splitlines(keepends=True):
        lines.append((position, line.strip()))
        position += len(line)
    blank, table, marks = True, False, False
    for number, (start, line) in enumerate(lines):
        if not line:
            blank = True
            continue
        mark = _reply_mark(lines, number)
        if mark:
            heading = ("Quoted message", line[:200])
            quoted_for_good = quoted_for_good or not line.endswith(":")
            yield _Atom(start, heading)
        elif marks and not line.startswith(">") and not quoted_for_good:
            heading = ("Message",)
            yield _Atom(start, heading)
        elif line.startswith(">") and heading[0] == "Message":
            heading = ("Quoted message",)
            yield _Atom(start, heading)
        elif line in ("--", "-- ") and not quoted_for_good:
            heading = ("Signature",)
            yield _Atom(start, heading)
        elif blank or line == ">" or is_tabular(line) != table:
            yield _Atom(start, heading, table=is_tabular(line))
        blank, table, marks = False, is_tabular(line), line.startswith(">")


def _reply_mark(lines: Sequence[tuple[int, str]], number: int) -> bool:
    """Tell whether a line introduces a quoted message: also wrapped, or as a copy of its headers."""
    line = lines[number][1]
    if _REPLY.match(line.lstrip("> ")):
        return True
    following = [text for _, text in lines[number + 1 : number + 4]]
    if following and _REPLY_START.match(line) and _REPLY.match(f"{line} {following[0]}"):
        return True
    first = line.lower().partition(":")[0].rstrip() in headers("from") and ":" in line
    return first and sum(bool(_HEADER.match(text)) for text in following) >= 2
