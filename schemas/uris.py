"""URIs: what an input is called, and the marks that name a document inside it.

    mail.eml#attachment-2              an attachment of a mail, which may be a mail itself
    notes.jsonl#line-7                 the document in a line of a file, or a line without one
    texts.parquet#row-3                the document in a row
    notes.jsonl#block-START-END-LINE   in transit only: lines to read, by byte offsets and first line number
    texts.parquet#block-GROUP          in transit only: a row group to read

No other module builds or parses such names.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ATTACHMENT = "#attachment-"
_MARKS = re.compile(r"#(?:attachment|line|row|block)-")
_LINES = re.compile(r"(?is)(.+\.(?:jsonl|ndjson))#block-([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})")
_ROWS = re.compile(r"(?is)(.+\.parquet)#block-([0-9]{1,9})")


class LinesBlock(NamedTuple):
    """Lines of a file: their first byte, the byte after the last, and the first one's number."""

    file: str
    start: int
    end: int
    first: int


class RowsBlock(NamedTuple):
    """A row group of a Parquet file."""

    file: str
    group: int


def attachment(parent: str, number: int) -> str:
    """Name an attachment of a message, counted from 1.

    >>> attachment("mail.eml", 2)
    'mail.eml#attachment-2'
    """
    return f"{parent}{_ATTACHMENT}{number}"


def line(file: str, number: int) -> str:
    """Name a line of a file, counted from 1."""
    return f"{file}#line-{number}"


def row(file: str, number: int) -> str:
    """Name a row of a file, counted from 1."""
    return f"{file}#row-{number}"


def lines_block(block: LinesBlock) -> str:
    """Name a block of lines.

    >>> parse_lines_block(lines_block(LinesBlock("a.jsonl", 0, 90, 1)))
    LinesBlock(file='a.jsonl', start=0, end=90, first=1)
    """
    return f"{block.file}#block-{block.start}-{block.end}-{block.first}"


def rows_block(block: RowsBlock) -> str:
    """Name a block of rows.

    >>> parse_rows_block(rows_block(RowsBlock("a.parquet", 3)))
    RowsBlock(file='a.parquet', group=3)
    """
    return f"{block.file}#block-{block.group}"


def parse_lines_block(uri: str) -> LinesBlock | None:
    """Parse the name of a block of lines; None for any other name."""
    match = _LINES.fullmatch(uri)
    return LinesBlock(match[1], int(match[2]), int(match[3]), int(match[4])) if match else None


def parse_rows_block(uri: str) -> RowsBlock | None:
    """Parse the name of a block of rows; None for any other name."""
    match = _ROWS.fullmatch(uri)
    return RowsBlock(match[1], int(match[2])) if match else None


def local_path(uri: str) -> str | None:
    """Give the path on this machine that a name means, decoded once; None for an address of another machine.

    >>> local_path("/in/50%25.txt"), local_path("file:///in/50%25.txt"), local_path("file://other/in/a.txt")
    ('/in/50%25.txt', '/in/50%.txt', None)
    """
    if not _SCHEME.match(uri):
        return uri
    parts = urlsplit(uri)
    local = parts.scheme.lower() == "file" and parts.netloc in ("", "localhost")
    return unquote(parts.path) if local else None


def file_of(uri: str) -> str:
    """Name the input that a document came with: without its attachments, lines, rows and blocks.

    >>> file_of("kafka://mail/0/17/a.eml#attachment-1#attachment-2"), file_of("a#b.txt")
    ('kafka://mail/0/17/a.eml', 'a#b.txt')
    """
    return _MARKS.split(uri, maxsplit=1)[0]


def is_attachment(uri: str) -> bool:
    """Tell whether a name is of an attachment of a file, and not of a line or a row of it."""
    return uri.startswith(f"{file_of(uri)}{_ATTACHMENT}")


def attachment_depth(uri: str) -> int:
    """Count the messages that a document is inside of."""
    return uri.count(_ATTACHMENT)


def parse_attachment(uri: str) -> tuple[str, str] | None:
    """Parse the name of an attachment into its message's name and its number; None for any other name.

    >>> parse_attachment("mail.eml#attachment-1#attachment-2"), parse_attachment("mail.eml")
    (('mail.eml#attachment-1', '2'), None)
    """
    parent, mark, number = uri.rpartition(_ATTACHMENT)
    return (parent, number) if mark else None
