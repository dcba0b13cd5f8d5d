"""Filings as EDGAR stores them: SGML around documents in HTML, text or XML (EDGAR Filer Manual, volume II).

A submission's text is what its header says of it and its first document, which is the filing itself; every
further document is an attachment. Each document stands between tags of which most are never closed:
``<DOCUMENT> <TYPE> <SEQUENCE> <FILENAME> <DESCRIPTION> <TEXT> ... </TEXT> </DOCUMENT>``.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise

from docassay.transforms.formats import Attachment, Limits, Read, Unusable, html, plain, xml
from docassay.transforms.formats.kinds import media_type as tell_media_type
from docassay.transforms.formats.media_types import EDGAR, HTML, XML

MEDIA_TYPES = frozenset({EDGAR})

_DOCUMENT = re.compile(rb"<DOCUMENT>\s{0,20}<TYPE>", re.IGNORECASE)
_FIELD = re.compile(rb"<(TYPE|FILENAME|DESCRIPTION)>([^\r\n<]{0,200})", re.IGNORECASE)
_TEXT = re.compile(rb"<TEXT>", re.IGNORECASE)
_END = re.compile(rb"</(?:DOCUMENT|SEC-DOCUMENT|IMS-DOCUMENT)>|-----END PRIVACY-ENHANCED", re.IGNORECASE)
_WRAPPER = re.compile(rb"\s*<(XML|XBRL|PDF|JSON)>\s*", re.IGNORECASE)
_UUENCODED = re.compile(rb"\s*begin [0-7]{3,4} [^\n]{0,200}\n")
_COPIES = re.compile(r"(?i)(?:GRAPHIC|EXCEL|ZIP|JSON|XML|EX-101\.\S+|EX-104)$")
"""Types of pictures that a document shows, and of copies of its figures for machines."""
_TABLE_TAGS = re.compile(r"</?(?:PAGE|TABLE|CAPTION|S|C|FN|F\d{1,3})>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,5});")
_HEADER = re.compile(
    r"(?m)^[ \t]*(CONFORMED SUBMISSION TYPE|CONFORMED PERIOD OF REPORT|FILED AS OF DATE|"
    r"COMPANY CONFORMED NAME|FORM TYPE):[ \t]*(\S[^\n]{0,200})$"
)
_STATED = (
    ("registrant", "COMPANY CONFORMED NAME"),
    ("cik", "CENTRAL INDEX KEY"),
    ("form", "CONFORMED SUBMISSION TYPE"),
    ("period", "CONFORMED PERIOD OF REPORT"),
)
_FILED = re.compile(r"FILED AS OF DATE:[ \t]*(\d{8})")
_HEADER_BYTES = 50_000


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a submission, or one document of it.

    Raises:
        Unusable: No document in it, or longer than `Limits.chars`.
    """
    starts = [match.start() for match in _DOCUMENT.finditer(content)]
    documents = [content[start:end] for start, end in pairwise([*starts, len(content)])]
    kept = [document for document in documents if not _COPIES.match(_fields(document).get("TYPE", ""))]
    header = plain.decode(content[: min(starts[0] if starts else len(content), _HEADER_BYTES)]).replace(
        "\r", ""
    )
    if not kept:
        raise Unusable("no_text", "a submission without a document")
    main = _document(kept[0], limits)
    lines = [f"{name}: {value.strip()}" for name, value in dict.fromkeys(_HEADER.findall(header))]
    return Read(
        plain.bounded("\n\n".join(filter(None, ["\n".join(lines), main.text])), limits),
        title=_title(_fields(kept[0])) or main.title,
        event_time=_filed(header),
        embedded_values=tuple(_stated(header)) or main.embedded_values,
        attachments=(*main.attachments, *(Attachment(document, EDGAR) for document in kept[1:])),
    )


def _stated(header: str) -> Iterator[tuple[str, str]]:
    """Give what the header of a submission states of registrant, number, form and period."""
    for name, label in _STATED:
        found = re.search(rf"(?m)^[ \t]*{label}:[ \t]*(\S[^\n]{{0,200}})$", header)
        written = found[1].strip() if found else ""
        if name == "period":
            day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", written)
            written = "-".join(day.groups()) if day else ""
        if written:
            yield name, written


def _fields(document: bytes) -> dict[str, str]:
    head = document[:2_000]
    text = _TEXT.search(head)
    found = _FIELD.findall(head[: text.start()] if text else head)
    return {name.decode("ascii").upper(): plain.decode(value).strip() for name, value in found}


def _title(fields: dict[str, str]) -> str | None:
    """Name a form by its type (``Form 8-K``), an exhibit by what it is described as."""
    kind, description = fields.get("TYPE", ""), fields.get("DESCRIPTION", "")
    if kind.upper().startswith("EX-"):
        return description or kind
    return f"Form {kind}" if kind else description or None


def _document(document: bytes, limits: Limits) -> Read:
    """Read what stands between the tags of one document; what is no text at all is an attachment."""
    body, name = _body(document), _fields(document).get("FILENAME", "")
    encoded = _UUENCODED.match(body)
    if encoded:
        return Read("", attachments=(Attachment(_decoded(body[encoded.end() :]), None),))
    kind = tell_media_type(body, name)
    if kind == HTML:
        return html.read(body, limits, HTML)
    if kind == XML:
        return xml.read(body, limits, XML)
    if plain.is_binary(body):
        return Read("", attachments=(Attachment(body, kind),))
    text = _ENTITY.sub(lambda match: unescape(match.group()), _TABLE_TAGS.sub("", plain.decode(body)))
    return Read(plain.bounded(text.strip("\r\n"), limits))


def _body(document: bytes) -> bytes:
    start = _TEXT.search(document)
    body = document[start.end() :] if start else document
    end = max(body.rfind(b"</TEXT>"), body.rfind(b"</text>"))
    if end < 0:
        closed = _END.search(body)
        end = closed.start() if closed else len(body)
    body = body[:end].lstrip()
    wrapper = _WRAPPER.match(body)
    if wrapper:
        body = body[wrapper.end() :].rstrip().removesuffix(b"</" + wrapper.group(1) + b">")
    return body


def _decoded(lines: bytes) -> bytes:
    decoded = []
    for line in lines.splitlines():
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    return b"".join(decoded)


def _filed(header: str) -> datetime | None:
    filed = _FILED.search(header)
    try:
        return datetime.strptime(filed.group(1), "%Y%m%d").replace(tzinfo=UTC) if filed else None
    except ValueError:
        return None
