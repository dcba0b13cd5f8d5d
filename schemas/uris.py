r"""URIs: what an input is called, and the marks that name a document inside it.

    mail.eml#attachment-2              an attachment of a mail, which may be a mail itself
    scan.pdf#part-2                    a document in a file that holds several, such as a batch scan
    notes.jsonl#line-7                 the document in a line of a file, or a line without one
    texts.parquet#row-3                the document in a row
    notes.jsonl#block-START-END-LINE   in transit only: lines to read, by byte offsets and first line number
    texts.parquet#block-GROUP-ROW-ROWS in transit only: a row group to read, its first row, its number of rows

A file's own name may end as a mark does. There its ``#`` is written ``%23``, a ``%23`` of its own ``%2523``,
so two files never share a URI, nor does a file with a part of another. Only names that end so are changed.

A byte of a name that is not UTF-8, to Python a lone surrogate, is written ``\udcff``. Where a name has that,
or spells it itself, the backslashes before it are written twice, so that these differ, too.

No other module builds or parses such names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import unquote

# Names are matched from their end, where the marks are, so that a hostile one costs no more than its length:
# these are read backwards, ``#line-12`` as ``21-enil#``.
_NUMBER = r"(?:[0-9]{0,17}[1-9])"
_BLOCK = rf"(?:0|{_NUMBER})(?:-(?:0|{_NUMBER})){{0,2}}-kcolb"
_MARK = rf"(?:{_NUMBER}-(?:tnemhcatta|enil|wor|trap)|{_BLOCK})"
_MARKS = re.compile(rf"(?:{_MARK}\#)++")
_OWN = re.compile(rf"(?:{_MARK}(?:\#|32(?:52)*+%))++")
_ESCAPED = re.compile(rf"(?:{_MARK}32(?:52)*+%)++")
_PART = re.compile(r"#part-[1-9][0-9]{0,17}\Z")
_BEFORE_ESCAPE = re.compile(r"(?<!\\)\\++(?=ud[89a-f][0-9a-f]{2}|[\ud800-\udfff])")
_ESCAPE = re.compile(r"(?<!\\)(\\++)ud([89a-f][0-9a-f]{2})")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)

Kind = Literal["attachment", "part", "line", "row", "block"]


class Mark(NamedTuple):
    """A step into a file: the kind of a part, and the numbers that say which."""

    kind: str
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        return f"#{self.kind}-{'-'.join(map(str, self.numbers))}"


@dataclass(frozen=True, slots=True)
class Uri:
    """A file and the way to a document in it.

    Attributes:
        file: The path or address, exactly as it is opened.
        marks: From the file inwards.

    Raises:
        ValueError: A mark has numbers that none has, or the `file` is a ``file://`` address whose raw ``#``
            would read as a mark; such an address writes ``%23`` itself (RFC 3986).
    """

    file: str
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        if self.marks and _start(_MARKS, "".join(map(str, self.marks))) != 0:
            raise ValueError(f"{self.marks} are no marks")
        if _is_file_address(self.file) and _start(_MARKS, self.file) is not None:
            raise ValueError(f"{self.file}: an address writes its own # as %23")

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Parse what `str` gives; any other text is the name of a file.

        >>> Uri.parse("a.eml#attachment-1#attachment-2").marks
        (Mark(kind='attachment', numbers=(1,)), Mark(kind='attachment', numbers=(2,)))
        >>> Uri.parse("a.eml%23attachment-1").file, Uri.parse("a#b.txt").file
        ('a.eml#attachment-1', 'a#b.txt')
        """
        start = _start(_MARKS, text)
        if start is None:
            return cls(_spelt(_unescape(text)))
        marks = []
        for mark in text[start + 1 :].split("#"):
            kind, *numbers = mark.split("-")
            marks.append(Mark(kind, tuple(map(int, numbers))))
        return cls(_spelt(_unescape(text[:start])), tuple(marks))

    def __str__(self) -> str:
        r"""Write it as the tables do.

        >>> str(Uri("a.eml#line-1", (Mark("attachment", (2,)),))), str(Uri("a%23line-1")), str(Uri("a#b"))
        ('a.eml%23line-1#attachment-2', 'a%2523line-1', 'a#b')
        >>> print(Uri("\udcff.txt"), Uri(r"\udcff.txt"), Uri(r"a\b.txt"))
        \udcff.txt \\udcff.txt a\b.txt
        """
        file = self.file
        if not _is_file_address(file) and (start := _start(_OWN, file)) is not None:
            file = file[:start] + file[start:].replace("%", "%25").replace("#", "%23")
        return _utf8(file) + "".join(map(str, self.marks))

    def part(self, kind: Kind, *numbers: int) -> Uri:
        """Name a part of it.

        >>> str(Uri("a.jsonl").part("line", 7))
        'a.jsonl#line-7'
        """
        return Uri(self.file, (*self.marks, Mark(kind, numbers)))

    @property
    def block(self) -> tuple[int, int, int] | None:
        """The numbers of a block, of lines or rows; None for what is no block."""
        if len(self.marks) == 1 and self.marks[0].kind == "block" and len(self.marks[0].numbers) == 3:
            first, second, third = self.marks[0].numbers
            return first, second, third
        return None

    @property
    def is_inside(self) -> bool:
        """Whether it is an attachment or a part of a file, and not of a line or a row of it."""
        return bool(self.marks) and self.marks[0].kind in ("attachment", "part")


