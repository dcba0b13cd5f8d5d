"""DOCX to text: paragraphs as lines, with the numbers that Word shows before them, tables row by row.

Written here because the legal domain splits by the numbers of clauses, and the available libraries
drop them or run words together at tabs. After ECMA-376 part 1, sections 17.3 to 17.9.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lxml import etree

from docassay.transforms.formats import Limits, Read, Unusable, archive, plain, xml
from docassay.transforms.formats.grids import MOST_SPAN, Grid
from docassay.transforms.formats.media_types import DOC, DOCX, RTF

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig


MEDIA_TYPES = frozenset({DOCX, DOC, RTF})
SIGNATURES = {rb"{\rtf": RTF}

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_BETWEEN = " | "
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a Word document: its body, then its footnotes and endnotes; an older or RTF document by kreuzberg.

    Deleted text of tracked changes is left out, inserted text is in; headers and footers, which
    repeat on every page, are left out.

    Raises:
        Unusable: Not a zip, damaged, a zip bomb, encrypted, without text, or longer than `Limits.chars`; or
            kreuzberg is not installed.
    """
    if media_type != DOCX:
        return _read_legacy(content, limits, media_type)
    with archive.opened(content, "DOCX") as opened:
        body = _part(opened, _main(opened))
        if body is None:
            raise Unusable("malformed", "a DOCX without word/document.xml")
        styles, numbering = _part(opened, "word/styles.xml"), _part(opened, "word/numbering.xml")
        notes = [_part(opened, f"word/{name}.xml") for name in ("footnotes", "endnotes")]
        core = _part(opened, "docProps/core.xml")
    writer = _Writer(_Numbering(numbering, styles), limits)
    writer.blocks(body)
    for note in notes:
        if note is not None:
            writer.notes(note)
    title = core.findtext(f".//{_TITLE}") if core is not None else None
    return Read("\n".join(writer.lines), title=title, tables=writer.grid.tables(writer.lines))


def _main(opened: zipfile.ZipFile) -> str:
    names = set(opened.namelist())
    if "word/document.xml" in names:
        return "word/document.xml"
    return next((n for n in sorted(names) if n.startswith("word/document") and n.endswith(".xml")), "")


def _part(opened: zipfile.ZipFile, name: str) -> etree._Element | None:
    content = archive.read(opened, name)
    return None if content is None else xml.tree(content.replace(_STRICT[1:-1].encode(), _W[1:-1].encode()))


@dataclass(slots=True)
class _Level:
    start: int = 1
    style: str = "decimal"
    shown: str = ""


