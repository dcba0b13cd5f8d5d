"""Tell the headings of a financial text from its prose and its tables, line by line.

Filings number their items; reports set headings in capitals or on a line of their own, and a text that was
a PDF or a web page has lost every other mark. Lines of tables and of a table of contents are no headings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from docassay.domains.patterns import compiled

_PART = compiled(r"(?i)part\s+(?:I{1,3}|IV)\b(?:[\s.,:—–-]+[A-Z][A-Za-z ]{0,60})?\W*$")
_ITEM = compiled(r"(?i)items?\s+(\d{1,2}(?:\.\d{2})?[A-C]?)(?:\(T\)|\b)[\s.:)—–-]*(.*)$")
_MORE_ITEMS = compiled(r"(?i)^(?:\s*(?:,|and|&)\s*(?:items?\s+)?\d{1,2}[A-C]?[.:]?)+\s*")
_CLOSING = compiled(r"(?i)(?:signatures?|exhibit (?:index|\d{1,3}(?:\.\d{1,3})?)|index to exhibits)\W*$")
STATEMENT = compiled(
    r"(?i)(?:index to (?:consolidated )?financial statements|"
    r"report of independent registered public accounting firm|"
    r"(?:condensed )?consolidated (?:balance sheets?|statements? of [a-z ,’'()]{4,60})|"
    r"notes to (?:condensed )?consolidated financial statements)(?: \((?:continued|unaudited)\))?\W*$"
)
_NOTE = compiled(r"(?i)note\s+\d{1,2}\s*[.:—–-]")
_MARKDOWN = compiled(r"(#{1,6})\s+\S")
_BOLD = compiled(r"(?:\*\*|__)[^*_]{2,120}(?:\*\*|__)\W{0,3}$")
_NUMBERED = compiled(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[A-Z][^.!?;]{2,90}$")
_PAGE = compiled(r"(?i)(?:page\s+|[-–—]\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–—])?$")
_ENDS_IN_PAGE = compiled(r"(?:\.{3,}|\s)\s*\d{1,3}\s*\|?$")
SPEAKER = compiled(
    r"(QUESTION|(?:CHAIR|MR|MS|MRS|VICE CHAIR|GOVERNOR|PRESIDENT)[A-Z]{0,5}\.? [A-Z][A-Z .'’-]{1,30}"
    r"|[A-Z]{3,15} (?:[A-Z]\. )?[A-Z][A-Z'’-]{2,20})[.:]\s"
)
_NUMBER = compiled(r"^[($€£~≥(]*[-–—]?\d[\d,.'’]*[%)xX]*$|^[-–—]+$|^\(?\d+\)?$|^[$€£]$")
_FIGURE_STARTS = frozenset("0123456789([$€£~≥-–—")
_COLUMNS = compiled(r"\S(?:\t| {3,})\S.*\S(?:\t| {3,})\S|^\|.*\||\S \| \S.* \| \S")
_DIGITS = compiled(r"\d+")
_DATE = compiled(
    r"(?i)\b(?:\d{1,2}\.? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|"
    r"dec)[a-z]{0,6}\.? \d{1,4}(?:, \d{4})?\b"
    r"|\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b"
)
_LAST = frozenset(["14", "15", "16"])
"""The items that end an annual report."""

TOP, ITEM_LEVEL, _MARKDOWN_LEVEL, _NUMBER_LEVEL, _PLAIN_LEVEL = 0, 1, 2, 8, 12


@dataclass(frozen=True, slots=True)
class Line:
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


@lru_cache(maxsize=2)
def read_lines(text: str) -> tuple[Line, ...]:
    """Read a text's lines, without blank ones and without what only a page needs.

    Splitting a filing and looking for its items both begin here, one after the other.
    """
    raw: list[tuple[int, str]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        raw.append((position, line.strip()))
        position += len(line)
    occurrences = Counter(_undated(line) for _, line in raw if 0 < len(line) <= 90)
    lines: list[Line] = []
    blank = True
    for number, (start, line) in enumerate(raw):
        if not line:
            blank = True
            continue
        at_edge = blank or number + 1 == len(raw) or not raw[number + 1][1]
        furniture = at_edge and (
            bool(_PAGE.match(line)) or (occurrences[_undated(line)] >= 5 and not _ITEM.match(line))
        )
        if furniture and lines:
            blank = True
            continue
        lines.append(Line(start, line, _bare(line), blank, is_tabular(line)))
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


def is_tabular(line: str) -> bool:
    """Tell whether a line is one of figures or columns."""
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


def _inside_table(lines: Sequence[Line], number: int) -> bool:
    """Tell whether a line between two lines of figures is a label or a long row: ``Current assets:``."""
    line = lines[number]
    if not 0 < number < len(lines) - 1 or line.after_blank:
        return False
    if not (lines[number - 1].table and lines[number + 1].table):
        return False
    return len(line.text) <= 60 or (len(line.text) <= 140 and line.text[-1] in "0123456789)—-")


def width_of(lines: Sequence[Line]) -> int:
    """Estimate how long a full line of prose is; 0 where each paragraph is one line."""
    lengths = sorted(len(line.text) for line in lines if not line.table)
    typical = lengths[len(lengths) * 9 // 10] if lengths else 0
    return typical if typical <= 250 else 0


def levels_of(lines: Sequence[Line], *, speeches: bool) -> list[int | None]:
    """Give the heading level of each line, or None where it is no heading."""
    levels = [level_of(line) for line in lines]
    contents = set(contents_of(lines, levels))
    for number in contents:
        levels[number] = None
    if speeches:
        levels = [
            _PLAIN_LEVEL if level is None and SPEAKER.match(line.bare) else level
            for line, level in zip(lines, levels, strict=True)
        ]
    for number in range(len(lines) - 1, -1, -1):
        if number in contents or levels[number] is not None:
            continue
        if _plain_heading(lines, levels, number) and number + 1 not in contents:
            levels[number] = _PLAIN_LEVEL
    return levels


def level_of(line: Line) -> int | None:
    """Give the level of a heading that its own wording or markup gives away."""
    bare = line.bare
    if not bare or len(bare) > 220:
        return None
    if _PART.match(bare):
        return TOP
    item = _ITEM.match(bare)
    if item and _is_item(item.group(2)):
        return ITEM_LEVEL
    if line.table or " | " in line.text:
        return None
    if _CLOSING.match(bare):
        return TOP
    hashes = _MARKDOWN.match(line.text)
    if hashes:
        return _MARKDOWN_LEVEL + len(str(hashes.group(1)))
    if STATEMENT.match(bare) and bare[0].isupper():
        return _NUMBER_LEVEL
    if _BOLD.match(line.text) or (_NOTE.match(bare) and len(bare) < 120):
        return _NUMBER_LEVEL
    numbered = _NUMBERED.match(bare)
    if numbered and line.after_blank and len(bare.split()) <= 12:
        return _NUMBER_LEVEL + min(3, str(numbered.group(1)).count("."))
    return None


def _is_item(title: str) -> bool:
    """Tell whether a title follows, ``Item 7. Management's Discussion``, not ``Item 7 of Part II says``."""
    words = _MORE_ITEMS.sub("", title).split()
    if not words:
        return True
    capitals = sum(word[0].isupper() for word in words)
    return words[0][0].isupper() and (len(words) <= 3 or capitals >= 0.4 * len(words))


