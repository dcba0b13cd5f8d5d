"""Cut financial documents: items of filings, headers and quoted replies of mails, tables, paragraphs.

A document is cut at the starts of atoms (a heading, a paragraph, a run of table lines), and short
atoms under the same heading are joined. Page numbers and lines that come back on every page start
nothing: they stay at the end of what they interrupt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import re2

from domains import View
from domains.financial.mail import header_block
from domains.outline import Part

LEAST_WORDS = 40
"""A part shorter than this is joined to the next one under the same heading."""

MOST_CHARS = 1_000
"""Parts are not joined beyond this, the longest segment that is read without windows."""

_PART = re2.compile(r"(?i)part\s+(?:I{1,3}|IV)\b(?:[\s.,:—–-]+[A-Z][A-Za-z ]{0,60})?\W*$")
_ITEM = re2.compile(r"(?i)items?\s+(\d{1,2}(?:\.\d{2})?[A-C]?)\b[\s.:)—–-]*(.*)$")
_ITEM_NUMBER = re2.compile(r"(?i)\d{1,2}[A-C]?")
_MORE_ITEMS = re2.compile(r"(?i)^(?:\s*(?:,|and|&)\s*(?:items?\s+)?\d{1,2}[A-C]?[.:]?)+\s*")
_ITEMS = re2.compile(r"(?i)items?\s+((?:\d{1,2}[A-C]?(?:\s*(?:,|and|&|or|through)\s*)*(?:items?\s+)?)+)")
_CLOSING = re2.compile(r"(?i)(?:signatures?|exhibit (?:index|\d{1,3}(?:\.\d{1,3})?)|index to exhibits)\W*$")
_STATEMENT = re2.compile(
    r"(?i)(?:index to (?:consolidated )?financial statements|"
    r"report of independent registered public accounting firm|"
    r"(?:condensed )?consolidated (?:balance sheets?|statements? of [a-z ,’'()]{4,60})|"
    r"notes to (?:condensed )?consolidated financial statements)(?: \((?:continued|unaudited)\))?\W*$"
)
_LAST_ITEMS = re2.compile(r"(?i)item\s+1[56]\b")
_NOTE = re2.compile(r"(?i)note\s+\d{1,2}\s*[.:—–-]")
_MARKDOWN = re2.compile(r"(#{1,6})\s+\S")
_BOLD = re2.compile(r"(?:\*\*|__)[^*_]{2,120}(?:\*\*|__)\W{0,3}$")
_NUMBERED = re2.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z][^.!?;]{2,90}$")
_PAGE = re2.compile(r"(?i)(?:page\s+|[-–—]\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–—])?$")
_ENDS_IN_PAGE = re2.compile(r"(?:\.{3,}|\s)\s*\d{1,3}\s*\|?$")
_SPEAKER = re2.compile(
    r"(QUESTION|(?:CHAIR|MR|MS|MRS|VICE CHAIR|GOVERNOR|PRESIDENT)[A-Z]{0,5}\.? [A-Z][A-Z .'’-]{1,30}"
    r"|[A-Z]{3,15} (?:[A-Z]\. )?[A-Z][A-Z'’-]{2,20})[.:]\s"
)
_NUMBER = re2.compile(r"^[($€£~≥(]*[-–—]?\d[\d,.'’]*[%)xX]*$|^[-–—]+$|^\(?\d+\)?$|^[$€£]$")
_FIGURE_STARTS = frozenset("0123456789([$€£~≥-–—")
_COLUMNS = re2.compile(r"\S(?:\t| {3,})\S.*\S(?:\t| {3,})\S|^\|.*\||\S \| \S.* \| \S")
_DIGITS = re2.compile(r"\d+")
_DATE = re2.compile(
    r"(?i)\b(?:\d{1,2}\.? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|"
    r"dec)[a-z]{0,6}\.? \d{1,4}(?:, \d{4})?\b"
    r"|\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b"
)
_BULLET = re2.compile(r"(?:[•●▪◦*–—-]|\(?[a-z0-9]{1,3}[.)])\s")
_REPLY = re2.compile(
    r"(?i)(?:on\b.{6,200}\bwrote:|am\b.{6,200}\bschrieb\b.{0,80}:|le\b.{6,200}\ba écrit\s?:)\s*$"
    r"|^\s*-{2,}\s*(?:original message|forwarded (?:message|by\b.*)|ursprüngliche nachricht|"
    r"message d.origine)\s*-*"
)
_REPLY_START = re2.compile(r"(?i)(?:on|am|le)\s.{6,120}$")
_HEADER = re2.compile(
    r"(?i)(?:from|von|de|sent|gesendet|envoyé|date|datum|to|an|à|cc|subject|betreff|"
    r"objet)\s?:\s*\S"
)

_TOP, _ITEM_LEVEL, _MARKDOWN_LEVEL, _NUMBER_LEVEL, _PLAIN_LEVEL = 0, 1, 2, 8, 12


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is neither blank nor page furniture.

    Attributes:
        text: Stripped of white space.
        bare: Stripped of markdown marks as well.
        after_blank: A blank line or a page's end stands before it.
    """

    start: int
    text: str
    bare: str
    after_blank: bool
    table: bool