@dataclass(slots=True)
class _Numbering:
    """The numbers of numbered paragraphs, counted as Word counts them (ECMA-376-1, 17.9)."""

    definitions: etree._Element | None
    styles: etree._Element | None
    _lists: dict[str, tuple[str, dict[int, _Level]]] = field(default_factory=dict)
    _of_style: dict[str, tuple[str | None, int | None, str | None]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for style in self.styles.iter(f"{_W}style") if self.styles is not None else ():
            number, level = _numbered(style.find(f"{_W}pPr"))
            based = style.find(f"{_W}basedOn")
            self._of_style[style.get(f"{_W}styleId", "")] = (number, level, _val(based))
        if self.definitions is None:
            return
        abstract = {a.get(f"{_W}abstractNumId", ""): a for a in self.definitions.iter(f"{_W}abstractNum")}
        linked = {_val(a.find(f"{_W}styleLink")): a for a in abstract.values()}
        for number in self.definitions.iter(f"{_W}num"):
            name = _val(number.find(f"{_W}abstractNumId")) or ""
            definition = abstract.get(name)
            if definition is not None:
                link = _val(definition.find(f"{_W}numStyleLink"))
                definition = linked.get(link, definition) if link else definition
                name = definition.get(f"{_W}abstractNumId", name)
            levels = _levels(definition)
            restarted = False
            for override in number.iter(f"{_W}lvlOverride"):
                i = _int(override.get(f"{_W}ilvl"), 0)
                start = _val(override.find(f"{_W}startOverride"))
                if start is not None:
                    levels.setdefault(i, _Level()).start = _int(start, 1)
                    restarted = True
                for inner in override.iter(f"{_W}lvl"):
                    levels[i] = _level(inner)
            key = number.get(f"{_W}numId", "")
            # Lists of one definition count on together, unless one of them restarts.
            self._lists[key] = (f"{name}/{key}" if restarted else name, levels)

    def label(self, properties: etree._Element | None) -> str:
        """Give the number shown before the next paragraph with these properties, or ``""``."""
        number, level = _numbered(properties)
        style = _val(properties.find(f"{_W}pStyle")) if properties is not None else None
        seen: set[str] = set()
        while style is not None and style not in seen and (number is None or level is None):
            seen.add(style)
            of_style, level_of_style, based = self._of_style.get(style, (None, None, None))
            number = number if number is not None else of_style
            level = level if level is not None else level_of_style
            style = based
        if number is None or number == "0" or number not in self._lists:
            return ""
        counter, levels = self._lists[number]
        level = level or 0
        counts = self._counts.setdefault(counter, {})
        counts[level] = counts.get(level, levels.get(level, _Level()).start - 1) + 1
        for deeper in [i for i in counts if i > level]:
            del counts[deeper]
        shown = levels.get(level, _Level(style="none")).shown
        if levels.get(level, _Level()).style == "bullet":
            return "•"
        for i in range(level + 1):
            if f"%{i + 1}" in shown:
                numbered_level = levels.get(i, _Level())
                shown = shown.replace(
                    f"%{i + 1}", _count(counts.setdefault(i, numbered_level.start), numbered_level.style)
                )
        return shown.strip()


class _Writer:
    def __init__(self, numbering: _Numbering, limits: Limits) -> None:
        self.lines: list[str] = []
        self._numbering = numbering
        self._limits = limits
        self._chars = 0
        self.grid = Grid()
        self._table = 0

    def blocks(self, parent: etree._Element) -> None:
        """Write the paragraphs and tables of a body, a text box or a content control, in order."""
        for block in _blocks(parent):
            if block.tag == f"{_W}p":
                self._add(self._paragraph(block), gap=True)
            else:
                self._table += 1
                for row in block.iter(f"{_W}tr"):
                    if next(row.iterancestors(f"{_W}tbl"), None) is block:
                        self._row(row)
                self._add("", gap=True)

    def notes(self, part: etree._Element) -> None:
        for note in part:
            if note.get(f"{_W}type") in ("separator", "continuationSeparator", "continuationNotice"):
                continue
            text = " ".join(filter(None, (self._paragraph(p) for p in _paragraphs(note))))
            if text:
                self._add(f"[{note.get(f'{_W}id', '')}] {text}", gap=True)

    def _row(self, row: etree._Element) -> None:
        cells: list[list[str]] = []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr"), None) is row:
                cells.append([text for p in _paragraphs(cell) if (text := self._paragraph(p).strip())])
                span = _int(_val(cell.find(f"{_W}tcPr/{_W}gridSpan")), 1)
                cells += [[]] * (min(span, MOST_SPAN) - 1)
        filled = [cell for cell in cells if cell]
        if len(filled) == 1:  # a row for layout, or a heading across the table
            for line in filled[0]:
                self._add(line)
        elif filled:
            written = [" ".join(" ".join(cell).split()) for cell in cells]
            self._add(_BETWEEN.join(filter(None, written)))
            self.grid.line(self._table, len(self.lines) - 1, written, _BETWEEN)

    def _paragraph(self, paragraph: etree._Element) -> str:
        label = self._numbering.label(paragraph.find(f"{_W}pPr"))
        text = "".join(_text(paragraph))
        return f"{label} {text}" if label and text.strip() else text

    def _add(self, text: str, gap: bool = False) -> None:
        """Add a line; paragraphs are set apart by one empty line, rows of a table are not."""
        text = text.strip("\n").rstrip()
        if text:
            self.lines.append(text)
        if gap and self.lines and self.lines[-1]:
            self.lines.append("")
        self._chars += len(text) + 1
        if self._chars > self._limits.chars:
            raise Unusable("too_long", f"more than {self._limits.chars:,} characters of text")


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Find the outermost paragraphs and tables below `parent`, in order."""
    stack = [parent]
    while stack:
        element = stack.pop()
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag not in (f"{_W}del", f"{_W}moveFrom", f"{_W}sectPr"):
            stack.extend(reversed(element))


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    """Find the paragraphs below `parent` that are in no other one; `_text` reads those of a text box."""
    return (p for p in parent.iter(f"{_W}p") if next(p.iterancestors(f"{_W}p"), None) is None)


def _text(paragraph: etree._Element) -> Iterator[str]:
    """Give the pieces of a paragraph's text; deleted text and repeated fallbacks are skipped."""
    stack = list(reversed(paragraph))
    while stack:
        element = stack.pop()
        tag = element.tag
        if tag == f"{_W}t":
            yield element.text or ""
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            yield "\t"
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
            yield f"[{element.get(f'{_W}id', '')}]"
        elif tag == f"{_W}p":  # a text box anchored in the paragraph
            yield "\n"
            stack.extend(reversed(element))
        elif tag == _ALTERNATE:
            stack.extend(reversed(element[:1]))  # the choice; the fallback says the same again
        elif tag not in (f"{_W}pPr", f"{_W}rPr", f"{_W}del", f"{_W}moveFrom", f"{_W}instrText"):
            stack.extend(reversed(element))


def _numbered(properties: etree._Element | None) -> tuple[str | None, int | None]:
    inner = properties.find(f"{_W}numPr") if properties is not None else None
    if inner is None:
        return None, None
    level = _val(inner.find(f"{_W}ilvl"))
    return _val(inner.find(f"{_W}numId")), _int(level, 0) if level is not None else None


def _levels(definition: etree._Element | None) -> dict[int, _Level]:
    if definition is None:
        return {}
    return {_int(e.get(f"{_W}ilvl"), 0): _level(e) for e in definition.iter(f"{_W}lvl")}


def _level(element: etree._Element) -> _Level:
    return _Level(
        start=_int(_val(element.find(f"{_W}start")), 1),
        style=_val(element.find(f"{_W}numFmt")) or "decimal",
        shown=(_val(element.find(f"{_W}lvlText")) or "")[:60],
    )


def _val(element: etree._Element | None) -> str | None:
    return element.get(f"{_W}val") if element is not None else None


def _int(text: str | None, default: int) -> int:
    try:
        return min(max(int(text or default), 0), 99_999)
    except ValueError:
        return default


def _count(number: int, style: str) -> str:
    """Write a number as the list's format has it (ECMA-376-1, 17.18.59).

    >>> [_count(4, style) for style in ("decimal", "lowerLetter", "upperRoman", "decimalZero")]
    ['4', 'd', 'IV', '04']
    """
    if style in ("lowerLetter", "upperLetter") and number > 0:
        # After z comes aa, then bb: the letter is repeated (17.18.59).
        letters = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 20)
        return letters.upper() if style == "upperLetter" else letters
    if style in ("lowerRoman", "upperRoman") and 0 < number < 4_000:
        roman = ""
        for value, digits in _ROMAN:
            roman += digits * (number // value)
            number %= value
        return roman.lower() if style == "lowerRoman" else roman
    if style == "decimalZero":
        return f"{number:02}"
    return "" if style == "none" else str(number)


_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


_LINE_END = re.compile(r"[ \t\r]+\n")
_SECTOR = 512
_WORD_97, _WORD_95 = b"\xec\xa5", b"\xdc\xa5"
"""What the stream of a document begins with, at the beginning of a sector (MS-DOC, 2.5.2)."""
_ENCRYPTED = 1
"""The bit of its twelfth byte that says that a password is needed."""


def _read_legacy(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read RTF or an old Word document by kreuzberg, a Rust library, which the extra `ocr` installs.

    It extracts only the text: no cache on disk, no post-processing (which would join lines and drop repeated
    ones), one thread.
    """
    if find_spec("kreuzberg") is None:
        detail = f"{media_type} is read with the extra `ocr`: pip install '.[ocr]'"
        raise Unusable("unsupported_media_type", detail)
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(content, media_type, _config())
    except kreuzberg.KreuzbergError as error:
        raise _unusable(str(error), media_type, content) from None
    if plain.is_blank(plain.clean(result.content)):
        raise Unusable("no_text", "there is no text in it")
    title = result.metadata.get("title")
    return Read(
        plain.bounded(_LINE_END.sub("\n", result.content), limits),
        title=title.strip() or None if isinstance(title, str) else None,
    )


@cache
def _config() -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
        content_filter=kreuzberg.ContentFilterConfig(
            include_headers=True, include_footers=True, strip_repeating_text=False, include_watermarks=True
        ),
    )


def _unusable(error: str, media_type: str, content: bytes) -> Unusable:
    line = " ".join(error.split())[:200]
    starts = [content[at : at + 12] for at in range(0, len(content), _SECTOR)] if media_type == DOC else []
    if any(start.startswith(_WORD_95) for start in starts):
        return Unusable("unsupported_media_type", "a document of Word 6 or 95; save it as DOCX")
    locked = any(start.startswith(_WORD_97) and start[-1] & _ENCRYPTED for start in starts)
    if locked or "password" in error.lower() or "encrypted" in error.lower():
        return Unusable("encrypted", "a password is needed to open it; save it without one")
    if "unsupported" in error.lower():
        return Unusable("unsupported_media_type", f"{media_type}: {line}")
    return Unusable("malformed", f"not a readable {media_type}: {line}")
