"""Cut medical documents into passages: note and label sections, billing tables, letters, abstracts.

A passage is a section, or a run of its paragraphs of about 40 to 250 words. What is still longer
afterwards (one endless paragraph) is left whole; windows are cut later, at sentence ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from docassay.domains import RuleInput
from docassay.domains.entries import read_toml
from docassay.domains.medical.dates import DATE
from docassay.domains.outline import Part, lines_of
from docassay.domains.patterns import compiled

_LEAST_WORDS = 40
_MOST_WORDS = 250
_GOOD_WORDS = 80

_NAMES = read_toml(Path(__file__).with_name("headings.toml"))
_SECTIONS = "|".join(name for names in _NAMES.values() for name in names)
SECTION = compiled(rf"(?i)^(?:{_SECTIONS})(?:[ \t]*\([^()]{{1,40}}\))?[ \t]*:?$")
_INLINE = compiled(rf"(?i)^({_SECTIONS})[ \t]*:[ \t]+\S")
_LEAD = compiled(r"^\(?(?:\d{1,2}|[IVX]{1,4})[.)][ \t]*")
_MOST_NAMES = 3
_NAME_WORDS = 5
_DICTATED = compiled(r"^([A-Z][A-Z /()&-]{2,50}),[ \t]*(?:\d{1,2}[.)]|[A-Z][a-z]|$)")
_ENTRY = compiled(
    r"(?i)^(?:[^:\n]{0,40} )?(?:notes?|visit|encounter|session|consultation|verlauf|visite)"
    rf"(?: (?:of|on|dated|vom|du))?[ ,–-]{{1,3}}{DATE}\b.{{0,20}}$"
)
_NUMBERED = compiled(r"^(\d{1,2})((?:\.\d{1,2})*)\.?[ \t]+([A-Z][^|\t]{2,150})$")
_TITLE_SIGNS = frozenset(" ,/&()'’-–:?")
_CAPITAL_SIGNS = _TITLE_SIGNS | frozenset(".;®")
_MARKDOWN = compiled(r"^(#{1,6})[ \t]+(\S.*)$")
_ABSTRACT = compiled(
    r"(?:^|[.!?)] )((?:BACKGROUND|INTRODUCTION|CONTEXT|OBJECTIVES?|AIMS?|PURPOSE|DESIGN|SETTING|PATIENTS"
    r"|PARTICIPANTS|INTERVENTIONS?|METHODS?|MATERIALS? AND METHODS|MAIN OUTCOME MEASURES?|RESULTS?|FINDINGS"
    r"|CONCLUSIONS?|DISCUSSION|TRIAL REGISTRATION|FUNDING)"
    r"(?:/[A-Z]+)?):"
)
_BULLET = compiled(r"^[ \t]*(?:[•·▪◦\x{f0b7}*–-]|\(?(?:[0-9]{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]|\[[a-z]+\])[ \t]")
_SENTENCE_END = compiled(r"[.!?:;][\"')\]]*[ \t]*$")
_DATED = compiled(r"^[ \t]*(?:\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2})\b")
_TABLE_ROW = compiled(r"\d.*(?:[$€£] ?\d|\d[.,]\d{2}[ \t|]*$|\t|\|| {3,})")
_TABLE_HEAD = compiled(
    r"(?i)\b(?:date|datum|code|cpt|hcpcs|description|units|qty|charge|amount|betrag|montant|prix)\b.{0,60}"
    r"\b(?:code|cpt|hcpcs|description|units|qty|charges?|amount|total|betrag|montant)\b"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank.

    Attributes:
        first: No line, or a blank one, stands before it.
    """

    start: int
    end: int
    text: str
    first: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring lines that stay together: a paragraph, a list item or a table."""

    start: int
    end: int
    words: int
    lines: int
    table: bool


def split(view: RuleInput) -> list[Part]:
    """Cut a document into passages with the path of section headings above each.

    Returns:
        Parts in order, not overlapping, that together hold every character but white space.
    """
    text = view.text
    lines = _lines(text)
    cuts = list(_headings(lines))
    if view.media_type == "message/rfc822":
        headers = _mail_headers(lines)
        cuts = headers + [cut for cut in cuts if cut[0] >= headers[-1][0]] if headers else cuts
    if not cuts or cuts[0][0] > 0:
        cuts.insert(0, (0, -1, (), ""))
    parts: list[Part] = []
    held: int | None = None
    for number, (start, level, heading, title) in enumerate(cuts):
        following = cuts[number + 1] if number + 1 < len(cuts) else None
        end = following[0] if following else len(text)
        masthead = number == 0 and level < 0 and following is not None and following[1] >= 0
        bare = level >= 0 and not text[start:end].strip().removesuffix(":")[len(title) :].strip(" \t\n#*:")
        if (masthead and len(text[start:end].split()) < _LEAST_WORDS // 4) or (
            bare and following and (following[1] > level or not SECTION.match(title))
        ):
            # A heading over headings, or a line or two of a letterhead: it opens what follows.
            held = start if held is None else held
            continue
        opening = start if held is None else held
        held = None
        parts += _passages(text, opening, end, heading)
    return parts


def _lines(text: str) -> list[_Line]:
    lines, blank = [], True
    for start, line in lines_of(text):
        if line.strip():
            lines.append(_Line(start, start + len(line), line, blank))
        blank = not line.strip()
    return lines


def _mail_headers(lines: list[_Line]) -> list[tuple[int, int, tuple[str, ...], str]]:
    """Make the headers that a mail's text starts with a part of their own: the body is another."""
    for before, line in pairwise(lines):
        if line.start > before.end + 1:
            return [(0, -1, (), ""), (line.start, -1, (), "")]
    return []


