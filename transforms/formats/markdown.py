"""Markdown: its lines as they are, without the HTML in them.

What is HTML goes through the reader of HTML, so that hidden text, tables and line ends are those of a page;
all else is escaped before. Code is left as it is, and so are names in angle brackets that are no tags:
addresses, blanks as ``<Company Name>``, samples of XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from lxml.html import defs

from docassay.transforms.formats import Limits, Read, plain
from docassay.transforms.formats.html import DROPPED, Page, convert
from docassay.transforms.formats.media_types import MARKDOWN

MEDIA_TYPES = frozenset({MARKDOWN})

_NAMES = (defs.tags | {"bdi", "main", "nobr", "picture"}) - {"title", "html", "head", "body"}
_ALONE = frozenset(["br", "hr", "wbr", "p", "li", "dt", "dd", "thead", "tbody", "tfoot"])
"""Elements that neither an end nor an attribute has to tell from a word in angle brackets."""
_SWITCHES = frozenset(["controls", "hidden", "markdown", "nowrap", "open", "reversed", "scoped"])
"""Attributes without a value."""
_RAW = frozenset(["script", "style"])
_TOKEN = re.compile(
    r"\\[\\<&`]"
    r"|^(?P<lead>(?:[ \t>]|[*+-][ \t]|\d{1,9}[.)][ \t])*+)(?P<fence>`{3,}+(?=[^`\n]*$)|~{3,}+)"
    r"|(?<!`)(?P<ticks>`{1,80})(?!`)[^\n]*?[^`\n](?P=ticks)(?!`)"
    r"|<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:[\s/](?:[^<>\"']|\"[^<\"]*+\"|'[^<']*+')*+)?)>"
    r"|(?P<block>^ {0,3})?(?P<comment><!--)|(?P<entity>&(?:#\w{1,8}|[A-Za-z]\w{1,31});)|[<&]",
    re.MULTILINE,
)
_SPAN = re.compile(
    r"(?<![`\\])(`{1,80})(?!`)(?:(?!\n[ \t>]*(?:$|`{3}|~{3}))(?s:.))*?[^`]\1(?!`)", re.MULTILINE
)
"""Code over lines of a paragraph."""
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_END = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>")
_ATTRIBUTE = re.compile(r"""\s[^\s"'=]+(?:=|\s+=\s*["'])""")
_MARKS = re.compile(r"[ \t>#*+-]*(?:\d{1,9}[.)])?[ \t]*")
_LONGEST_MARKS = 40


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read Markdown; without tags, comments and entities its text is what its bytes are.

    Raises:
        Unusable: The text is longer than `Limits.chars`.
    """
    text = plain.bounded(plain.decode(content), limits)
    if not plain.MARKUP.search(text):
        return Read(text)
    escaped = _Escaped(text.replace("\r\n", "\n").replace("\r", "\n"))
    markup = "".join(escaped.pieces())
    if not escaped.has_markup:
        return Read(text)
    return convert(f"<html><body>{markup}", limits, page_type=_Lines)[0]


class _Escaped:
    """Markdown in which what is no HTML is escaped.

    Attributes:
        has_markup: There was HTML among the pieces so far.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = {found[1].lower(): found.start() for found in _END.finditer(text)}  # the last of each
        self._comments_end = self._blank_line = -1  # the next ones
        self._spans = (found.span() for found in _SPAN.finditer(text))
        self._span = (0, 0)  # the next one, or the one that is being read
        self.has_markup = False

    def pieces(self) -> Iterator[str]:
        """Yield the pieces of the text one after the other."""
        at = 0
        while found := _TOKEN.search(self._text, at):
            yield self._text[at : found.start()]
            at = self._markup_end(found)
            if at:
                self.has_markup = True
                yield self._text[found.start() : at]
                continue
            at = self._fence_end(found) if found["fence"] else found.end()
            yield escape(self._text[found.start() : at], quote=False)
        yield self._text[at:]

    def _markup_end(self, found: re.Match[str]) -> int:
        """Tell where the HTML that begins here ends, with what is within a script; 0 if it is none."""
        if self._is_code(found.start()):
            return 0
        if found["comment"]:
            return self._comment_end(found.end(), found["block"] is not None)
        if found["entity"]:
            return found.end()
        if not found["name"] or not self._is_tag(found["name"], found["rest"], found["slash"], found.end()):
            return 0
        name = found["name"].lower()
        if name not in _RAW or found["slash"]:
            return found.end()
        ends = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self._text, found.end())
        return ends.end() if ends else 0

    def _is_tag(self, name: str, rest: str, slash: str, at: int) -> bool:
        """Tell a tag from a blank, or from a tag of XML, whose name is that of an element, too.

        What is not shown, as a script, has to end: nothing else may vanish for a tag that a text only names.
        """
        low = name.lower()
        if low not in _NAMES or _BLANK_LINE.search(rest):
            return False
        if low in DROPPED and not slash and self._ends.get(low, 0) < at:
            return False
        words = rest.strip("/ \t\n").lower().split()
        if words:
            return _ATTRIBUTE.search(rest) is not None or _SWITCHES.issuperset(words)
        if name not in (low, name.upper()):
            return False
        has_end = low in self._ends or (low in ("tr", "td", "th") and "table" in self._ends)
        return bool(slash) or low in _ALONE or has_end

    def _is_code(self, at: int) -> bool:
        """Tell whether a place, none before the last one asked for, is within code over several lines."""
        while self._span[1] <= at:
            self._span = next(self._spans, (len(self._text), len(self._text) + 1))
        return self._span[0] < at

    def _comment_end(self, at: int, opens_block: bool) -> int:
        """Tell where a comment ends; one that begins within a line is none if its paragraph ends before."""
        if self._comments_end < at - 2:
            ends = self._text.find("-->", at - 2)
            self._comments_end = ends if ends >= 0 else len(self._text)
        if self._blank_line < at:
            blank = _BLANK_LINE.search(self._text, at)
            self._blank_line = blank.start() if blank else len(self._text)
        ends = self._comments_end
        has_end = ends < (len(self._text) if opens_block else self._blank_line)
        return ends + 3 if has_end else 0

    def _fence_end(self, found: re.Match[str]) -> int:
        fence, lead = found["fence"], found["lead"]
        margin = "".join(one for one in " \t>" if one == " " or one in lead)
        last = re.compile(
            rf"^[{margin}]{{0,{len(lead) + 3}}}{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE
        )
        ends = last.search(self._text, found.end())
        return ends.end() if ends else len(self._text)


