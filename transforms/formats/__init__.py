"""One module per document format: bytes in, text out.

A reader takes the bytes and the limits, and returns a `Read`; for what it cannot use it raises
`Unusable` with one of `REASONS`. Readers never open a file or the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from docassay.schemas.pages import Pages
from docassay.schemas.tables import Table

REASONS: dict[str, str] = {
    "unreadable": "the file could not be opened or read",
    "link": "a link that was found in a folder and is not followed; see --follow-links",
    "empty": "no bytes at all",
    "only_whitespace": "nothing but white space, control characters or NULs",
    "too_large": "more bytes than `Limits.bytes`, or a PDF's attachments unpack to more",
    "too_long": "more characters of text than `Limits.chars`",
    "too_many_pages": "more pages than `Limits.pages`",
    "too_many_attachments": "one beyond `Limits.attachments` of a mail, or `Limits.members` of an archive",
    "too_deep": "an attachment within attachments beyond `Limits.depth`, or a mail nested without end",
    "zip_bomb": "an archive that unpacks to far more than it says, or than is allowed",
    "xml_entities": "XML with entities of its own or of another file, as attacks by expansion have",
    "encrypted": "a password is needed",
    "malformed": "the content is cut short, damaged, or not what it begins as",
    "no_text": "a document without a text layer, such as a scan",
    "garbled": "a PDF whose fonts do not say which letters they show",
    "unsupported_media_type": "a format that is not read",
    "timeout": "parsing took longer than `Limits.seconds`",
    "out_of_memory": "parsing needed more than `Limits.memory_bytes`",
    "crashed": "the process that parsed it died",
}
"""Every reason of a reject of the stages ``read`` and ``parse``, and what it means."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many resources one document may take.

    Attributes:
        bytes: Size of a file.
        chars: Length of its text.
        pages: Pages of a PDF.
        seconds: Wall clock, and processor time, of parsing it.
        memory_bytes: Address space of the process that parses it.
        attachments: Attachments that are read of one mail.
        members: Documents that are read of one archive, mailbox, filing or file of data.
        depth: Levels of attachments within attachments.
        ocr: Read scanned pages and pictures, where the extra `ocr` is installed.
        parts: Make documents of the parts of a file that holds several.
        invoices: Keep the XML of electronic invoices, of which official rules are asked.
    """

    bytes: int = 50_000_000
    chars: int = 5_000_000
    pages: int = 1_000
    seconds: float = 60.0
    memory_bytes: int = 2 * 1024**3
    attachments: int = 100
    members: int = 2_000
    depth: int = 4
    ocr: bool = False
    parts: bool = True
    invoices: bool = False


OCR_SECONDS = 600.0
"""`Limits.seconds` of a document whose pages are read by OCR, at some three a page."""


def limits_of(ocr: bool, parts: bool = True) -> Limits:
    """Give the limits of a document that is read with OCR or without."""
    return Limits(seconds=OCR_SECONDS, ocr=True, parts=parts) if ocr else Limits(parts=parts)


class Unusable(Exception):
    """A document that cannot be used: a reason of `REASONS`, and one line for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        """Take both; the detail is shown to a person and may be cut."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


Stated = tuple[tuple[str, str], ...]
"""Names and values that a document carries as data beside its text, in their order; a name may stand several
times. What is stated of one of several things has the ordinal of that behind the name: ``line_amount/2``."""

DOCUMENT_KIND = "document_kind"
"""The name of what a document is, as ``domain.kind``; a domain without a kind has none that is known."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document inside a document, not yet read.

    Attributes:
        content: Its bytes; None where they are not read, since they are too many or cannot be.
        media_type: What the message declared it to be.
        refused: The reason and the detail of its reject, where it is known already that it cannot be read.
        name: The name that its message or archive gives it.
    """

    content: bytes | None
    media_type: str | None
    refused: tuple[str, str] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a page of a file beside its text and its size, for telling where a document begins.

    Attributes:
        typeface: The name of the font of most of its text, or ``""``.
        size: The size of that font, in points.
        unread: It shows something, but no text could be had from it: a scan, a picture.
        bookmark: A bookmark of the file's first level leads to it.
        doubted: What it shows may not be what its text says, or more.
    """

    typeface: str = ""
    size: float = 0.0
    unread: bool = False
    bookmark: bool = False
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader extracted from a document; the text is not yet cleaned.

    Attributes:
        event_time: A time that the document itself states, in UTC.
        attachments: The documents in it, in their order.
        media_type: What its text has the form of, where its bytes are of another.
        embedded_values: Such as the XML of a hybrid invoice states.
        pages: Its pages, where it has such; the text is then as long cleaned as it is now.
        tables: Its tables of billed lines, where its format has cells; they count if cleaning moves nothing.
        looks: How each of the pages looks.
        invoice: The XML that `embedded_values` are of, where it is an electronic invoice and
            `Limits.invoices` asks for it.
    """

    text: str
    title: str | None = None
    event_time: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    media_type: str | None = None
    embedded_values: Stated = ()
    pages: Pages | None = None
    tables: tuple[Table, ...] = ()
    looks: tuple[Look, ...] = ()
    invoice: bytes | None = None