def of_path(path: str) -> str:
    """Name a file by the path at which it is opened.

    >>> of_path("in/a.txt"), of_path("in/a.jsonl#line-3"), of_path("file:///a.txt#line-1")
    ('in/a.txt', 'in/a.jsonl%23line-3', 'file:///a.txt%23line-1')
    """
    if _is_file_address(path) and (start := _start(_MARKS, path)) is not None:
        path = path[:start] + path[start:].replace("#", "%23")  # as an address should write it (RFC 3986)
    return str(Uri(path))


def part(parent: str, number: int, kind: Kind = "part") -> str:
    """Name a document in a file that holds several, or an attachment of a message, counted from 1.

    >>> part("scan.pdf", 2), part("mail.eml", 1, "attachment")
    ('scan.pdf#part-2', 'mail.eml#attachment-1')
    """
    return f"{parent}#{kind}-{number}"


def whole_of(uri: str) -> str | None:
    """Name the file or attachment that a document is a part of; None for what is no part.

    >>> whole_of("mail.eml#attachment-1#part-2"), whole_of("scan.pdf")
    ('mail.eml#attachment-1', None)
    """
    return uri.rpartition("#")[0] if _PART.search(uri) else None


def enclosing(uri: str) -> list[str]:
    """Name what a document lies in, from within outwards: messages, archives, files of several documents.

    >>> enclosing("in/a.zip#attachment-2#attachment-1")
    ['in/a.zip#attachment-2', 'in/a.zip']
    """
    parsed = Uri.parse(uri)
    return [str(Uri(parsed.file, parsed.marks[:number])) for number in range(len(parsed.marks) - 1, -1, -1)]


def local_path(address: str) -> str | None:
    """Give the path on this machine that a file's name means, decoded once; None for another machine's.

    >>> local_path("/in/50%25.txt"), local_path("file:///in/50%25.txt"), local_path("file://other/in/a.txt")
    ('/in/50%25.txt', '/in/50%.txt', None)
    """
    scheme = _SCHEME.match(address)
    if not scheme:
        return address
    host, slash, path = address[scheme.end() :].partition("/")
    local = scheme[1].lower() == "file" and host.lower() in ("", "localhost")
    return unquote(slash + path, errors="surrogateescape") if local else None


def path_of(uri: str) -> str | None:
    """Give the path on this machine of the file that a URI names, or names a part of, or None."""
    return local_path(Uri.parse(uri).file)


def file_of(uri: str) -> str:
    """Name the input that a document came with, as a URI: without its attachments, lines, rows and blocks.

    >>> file_of("kafka://mail/0/17/a.eml#attachment-1#attachment-2"), file_of("a#b.txt")
    ('kafka://mail/0/17/a.eml', 'a#b.txt')
    """
    return uri[: _start(_MARKS, uri)]


def parse_attachment(uri: str) -> tuple[str, str] | None:
    """Parse the name of an attachment into its message's name and its number; None for any other name.

    >>> parse_attachment("mail.eml#attachment-1#attachment-2"), parse_attachment("mail.eml")
    (('mail.eml#attachment-1', '2'), None)
    """
    whole = Uri.parse(uri)
    if not whole.marks or whole.marks[-1].kind != "attachment":
        return None
    return str(Uri(whole.file, whole.marks[:-1])), str(whole.marks[-1].numbers[0])


def _is_file_address(text: str) -> bool:
    return text[:7].lower() == "file://"


def _unescape(text: str) -> str:
    if _is_file_address(text) or (start := _start(_ESCAPED, text)) is None:
        return text
    return text[:start] + text[start:].replace("%23", "#").replace("%25", "%")


def _utf8(file: str) -> str:
    return _BEFORE_ESCAPE.sub(lambda run: run[0] * 2, file).encode("utf-8", "backslashreplace").decode()


def _spelt(written: str) -> str:
    """Undo `_utf8`: of an odd number of backslashes the last one begins an escape."""

    def original(match: re.Match[str]) -> str:
        own, escapes = divmod(len(match[1]), 2)
        return "\\" * own + (chr(int("d" + match[2], 16)) if escapes else "ud" + match[2])

    return _ESCAPE.sub(original, written)


def _start(pattern: re.Pattern[str], text: str) -> int | None:
    """Give where the marks at the end of a text begin; None where there are none."""
    found = pattern.match(text[::-1]) if "-" in text else None
    return len(text) - found.end() if found else None