class _Lines(Page):
    """Keeps the lines of the source, but for rows of tables of HTML and for lines of tags alone."""

    _has_tag = False
    _margin = ""  # white space that no words follow yet
    _raised = False  # a number that follows is not of the one before it

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        self._has_tag = True
        self._raised = self._raised or tag.lower() == "sup"
        super().start(tag, attrib)

    def end(self, tag: str) -> None:
        self._has_tag = True
        self._raised = self._raised and tag.lower() != "sup"
        super().end(tag)

    def comment(self, _: str) -> None:
        self._has_tag = True

    def data(self, data: str) -> None:
        if self._rows:
            super().data(data)
        elif not self._dropped and self._looks[-1].is_seen:
            for n, words in enumerate(data.split("\n")):
                if n:
                    self._end_line()
                elif self._break:
                    words = words.lstrip()
                self._margin += words
                if words.strip():
                    words, self._margin = self._margin, ""
                    self._write(words)

    def _write(self, words: str) -> None:
        follows = bool(self._line) and not (self._break or self._space or self._cell)
        if self._raised and follows and self._line[-1][-1:].isdigit() and words[:1].isdigit():
            words = f"^{words}"  # 10 to the power of 5 is not 105, nor is EUR 50 with a note
        self._raised = False
        super()._write(words)

    def _count(self, chars: int) -> None:
        """Count nothing: the source is not too long, and so its text is not."""

    def _end_line(self) -> None:
        if self._line or not self._has_tag:
            self._flush(even_empty=True)
        self._has_tag, self._space, self._margin = False, False, ""

    def _request_break(self, breaks: int) -> None:
        began = self._line[0] if self._line and not self._rows else ""
        if began[:_LONGEST_MARKS].lstrip().startswith("|"):
            self._space = True  # a row of a table of Markdown stays one line
            return
        if began and len(self._line) == 1 and len(began) < _LONGEST_MARKS and _MARKS.fullmatch(began):
            return  # what follows a mark of Markdown stays in its line
        self._margin = ""
        super()._request_break(breaks)