def _headings(lines: list[_Line]) -> Iterator[tuple[int, int, tuple[str, ...], str]]:
    """Find the starts of sections: offset, level, path of headings, own title."""
    path: dict[int, str] = {}
    for number, line in enumerate(lines):
        following = lines[number + 1].text if number + 1 < len(lines) else ""
        labels = list(_ABSTRACT.finditer(line.text)) if ":" in line.text else []
        heading = _heading(line, following) if len(labels) < 2 else None
        if heading:
            level, title = heading
            path = {n: name for n, name in path.items() if n < level}
            path[level] = title[:200]
            yield line.start, level, tuple(path[n] for n in sorted(path)), title
        else:
            for match in labels:
                path = {1: match[1]}
                yield line.start + match.start(1), 1, (match[1],), match[1]


def _heading(line: _Line, following: str) -> tuple[int, str] | None:
    """Tell whether a line is a heading, at which level, and its title; None for running text."""
    title = line.text.strip()
    if len(title) > 400:
        return None
    marked = _MARKDOWN.match(title)
    if marked:
        return len(marked[1]) - 1, marked[2].strip(" *#")
    title = title.strip("*").strip()
    if not title or not (title[0].isupper() or title[0].isdigit()):
        return None
    if len(title) <= 100 and _ENTRY.match(title):
        return 0, title
    inline = _INLINE.match(title)
    if inline:
        return 1, inline[1]
    dictated = _DICTATED.match(title)  # "PREOPERATIVE DIAGNOSES,1. Cholelithiasis."
    if dictated and SECTION.match(dictated[1]):
        return 1, dictated[1]
    if named := _numbered_or_double(title):
        return 1, named
    if len(title) > 160 or "|" in title or "\t" in title or "  " in title:
        return None
    if SECTION.match(title):
        return 1, title.rstrip(" \t:")
    numbered = _NUMBERED.match(title)
    if numbered:
        name = numbered[3]
        if numbered[2] and not name.endswith((".", ";", ",")):
            return 2, title
        if name.upper() == name or SECTION.match(name):
            return 1, title
        return None
    if _is_capitals(title) and not _DATED.match(following):  # a name above a date is a signature
        return 1, title.rstrip(":")
    words = len(following.split())
    prose = words >= 12 or (words >= 5 and bool(_SENTENCE_END.search(following[-40:])))
    if line.first and prose and _is_title(title) and not following.lstrip()[:1].islower():
        return 3, title.rstrip(":")
    return None


def _numbered_or_double(title: str) -> str | None:
    """Give the heading that a line begins with where it has a number, or two names at a slash.

    >>> _numbered_or_double("3) Medications: aspirin"), _numbered_or_double("Condition/Disposition: home")
    ('3) Medications', 'Condition/Disposition')
    >>> _numbered_or_double("1. Hypertension: stable"), _numbered_or_double("2. Findings were benign")
    (None, None)
    """
    lead = _LEAD.match(title)
    start = lead.end() if lead else 0
    name, colon, _ = title[start:].partition(":")
    names = [one.strip() for one in name.split("/")]
    if not lead and len(names) < 2:
        return None
    short = len(names) <= _MOST_NAMES and all(0 < len(one.split()) <= _NAME_WORDS for one in names)
    known = SECTION.match(name.strip()) or (short and any(SECTION.match(one) for one in names))
    return title[: start + len(name)].rstrip() if known and (colon or len(names) < 2 or short) else None


