"""Document: the value that travels through the stages and gains fields on its way.

`parse` makes it, and each later stage gives a copy with its own fields filled (`dataclasses.replace`); a
field that no stage has reached yet has its default. The last stage, `conclude`, gives a `schemas.rows.Result`
instead, with the rows of all tables. A `Document` itself is never written.

It stands here and not among the row classes because it holds readings of `models` and the English of
`transforms.translation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from docassay.schemas.facts import Fact
from docassay.schemas.pages import Pages
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, Segment
from docassay.schemas.tables import Table

if TYPE_CHECKING:  # a child process that parses needs no models
    from docassay.domains.disguise import Shown
    from docassay.models.reading import Reading
    from docassay.transforms.budget import Unread, Untranslated
    from docassay.transforms.einvoice.answer import Answer
    from docassay.transforms.translation.alignment import English


@dataclass(frozen=True, slots=True)
class Document:
    r"""A document with what the stages have found out about it so far.

    Attributes:
        doc_id: SHA-256 of the bytes, in hex: the same bytes are the same document. Of a part of a file, of
            its text and form: the same part is the same document, wherever it stands.
        uri: Where it came from, as `schemas.uris` writes it.
        text: The whole text, into which all offsets point: from `see` on, as a person sees it. It has no NULs
            or lone surrogates, lines end in ``\n``; a mail's starts with its headers.
        shown: The way from there to the text as it was written; None where they are the same.
        disguised: Words of the text that were hidden from a filter as it was written, as slices of it.
        media_type: Media type, detected from the content.
        title: Title, from the file's metadata or its opening.
        parent_id: `doc_id` of the email, mailbox or archive that contains it, or the SHA-256 of the file that
            it is a part of.
        file_name: Its file name in the email or archive that contains it.
        event_time: When the file was last modified or the email was sent, or the time given with a message.
        embedded_values: Names and values that the file carries as data beside the text: the XML of a hybrid
            invoice.
        invoice: The XML of an electronic invoice, until official rules have been asked of it.
        official: What these say of it.
        pages: Its pages and where its text stands on them; None of a format without pages.
        tables: Its tables of billed lines, as far as their headings were understood.
        text_doubted: Some of its pages may show other words than its text has.
        boundary_candidates: Offsets at which a further document may begin; too uncertain to cut there.
        language: BCP 47 tag, or `UNDETERMINED`.
        language_probability: How sure the language is.
        domain: A name of `domains.names()`, or `UNKNOWN`.
        domain_probability: How sure the domain is.
        kind: What kind of document it is within its domain (``nda``, ``invoice``), or ``""``.
        kind_probability: How sure `kind` is; with `kind` empty, how sure that none fits.
        kind_confident: The kind, or that there is none, may be relied on.
        kind_candidates: Where it is not confident: what it may be, as ``domain.kind``, most probable first.
        segments: The slices of the text that are read, in order.
        tasks: For each segment, the tasks to ask of it.
        english: The document in English, where some of it was translated.
        readings: For each segment, the model's answers, smoothed along the document.
        unsmoothed: The readings before smoothing.
        unread: The stages whose budgets were spent, with the first character that each did not read.
        facts: What it states, in the order of its domains' fields.
        untranslated: What was left in its language though there is a translator for it, and why.
    """

    doc_id: str
    uri: str
    text: str
    media_type: str
    title: str | None = None
    shown: Shown | None = None
    disguised: tuple[tuple[int, int], ...] = ()
    parent_id: str | None = None
    file_name: str | None = None
    event_time: datetime | None = None
    embedded_values: tuple[tuple[str, str], ...] = ()
    invoice: bytes | None = None
    official: Answer | None = None
    pages: Pages | None = None
    tables: tuple[Table, ...] = ()
    text_doubted: bool = False
    boundary_candidates: tuple[int, ...] = ()
    language: str = UNDETERMINED
    language_probability: float = 0.0
    domain: str = UNKNOWN
    domain_probability: float = 0.0
    kind: str = ""
    kind_probability: float = 0.0
    kind_confident: bool = True
    kind_candidates: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    tasks: tuple[tuple[str, ...], ...] = ()
    english: English | None = None
    readings: tuple[Reading, ...] = ()
    unsmoothed: tuple[Reading, ...] = ()
    unread: tuple[Unread, ...] = ()
    untranslated: Untranslated | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def texts(self) -> list[str]:
        """What the encoder reads of each segment, in order: its English where it was translated."""
        return [segment.text for segment in (self.english or self).segments]
