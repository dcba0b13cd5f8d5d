"""Parse: the bytes of a document become text.

Everything here is a plain function in the calling process; `transforms.isolation.parse` calls it in a child
process, where a hostile document can do no harm.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from docassay.schemas import uris
from docassay.schemas.rows import Reject, Source
from docassay.schemas.tables import Table, kept
from docassay.transforms.document import Document
from docassay.transforms.formats import REASONS, Limits, Read, Unusable, plain
from docassay.transforms.formats.kinds import media_type, reader_of
from docassay.transforms.formats.media_types import CONTAINERS, ENCRYPTED, MAIL, TEXTS
from docassay.transforms.formats.plain import clean
from docassay.transforms.parts.messages import messages
from docassay.transforms.temporary import lack_of

if TYPE_CHECKING:
    from docassay.transforms.parts.sides import Side

LONGEST_NAME = 200
"""Characters of the name of an attachment that are kept."""

__all__ = ["REASONS", "Limits", "clean", "media_type", "parse", "refuse"]


def parse(source: Source, limits: Limits) -> list[Document | Source | Reject]:
    """Turn a source with content into its document, or into the reject that says why not.

    A mail and a PDF also give their attachments, and an archive, a mailbox or a filing its documents, as
    sources to be parsed in turn, and a reject for each one beyond the limits; so every input gives exactly
    one document or reject. A file that holds several documents gives these in its place
    (`transforms.parts.part`), unless `Limits.parts` says no.

    Raises:
        ValueError: The source has no content; `transforms.read.read` fills it.
        Unusable: The machine lacks something, which is no fault of the document (`temporary.lack_of`).
    """
    content = source.content
    if content is None:
        raise ValueError(f"{source.uri} has no content yet: call transforms.read.read first")
    doc_id = hashlib.sha256(content).hexdigest()
    try:
        if not content:
            raise Unusable("empty", "no bytes at all")
        if len(content) > limits.bytes:
            raise Unusable("too_large", f"{len(content):,} bytes; at most {limits.bytes:,} are read")
        kind = media_type(content, source.uri, source.media_type)
        if limits.parts and (sources := _messages(source, content, doc_id, kind)):
            return [*parse(sources[0], limits), *sources[1:]]
        extracted = _read(content, kind, limits)
        text = clean(extracted.text)
        if plain.is_blank(text):
            raise Unusable("only_whitespace", "nothing but white space and characters that show nothing")
    except Unusable as unusable:
        if lack_of(unusable.__context__):
            raise
        return [refuse(source, unusable.reason, unusable.detail, doc_id)]
    except RecursionError:
        return [refuse(source, "too_deep", "nested too deeply", doc_id)]
    document = Document(
        doc_id=doc_id,
        uri=source.uri,
        text=text,
        media_type=extracted.media_type or kind,
        title=" ".join(clean(extracted.title).split()) or None if extracted.title else None,
        parent_id=source.parent_id,
        file_name=source.file_name,
        event_time=extracted.event_time or source.event_time,
        embedded_values=tuple((clean(name), clean(value)) for name, value in extracted.embedded_values),
        invoice=extracted.invoice,
        pages=extracted.pages,
        text_doubted=any(look.doubted for look in extracted.looks),
    )
    documents = _parts(document, extracted, limits) if limits.parts else [document]
    with_tables = (
        replace(one, tables=_tables(one, extracted)) if isinstance(one, Document) else one
        for one in documents
    )
    return [*with_tables, *_attached(document, extracted, limits)]


def _messages(source: Source, content: bytes, doc_id: str, kind: str) -> list[Source]:
    """Give the messages of a file that is nothing but several, each as the file that it is alone."""
    if kind not in (*TEXTS, MAIL):
        return []
    content = content.replace(b"\r\n", b"\n")
    starts = messages(content)
    return [
        replace(
            source,
            uri=uris.part(source.uri, n),
            content=content[start:end].rstrip(b"\n") + b"\n",
            media_type=kind,
            parent_id=doc_id,
        )
        for n, (start, end) in enumerate(pairwise([*starts, len(content)]), start=1)
        if starts
    ]


def _parts(document: Document, extracted: Read, limits: Limits) -> Iterator[Document | Reject]:
    pages, offsets = _pages(document, extracted, limits)
    if len(pages) < 2:
        yield replace(document, boundary_candidates=tuple(_unseen(document, extracted, limits)))
        return
    from docassay.transforms.parts.part import part  # most documents have one page, or none

    cuts = part(pages)
    if len(cuts.sure) < 2:
        begins = [offsets[page] for page in cuts.unsure] or _unseen(document, extracted, limits)
        yield replace(document, boundary_candidates=tuple(begins))
        return
    ends = [*(cut.page for cut in cuts.sure[1:]), len(pages)]
    for n, (cut, end) in enumerate(zip(cuts.sure, ends, strict=True), start=1):
        inside = pages[cut.page : end]
        start, stop = offsets[cut.page], offsets[end]
        if plain.is_blank(document.text[start:stop]) or 2 * sum(page.look.unread for page in inside) > len(
            inside
        ):
            shown = f"pages {cut.page + 1} to {end}" if end > cut.page + 1 else f"page {end}"
            detail = f"{shown}: no text, or next to none: it may be a scan; --ocr reads it"
            doc_id = hashlib.sha256(f"{document.doc_id} {n}".encode()).hexdigest()
            yield Reject(doc_id, uris.part(document.uri, n), "parse", "no_text", detail)
            continue
        row = replace(_part(document, n, start, stop), text_doubted=any(page.look.doubted for page in inside))
        if document.pages is not None:
            row = replace(row, pages=document.pages.part(cut.page + 1, end, start))
        inner = tuple(offsets[page] - start for page in cuts.unsure if cut.page < page < end)
        yield replace(row, boundary_candidates=inner)


def _pages(document: Document, extracted: Read, limits: Limits) -> tuple[list[Side], list[int]]:
    """Take a file's pages apart, and say where in its text each begins, and where the last one ends."""
    text = document.text
    if document.pages is not None and extracted.looks:
        from docassay.transforms.parts.sides import sides

        found = sides(text, document.pages, extracted.looks)
        return found, [*(sheet.start for sheet in document.pages.sheets), len(text)]
    if document.media_type not in TEXTS or not 0 < extracted.text.count("\f") < limits.pages:
        return [], []
    from docassay.transforms.parts.sides import Side

    pieces = [clean(piece) for piece in extracted.text.split("\f")]
    offsets = [0]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece) + 1)  # a form feed is one character of the text
    return [Side(piece) for piece in pieces], offsets