def _is_capitals(title: str) -> bool:
    letters = sum(char.isalpha() for char in title)
    return (
        4 <= letters <= len(title) <= 90
        and title.upper() == title
        and not title.endswith(".")
        and all(char.isalpha() or char in _CAPITAL_SIGNS for char in title)
    )


def _is_title(title: str) -> bool:
    return (
        3 <= len(title) <= 75
        and len(title.split()) <= 9
        and title[0].isupper()
        and all(char.isalpha() or char in _TITLE_SIGNS for char in title)
        and not title.endswith((",", "-"))
        and ":" not in title[:-1]
    )


def _passages(text: str, start: int, end: int, heading: tuple[str, ...]) -> Iterator[Part]:
    blocks = _blocks(text, start, end)
    groups: list[list[_Block]] = []
    words = 0
    for block in blocks:
        joined_words = words + block.words
        apart = bool(groups) and block.table != groups[-1][-1].table and words >= 12 and block.words >= 12
        title = words >= _LEAST_WORDS and _is_title(text[block.start : block.end])
        wanted = words < _GOOD_WORDS or block.words < _LEAST_WORDS // 2
        if groups and wanted and not apart and not title and joined_words <= _MOST_WORDS:
            groups[-1].append(block)
            words = joined_words
        else:
            groups.append([block])
            words = block.words
    if len(groups) > 1 and words < _LEAST_WORDS and not groups[-1][0].table:
        before = sum(block.words for block in groups[-2])
        if before + words <= _MOST_WORDS and groups[-2][-1].table == groups[-1][0].table:
            last = groups.pop()
            groups[-1] += last
    for group in groups:
        yield Part(group[0].start, group[-1].end, heading)


def _blocks(text: str, start: int, end: int) -> list[_Block]:
    """Cut a section at blank lines and at the edges of tables, long paragraphs at items and sentences."""
    blocks: list[_Block] = []
    paragraph: list[tuple[int, str]] = []
    for position, line in (*lines_of(text[start:end], start), (end, "")):
        if line.strip():
            paragraph.append((position, line))
        elif paragraph:
            blocks += _paragraph(paragraph)
            paragraph = []
    return _tables_joined(blocks)


def _paragraph(lines: list[tuple[int, str]]) -> list[_Block]:
    rows = [bool(_TABLE_ROW.search(line[:300])) for _, line in lines]
    for n, (_, line) in enumerate(lines[:-1]):
        rows[n] = rows[n] or (rows[n + 1] and bool(_TABLE_HEAD.search(line[:300])))
    whole = sum(len(line.split()) for _, line in lines) <= _MOST_WORDS
    runs: list[list[tuple[int, str]]] = []
    words = 0
    for n, (position, line) in enumerate(lines):
        size = len(line.split())
        if rows[n] and n and rows[n - 1]:
            starts = words + size > _MOST_WORDS  # a table is cut between rows, and only where it is long
        else:
            starts = n == 0 or rows[n] != rows[n - 1] or (not whole and _opens(line, lines[n - 1][1]))
        if starts:
            runs.append([])
            words = 0
        words += size
        runs[-1].append((position, line))
    blocks = []
    n = 0
    for run in runs:
        blocks.append(_block(run, rows[n]))
        n += len(run)
    return blocks


def _opens(line: str, before: str) -> bool:
    """Tell whether a line begins an item, or a sentence after one that ended with its line."""
    first = line.lstrip()[:1]
    return bool(_BULLET.match(line[:40])) or (first.isupper() and bool(_SENTENCE_END.search(before[-40:])))


def _block(lines: list[tuple[int, str]], table: bool) -> _Block:
    (first, opening), (last, closing) = lines[0], lines[-1]
    return _Block(
        start=first + len(opening) - len(opening.lstrip()),
        end=last + len(closing.rstrip()),
        words=sum(len(line.split()) for _, line in lines),
        lines=len(lines),
        table=table,
    )


def _tables_joined(blocks: list[_Block]) -> list[_Block]:
    """Take a lone line with numbers for prose: a table has two rows or more."""
    joined = []
    for n, block in enumerate(blocks):
        beside = (n > 0 and blocks[n - 1].table) or (n + 1 < len(blocks) and blocks[n + 1].table)
        joined.append(replace(block, table=block.table and (block.lines > 1 or beside)))
    return joined
