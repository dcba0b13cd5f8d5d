"""HTML to text as a browser shows it: blocks on lines of their own, table rows with `` | ``.

The parser is libxml2's, used as a stream of events: no tree is built, so 10,000 nested tags cost
no stack and 50 MB of markup little memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from lxml import etree

from docassay.transforms.formats import Limits, Read, Unusable, plain, xbrl
from docassay.transforms.formats.grids import OpenCells
from docassay.transforms.formats.media_types import HTML
from docassay.transforms.formats.styles import Declarations, Look, look, sheets_applied

MEDIA_TYPES = frozenset({HTML})

_PARAGRAPHS = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre", "section",
     "article", "header", "footer", "main", "hr", "form", "fieldset"]
)  # fmt: skip
_LINES = frozenset(
    ["div", "li", "tr", "dt", "dd", "br", "address", "caption", "center", "figure", "figcaption", "nav",
     "aside", "option", "legend", "title", "body", "html", "thead", "tbody", "tfoot", "details", "summary"]
)  # fmt: skip
DROPPED = frozenset(
    ["script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math",
     "select", "datalist"]
)  # fmt: skip
"""Elements of which nothing is shown as text."""
_PREFORMATTED = frozenset(["pre", "textarea", "xmp", "listing", "plaintext"])
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_ADDRESS = re.compile(r"<(?=[^<>\s]*[@:])")
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_URL = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[^\W\d_]{2,})(?:[/:?#]|$)", re.IGNORECASE)
_TARGETS = ("http:", "https:", "//", "mailto:", "data:")
_LONGEST_TARGET = 200
_LONGEST_WORDS = 200
_LINK_PIECES = 50


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read an HTML page: its title, and its text without scripts, styles and hidden parts.

    Lines of data before it, as templates of pages have, stay lines.

    Raises:
        Unusable: The text is longer than `Limits.chars`.
    """
    markup = plain.decode(content, declared_charset(content))
    if begins := plain.front_matter(markup):
        data = _ADDRESS.sub("&lt;", markup[:begins].strip())
        markup = f"<pre>{data}</pre>{markup[begins:]}"
    page, _ = convert(markup, limits)
    return replace(page, embedded_values=xbrl.of_cover(markup))


def declared_charset(content: bytes) -> str | None:
    """Name the charset that a page says it is in."""
    declared = _CHARSET.search(content[:4096])
    return declared.group(1).decode("ascii", "ignore") if declared else None


def convert(
    markup: str,
    limits: Limits,
    targets: bool = False,
    page_type: type[Page] | None = None,
) -> tuple[Read, set[str]]:
    """Convert markup that is already decoded.

    Args:
        markup: The page.
        limits: Bounds the length of its text.
        targets: Keep what leads out of the page, as a mail needs it: the target of every link, picture with a
            link and form in angle brackets after its words, and the words that stand for a picture;
            `domains.mail.message.links` finds them in the text. Otherwise only the target of a link whose
            text shows another address.
        page_type: Writes its lines; by default as a browser shows them.

    Returns:
        The page, and the hosts that its links to the web lead to.

    Raises:
        Unusable: The text is longer than `Limits.chars`, or no style sheet can be applied to it.
    """
    # A surrogate cannot be encoded; NUL ends a C string.
    encoded = markup.replace("\x00", "\ufffd").encode("utf-8", "replace")
    try:
        declared = sheets_applied(markup, encoded)
    except RecursionError:
        raise Unusable("malformed", "its style sheets or elements are nested without end") from None
    page = (page_type or Page)(limits, targets, declared)
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
    try:
        etree.fromstring(encoded, parser)
    except etree.LxmlError:
        # Markup that libxml2 gives up on still gave its text up to there; an empty page gives none.
        if not page.lines:
            raise Unusable("malformed", "the HTML cannot be read") from None
    title = _SPACE.sub(" ", "".join(page.title)).strip() or None
    tables = page.cells.grid.tables(page.lines) if page.lines and page.lines[0] else ()
    return Read("\n".join(page.lines).strip("\n"), title=title, tables=tables), page.hosts


