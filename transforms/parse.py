"""Parse: the bytes of a document become text.

Everything here is a plain function in the calling process; `transforms.sandbox` calls it in a child
process, where a hostile document can do no harm.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from docassay.schemas import uris
from docassay.schemas.rows import Parsed, Reject, Source
from docassay.schemas.tables import Table, kept
from docassay.transforms.formats import REASONS, Limits, Read, Unusable, plain
from docassay.transforms.formats.kinds import media_type
from docassay.transforms.formats.media_types import CONTAINERS, ENCRYPTED
from docassay.transforms.formats.placed_tables import placed_tables
from docassay.transforms.formats.plain import clean
from docassay.transforms.formats.readers import readers
from docassay.transforms.temporary import lack_of

__all__ = ["REASONS", "Limits", "clean", "media_type", "parse", "refuse"]


def parse(source: Source, limits: Limits) -> list[Parsed | Source | Reject]:
    """Turn a source with content into its document, or into the reject that says why not.

    A mail and a PDF also give their attachments, and an archive, a mailbox or a filing its documents, as
    sources to be parsed in turn, and a reject for each one beyond the limits; so every input gives exactly
    one document or reject.

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
    document = Parsed(
        doc_id=doc_id,
        uri=source.uri,
        text=text,
        media_type=extracted.media_type or kind,
        title=" ".join(clean(extracted.title).split()) or None if extracted.title else None,
        parent_id=source.parent_id,
        event_time=extracted.event_time or source.event_time,
        stated=extracted.stated,
        pages=extracted.pages,
    )
    document = replace(document, tables=_tables(document, extracted))
    return [document, *_attached(document, extracted, limits)]


def refuse(source: Source, reason: str, detail: str, doc_id: str | None = None) -> Reject:
    """Make the reject of a source; its `doc_id` is that of its content where there is any."""
    if doc_id is None and source.content is not None:
        doc_id = hashlib.sha256(source.content).hexdigest()
    return Reject(doc_id, source.uri, "parse", reason, " ".join(clean(detail).split()))


def _read(content: bytes, kind: str, limits: Limits) -> Read:
    if kind == ENCRYPTED:
        raise Unusable("encrypted", "a password is needed to open it; save it without one")
    if (reader := readers().get(kind)) is not None:
        return reader.read(content, limits, kind)
    if plain.is_blank(clean(plain.decode(content[: plain.SAMPLE]))):
        raise Unusable("only_whitespace", "nothing but NULs and white space")
    raise Unusable("unsupported_media_type", f"{kind} is not read")


def _tables(document: Parsed, extracted: Read) -> tuple[Table, ...]:
    """Give the tables of billed lines: those that the format has, or those that its pages show."""
    if document.pages is not None:
        return kept(list(placed_tables(document.text, document.pages)))
    return extracted.tables if len(document.text) == len(extracted.text) else ()


def _attached(document: Parsed, extracted: Read, limits: Limits) -> list[Parsed | Source | Reject]:
    outcomes: list[Parsed | Source | Reject] = []
    too_deep = uris.attachment_depth(document.uri) >= limits.depth
    most = limits.members if document.media_type in CONTAINERS else limits.attachments
    for n, attachment in enumerate(extracted.attachments, start=1):
        source = Source(
            uri=uris.attachment(document.uri, n),
            content=attachment.content,
            media_type=attachment.media_type,
            parent_id=document.doc_id,
            event_time=document.event_time,
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