@dataclass(frozen=True, slots=True)
class _Atom:
    """The start of something that is not cut further, with the headings above it."""

    start: int
    heading: tuple[str, ...]
    table: bool = False
    only_heading: bool = False


def split(view: View) -> list[Part]:
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
    lines = _lines(text)
    marked = [_marked(line) for line in lines]
    contents = set(_contents(lines, marked))
    found = []
    for number, (line, level) in enumerate(zip(lines, marked, strict=True)):
        names = _ITEMS.match(line.bare) if level == _ITEM_LEVEL and number not in contents else None
        if names:
            end = line.start + len(text[line.start : line.start + 1_000].splitlines()[0].rstrip())
            found += [(name.lower(), line.start, end) for name in _ITEM_NUMBER.findall(names.group(1))]
    return found


def _packed(text: str, atoms: Sequence[_Atom]) -> Iterator[Part]:
    """Join short atoms with the next one under the same heading, and trim what comes out."""
    if not atoms:
        return
    at = replace(atoms[0], start=0)
    ends = [atom.start for atom in atoms[1:]] + [len(text)]
    end = ends[0]
    words = len(text[at.start : end].split())
    for atom, atom_end in zip(atoms[1:], ends[1:], strict=True):
        size = len(text[atom.start : atom_end].split())
        fits = atom_end - at.start <= MOST_CHARS
        alike = atom.heading == at.heading and (
            at.table if atom.table else words < LEAST_WORDS or size < LEAST_WORDS // 4
        )
        if at.only_heading and _below(atom.heading, at.heading):
            # A heading opens what follows it, however long that is.
            at, words = replace(atom, start=at.start), words + size
        elif alike and fits:
            words += size
        else:
            yield from _part(text, at.start, end, at.heading)
            at, words = atom, size
        end = atom_end
    yield from _part(text, at.start, end, at.heading)


def _below(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return inner[: len(outer)] == outer


def _part(text: str, start: int, end: int, heading: tuple[str, ...]) -> Iterator[Part]:
    piece = text[start:end]
    if piece.strip():
        yield Part(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()), heading)


# A paper: a filing, an invoice, a speech, a letter.


def _paper(text: str, kind: str) -> Iterator[_Atom]:
    lines = _lines(text)
    width = _width(lines)
    levels = _levels(lines, speeches=kind == "central_bank_statement")
    path: dict[int, str] = {}
    before: _Line | None = None
    heading_before = statements = False
    for line, level in zip(lines, levels, strict=True):
        if level is not None:
            if _STATEMENT.match(line.bare) and (_LAST_ITEMS.match(path.get(_ITEM_LEVEL, "")) or statements):
                # Many filers print the statements of Item 8 behind the last item.
                level, statements = _TOP, True
            elif level == _ITEM_LEVEL:
                statements = False
            path = {n: title for n, title in path.items() if n < level}
            spoken = _SPEAKER.match(line.bare) if kind == "central_bank_statement" else None
            path[level] = (spoken.group(1) if spoken else line.bare)[:200]
            yield _Atom(line.start, tuple(path[n] for n in sorted(path)), only_heading=spoken is None)
            heading_before = spoken is None
        elif before is None or heading_before or _opens(line, before, width):
            yield _Atom(line.start, tuple(path[n] for n in sorted(path)), table=line.table)
            heading_before = False
        before = line