def contents_of(lines: Sequence[Line], levels: Sequence[int | None]) -> Iterator[int]:
    """Find the lines of a table of contents: items close together that come again, or with their page."""
    items = [n for n, level in enumerate(levels) if level in (TOP, ITEM_LEVEL)]
    names = {number: _name(lines[number].bare) for number in items}
    last = {name: number for number, name in names.items()}
    for run in _runs(lines, items, names):
        again = sum(last[names[number]] > run[-1] for number in run)
        if len(run) >= 4 and 2 * again >= len(run):
            yield from run
    for number in items:
        if _ITEM.match(lines[number].bare) and _ENDS_IN_PAGE.search(lines[number].bare):
            yield number


def _runs(lines: Sequence[Line], items: Sequence[int], names: Mapping[int, str]) -> Iterator[list[int]]:
    """Group items that stand close together; a group ends where the first part or item comes again."""
    run: list[int] = []
    seen: set[tuple[str, str]] = set()
    part = ""
    for number in items:
        name = names[number]
        part = name if name.startswith("part") else part
        near = bool(run) and _words_between(lines, run[-1], number) <= 6
        first = name == "part i" or (name == "1" and run and names[run[-1]] in _LAST)
        if run and (not near or first or (part, name) in seen):
            yield run
            run, seen = [], set()
        run.append(number)
        seen.add((part, name))
    if run:
        yield run


def _name(bare: str) -> str:
    """Give the name of an item or a part, without its title.

    >>> _name("Item 1A. Risk Factors 6"), _name("PART II")
    ('1a', 'part ii')
    """
    item = _ITEM.match(bare)
    return (item.group(1) if item else " ".join(bare.split()[:2])).lower()


def _words_between(lines: Sequence[Line], first: int, second: int) -> int:
    if second - first > 4:
        return 1_000
    return sum(len(lines[n].text.split()) for n in range(first + 1, second))


def _plain_heading(lines: Sequence[Line], levels: Sequence[int | None], number: int) -> bool:
    """Tell whether a line in title case stands between paragraphs, over prose or another heading."""
    line = lines[number]
    if line.table or number + 1 == len(lines) or not _title_case(line.bare):
        return False
    over_prose = _prose(lines[number + 1])
    if number and not (line.after_blank or levels[number - 1] is not None):
        before = lines[number - 1]
        ended = before.text[-1] in '.!?:;”"' and not before.text.endswith(("Inc.", "Corp.", "Co."))
        if before.table or not ended:
            # The second of two headings, whose first is only found after this one.
            return _title_case(before.bare) and levels[number + 1] is None and over_prose
    return levels[number + 1] is not None or over_prose


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


def _prose(line: Line) -> bool:
    if line.table:
        return False
    return len(line.text.split()) >= 9 or (line.text[-1] == "." and line.text[0].isupper())