class Page:
    """Receives libxml2's events and writes lines.

    A requested line break is written only when text follows, so that empty blocks leave no gaps
    and the cells of a row, which are often blocks themselves, can be joined.
    """

    def __init__(self, limits: Limits, targets: bool, declared: Sequence[Declarations]) -> None:
        """Begin a page of which style sheets declare these for each element; see `convert`."""
        self.lines: list[str] = []
        self._line: list[str] = []
        self._break = 0
        self._space = False
        self._chars = 0
        self._limits = limits
        self._targets = targets
        self._declared = iter(declared)
        self._looks = [Look()]  # of each open element
        self.hosts: set[str] = set()
        self._dropped = 0
        self._preformatted = 0
        self.title: list[str] = []
        self._in_title = False
        self._rows: list[int] = []  # the line that each open table row begins on, -1 before its first word
        self._cell = False
        self.cells = OpenCells()
        self._line_chars = 0
        self._links: list[tuple[str, list[str]]] = []  # target and text of each open link
        self._forms: list[str] = []  # target of each open form
        self._shown: set[str] = set()  # the words of pictures, and the targets, that are written

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        """Begin an element."""
        tag = tag.lower()
        self._in_title = tag == "title" and not self.title
        declared = next(self._declared, {})
        if self._dropped:
            self._dropped += 1
            return
        looks = look(self._looks[-1], attrib, declared)
        if tag in DROPPED or looks is None:
            self._dropped = 1
            return
        self._looks.append(looks)
        if tag in ("td", "th"):
            self._start_cell()
            self.cells.start_cell(attrib.get("colspan"), attrib.get("rowspan"))
        elif tag == "tr":
            self._request_break(1)
            self._rows.append(-1)
            self.cells.start_row()
        elif tag in _PARAGRAPHS:
            self._request_break(2)
        elif tag in _LINES:
            self._request_break(1)
        if tag == "table":
            self.cells.start_table()
        if tag in _PREFORMATTED:
            self._preformatted += 1
        if tag == "a":
            self._links.append((attrib.get("href") or "", []))
        elif self._targets:
            self._start_shown(tag, attrib)

    def end(self, tag: str) -> None:
        """End an element."""
        tag = tag.lower()
        self._in_title = False
        if self._dropped:
            self._dropped -= 1
            return
        if len(self._looks) > 1:
            self._looks.pop()
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag == "form" and self._forms:
            self._end_link(self._forms.pop(), ["form"])
        if tag in _PREFORMATTED and self._preformatted:
            self._preformatted -= 1
        if tag == "table":
            self.cells.end_table()
        if tag == "tr":
            self._end_row()
        elif tag in _PARAGRAPHS:
            self._request_break(2)
        elif tag in _LINES and tag != "br":
            self._request_break(1)

    def data(self, data: str) -> None:
        """Write text."""
        if self._in_title:
            self.title.append(data)
        if self._dropped or self._in_title or not self._looks[-1].is_seen:
            return
        if self._preformatted:
            self._write_preformatted(data)
            return
        words = _SPACE.sub(" ", data)
        if words.startswith(" "):
            self._space = True
            words = words[1:]
        if not words:
            return
        ends = words.endswith(" ")
        self._write(words[:-1] if ends else words)
        self._space = ends

    def close(self) -> None:
        """End the page."""
        self._flush()

    def _start_cell(self) -> None:
        # Cells of one line each stand in one line; a layout table's cells become lines of their own.
        if self._rows and self._rows[-1] == len(self.lines):
            self._break = 0
            self._cell = True
        elif self._rows and self._rows[-1] >= 0:
            self._request_break(1)

    def _end_row(self) -> None:
        began = self._rows.pop() if self._rows else -1
        self.cells.end_row()
        self._cell = False
        if began == len(self.lines):
            self._break = 0  # the paragraph that a cell often is leaves no gap between rows
        self._request_break(1)

    def _start_shown(self, tag: str, attrib: dict[str, str]) -> None:
        """Write the words that stand for a picture or on a button; keep the target of a form."""
        if tag == "form":
            self._forms.append(attrib.get("action") or "")
        elif tag == "area":
            words = attrib.get("alt") or ""
            self._write_apart(words)
            self._end_link(attrib.get("href") or "", [words])
        elif tag == "img":
            self._write_apart(attrib.get("alt") or "")
        elif tag == "input" and (attrib.get("type") or "").lower() in ("submit", "button", "image"):
            self._write_apart(attrib.get("value") or attrib.get("alt") or "")

    def _write_apart(self, words: str) -> None:
        words = " ".join(words.split())[:_LONGEST_WORDS]
        if any(map(str.isalpha, words)) and (self._links or words not in self._shown):
            self._shown.add(words)
            self._space = True
            self._write(words)
            self._space = True

    def _end_link(self, href: str, text: list[str]) -> None:
        """Write a link's target after its text, where targets are kept or the text shows another address."""
        target = "".join(href.split()).replace("<", "%3C").replace(">", "%3E").replace("\\", "/")
        if not target.lower().startswith(_TARGETS):
            return
        shown = "".join(text).strip()
        address = _URL.match(shown)
        try:
            host = urlsplit(target).hostname or ""
        except ValueError:
            host = target[:_LONGEST_TARGET]
        if host:
            self.hosts.add(_bare(host))
        target = target[:_LONGEST_TARGET]
        differs = address is not None and bool(host) and _bare(address.group(1)) != _bare(host)
        tells_more = self._targets and address is None and shown.lower() not in target.lower()
        if differs or tells_more:
            self._write_link("", target)
        elif self._targets and not shown and target not in self._shown:
            self._write_link("[image]", target)

    def _write_link(self, words: str, target: str) -> None:
        for piece in filter(None, (words, f"<{target}>")):
            self._space = True
            self._write(piece)
        self._shown.add(target)

    def _request_break(self, breaks: int) -> None:
        if self._cell:
            return
        begins_row = bool(self._rows) and self._rows[-1] < 0
        self._break = max(self._break, 1 if begins_row else breaks)
        self._space = False

    def _flush(self, even_empty: bool = False) -> None:
        if self._line or even_empty:
            self.lines.append("".join(self._line).rstrip())
            self._line, self._line_chars = [], 0

    def _write(self, words: str) -> None:
        between = ""
        if self._break:
            self._flush()
            if self._break > 1 and self.lines and self.lines[-1]:
                self.lines.append("")
            self._break = 0
        elif self._cell:
            between = " | "
        elif self._space and self._line:
            between = " "
        self._space = self._cell = False
        for i in range(len(self._rows) - 1, -1, -1):
            if self._rows[i] >= 0:
                break
            self._rows[i] = len(self.lines)
        self.cells.write(len(self.lines), self._line_chars + len(between), words)
        words = between + words
        self._line.append(words)
        self._line_chars += len(words)
        if self._links and len(self._links[-1][1]) < _LINK_PIECES:
            self._links[-1][1].append(words)
        self._count(len(words))

    def _write_preformatted(self, data: str) -> None:
        lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for i, line in enumerate(lines):
            if i:
                if not self._line and self._break:
                    self._break = 0
                self._flush(even_empty=bool(self.lines and self.lines[-1]))
            if line:
                if self._break:
                    self._write(line)
                else:
                    self._line.append(line)
                    self._line_chars += len(line)
                    self._count(len(line))

    def _count(self, chars: int) -> None:
        self._chars += chars + 1
        if self._chars > self._limits.chars:
            raise Unusable("too_long", f"more than {self._limits.chars:,} characters of text")


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")