@lru_cache(maxsize=2)
def _lines(text: str) -> tuple[_Line, ...]:
    """Read a text's lines, without blank ones and without what only a page needs.

    Splitting a filing and looking for its items both begin here, one after the other.
    """
    raw: list[tuple[int, str]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        raw.append((position, line.strip()))
        position += len(line)
    often = Counter(_undated(line) for _, line in raw if 0 < len(line) <= 90)
    lines: list[_Line] = []
    blank = True
    for number, (start, line) in enumerate(raw):
        if not line:
            blank = True
            continue
        at_edge = blank or number + 1 == len(raw) or not raw[number + 1][1]
        furniture = at_edge and (
            bool(_PAGE.match(line)) or (often[_undated(line)] >= 5 and not _ITEM.match(line))
        )
        if furniture and lines:
            blank = True
            continue
        lines.append(_Line(start, line, _bare(line), blank, _tabular(line)))
        blank = False
    return tuple(
        replace(line, table=True) if not line.table and _inside_table(lines, number) else line
        for number, line in enumerate(lines)
    )


def _bare(line: str) -> str:
    """Strip markdown marks, and the bars of a table row: a filing's heading is often a row of its own."""
    if line.startswith("|") or " | " in line:
        line = " ".join(cell.strip(" *") for cell in line[:400].split("|") if cell.strip(" *"))
    return line.replace("**", "").strip("#*_| \t")


def _undated(line: str) -> str:
    return str(_DIGITS.sub("0", line[:90]))


def _columns(line: str) -> bool:
    return ("\t" in line or "   " in line or "|" in line) and bool(_COLUMNS.search(line[:500]))


def _tabular(line: str) -> bool:
    """Tell a line of figures or columns."""
    if len(line) > 500:
        return False
    if _columns(line):
        return True
    if line[-1] == "." or len(_DIGITS.findall(line)) < 2:
        return False
    words = _DATE.sub("date", line).split()
    figures = [word for word in words if word[0] in _FIGURE_STARTS and _NUMBER.match(word)]
    numbers = sum(any(c.isdigit() for c in word) for word in figures)
    return numbers >= 2 and len(figures) >= 0.3 * len(words)


def _inside_table(lines: Sequence[_Line], number: int) -> bool:
    """Tell a label or a long row between two lines of figures, such as ``Current assets:``."""
    line = lines[number]
    if not 0 < number < len(lines) - 1 or line.after_blank:
        return False
    if not (lines[number - 1].table and lines[number + 1].table):
        return False
    return len(line.text) <= 60 or (len(line.text) <= 140 and line.text[-1] in "0123456789)—-")


def _width(lines: Sequence[_Line]) -> int:
    """Estimate how long a full line of prose is; 0 where each paragraph is one line."""
    lengths = sorted(len(line.text) for line in lines if not line.table)
    typical = lengths[len(lengths) * 9 // 10] if lengths else 0
    return typical if typical <= 250 else 0


def _opens(line: _Line, before: _Line, width: int) -> bool:
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


# Headings.


def _levels(lines: Sequence[_Line], *, speeches: bool) -> list[int | None]:
    """Give each line the level of heading that it is, or None."""
    marked = [_marked(line) for line in lines]
    contents = set(_contents(lines, marked))
    for number in contents:
        marked[number] = None
    if speeches:
        marked = [
            _PLAIN_LEVEL if level is None and _SPEAKER.match(line.bare) else level
            for line, level in zip(lines, marked, strict=True)
        ]
    for number in range(len(lines) - 1, -1, -1):
        if number in contents or marked[number] is not None:
            continue
        if _plain_heading(lines, marked, number) and number + 1 not in contents:
            marked[number] = _PLAIN_LEVEL
    return marked


def _marked(line: _Line) -> int | None:
    """Give the level of a heading that its own wording or markup gives away."""
    bare = line.bare
    if not bare or len(bare) > 220:
        return None
    if _PART.match(bare):
        return _TOP
    item = _ITEM.match(bare)
    if item and _is_item(item.group(2)):
        return _ITEM_LEVEL
    if line.table or " | " in line.text:
        return None
    if _CLOSING.match(bare):
        return _TOP
    hashes = _MARKDOWN.match(line.text)
    if hashes:
        return _MARKDOWN_LEVEL + len(str(hashes.group(1)))
    if _STATEMENT.match(bare) and bare[0].isupper():
        return _NUMBER_LEVEL
    if _BOLD.match(line.text) or (_NOTE.match(bare) and len(bare) < 120):
        return _NUMBER_LEVEL
    numbered = _NUMBERED.match(bare)
    if numbered and line.after_blank and len(bare.split()) <= 12:
        return _NUMBER_LEVEL + min(3, str(numbered.group(1)).count("."))
    return None


def _is_item(title: str) -> bool:
    """Tell ``Item 7. Management's Discussion`` from ``Item 7 of Part II says``: a title is capitalised."""
    words = _MORE_ITEMS.sub("", title).split()
    if not words:
        return True
    capitals = sum(word[0].isupper() for word in words)
    return words[0][0].isupper() and (len(words) <= 3 or capitals >= 0.4 * len(words))


def _contents(lines: Sequence[_Line], marked: Sequence[int | None]) -> Iterator[int]:
    """Find the lines of a table of contents: items close together, or with the page they are on."""
    items = [n for n, level in enumerate(marked) if level in (_TOP, _ITEM_LEVEL)]
    run: list[int] = []
    seen: set[tuple[str, str]] = set()
    part = ""
    for number in [*items, -1]:
        name = _name(lines[number].bare) if number >= 0 else ""
        part = name if number >= 0 and marked[number] == _TOP else part
        near = bool(run) and number >= 0 and _words_between(lines, run[-1], number) <= 6
        if not near or (part, name) in seen:
            if len(run) >= 4:
                yield from run
            run, seen = [], set()
        run.append(number)
        seen.add((part, name))
    for number in items:
        if _ITEM.match(lines[number].bare) and _ENDS_IN_PAGE.search(lines[number].bare):
            yield number


def _name(bare: str) -> str:
    """Give what an item or a part is called by, without its title.

    >>> _name("Item 1A. Risk Factors 6"), _name("PART II")
    ('1a', 'part ii')
    """
    item = _ITEM.match(bare)
    return (item.group(1) if item else " ".join(bare.split()[:2])).lower()


def _words_between(lines: Sequence[_Line], first: int, second: int) -> int:
    if second - first > 4:
        return 1_000
    return sum(len(lines[n].text.split()) for n in range(first + 1, second))


def _plain_heading(lines: Sequence[_Line], marked: Sequence[int | None], number: int) -> bool:
    """Tell a line in title case between paragraphs, with prose or another heading below it."""
    line = lines[number]
    if line.table or number + 1 == len(lines) or not _title_case(line.bare):
        return False
    under_prose = _prose(lines[number + 1])
    if number and not (line.after_blank or marked[number - 1] is not None):
        before = lines[number - 1]
        ended = before.text[-1] in '.!?:;”"' and not before.text.endswith(("Inc.", "Corp.", "Co."))
        if before.table or not ended:
            # The second of two headings, whose first is only found after this one.
            return _title_case(before.bare) and marked[number + 1] is None and under_prose
    return marked[number + 1] is not None or under_prose


def _title_case(bare: str) -> bool:
    if not 3 <= len(bare) <= 140 or not bare[0].isupper() or bare[-1] in ".,;:!?…_-/&":
        return False
    if any(mark in bare for mark in ("  ", "@", "__", "--")):
        return False
    words = bare.split()
    long = [word for word in words if len(word) >= 4 and word[0].isalpha()]
    if len(words) > 20 or not long or any(word[0].isdigit() for word in words):
        return False
    return sum(word[0].isupper() for word in long) >= 0.8 * len(long)


def _prose(line: _Line) -> bool:
    if line.table:
        return False
    return len(line.text.split()) >= 9 or (line.text[-1] == "." and line.text[0].isupper())


# A mail.


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
        elif blank or line == ">" or _tabular(line) != table:
            yield _Atom(start, heading, table=_tabular(line))
        blank, table, marks = False, _tabular(line), line.startswith(">")


def _reply_mark(lines: Sequence[tuple[int, str]], number: int) -> bool:
    """Tell the line that introduces a quoted message, also wrapped, or as a copy of its headers."""
    line = lines[number][1]
    if _REPLY.match(line.lstrip("> ")):
        return True
    following = [text for _, text in lines[number + 1 : number + 4]]
    if following and _REPLY_START.match(line) and _REPLY.match(f"{line} {following[0]}"):
        return True
    first = line.lower().startswith(("from:", "von:", "de :", "de:"))
    return first and sum(bool(_HEADER.match(text)) for text in following) >= 2