def _unseen(document: Document, extracted: Read, limits: Limits) -> list[int]:
    """Give an offset at which a document may begin in a text of more pages than are looked at."""
    if document.media_type not in TEXTS or extracted.text.count("\f") < limits.pages:
        return []
    return [len(clean(extracted.text.partition("\f")[0])) + 1]


def _part(document: Document, number: int, start: int, end: int) -> Document:
    """Make a document of a part of a file: it is what its text and its form say, wherever it stands."""
    text = document.text[start:end].rstrip()
    has_number = any(name == "number" and value in text for name, value in document.embedded_values)
    embedded = document.embedded_values if has_number else ()
    form = [document.media_type, text, embedded]
    return replace(
        document,
        doc_id=hashlib.sha256(json.dumps(form).encode()).hexdigest(),
        uri=uris.part(document.uri, number),
        text=text,
        title=None,
        parent_id=document.doc_id,
        embedded_values=embedded,
        invoice=document.invoice if embedded else None,
        pages=None,
    )


def refuse(source: Source, reason: str, detail: str, doc_id: str | None = None) -> Reject:
    """Make the reject of a source; its `doc_id` is that of its content where there is any."""
    if doc_id is None and source.content is not None:
        doc_id = hashlib.sha256(source.content).hexdigest()
    return Reject(doc_id, source.uri, "parse", reason, " ".join(clean(detail).split()))


def _read(content: bytes, kind: str, limits: Limits) -> Read:
    if kind == ENCRYPTED:
        raise Unusable("encrypted", "a password is needed to open it; save it without one")
    if (reader := reader_of(kind)) is not None:
        return reader.read(content, limits, kind)
    if plain.is_blank(clean(plain.decode(content[: plain.SAMPLE]))):
        raise Unusable("only_whitespace", "nothing but NULs and white space")
    raise Unusable("unsupported_media_type", f"{kind} is not read")


def _tables(document: Document, extracted: Read) -> tuple[Table, ...]:
    """Give the tables of billed lines: those that the format has, or those that its pages show."""
    if document.pages is not None:
        from docassay.transforms.formats.placed_tables import placed_tables  # most have no pages

        return kept(list(placed_tables(document.text, document.pages)))
    return extracted.tables if len(document.text) == len(extracted.text) else ()


def _file_name(name: str | None) -> str | None:
    """Give the name of an attachment as one line of clean text, without folders."""
    parts = re.split(r"[/\\]", clean(name or ""))
    return " ".join(parts[-1].split())[:LONGEST_NAME] or None


def _attached(document: Document, extracted: Read, limits: Limits) -> list[Document | Source | Reject]:
    outcomes: list[Document | Source | Reject] = []
    marks = uris.Uri.parse(document.uri).marks
    too_deep = sum(mark.kind == "attachment" for mark in marks) >= limits.depth
    most = limits.members if document.media_type in CONTAINERS else limits.attachments
    for n, attachment in enumerate(extracted.attachments, start=1):
        source = Source(
            uri=uris.part(document.uri, n, "attachment"),
            content=attachment.content,
            media_type=attachment.media_type,
            parent_id=document.doc_id,
            event_time=document.event_time,
            file_name=_file_name(attachment.name),
        )
        if n > most:
            detail = f"{len(extracted.attachments):,} documents in one; the first {most:,} are read"
            outcomes.append(refuse(source, "too_many_attachments", detail))
        elif attachment.refused is not None:
            outcomes.append(refuse(source, *attachment.refused))
        elif too_deep:
            outcomes.append(refuse(source, "too_deep", f"an attachment {limits.depth + 1} levels down"))
        else:
            outcomes.append(source)
    return outcomes
