"""Detect the media type of a document by its content, and tell which module reads it (`READERS`).

Binary formats are detected with libmagic's database, read by pure-magic
(docs/decisions/0011-pdf-and-content-types.md). It knows too little of texts: a mail is detected by its
headers (`mail_headers`), HTML by its first tags
(https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type). The header of a PDF may
stand anywhere in the first 1,024 bytes (ISO 32000-1, annex H.3.4.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, cast

from docassay.transforms.formats import Limits, Read, archive, chat, fhir, hl7, mt940, plain
from docassay.transforms.formats.mail_headers import LONGEST, mail_type
from docassay.transforms.formats.media_types import (
    CHAT,
    CSV,
    DOC,
    DOCX,
    EDGAR,
    ENCRYPTED,
    FHIR,
    HL7,
    HTML,
    MAIL,
    MARKDOWN,
    MBOX,
    MT940,
    OUTLOOK,
    PDF,
    RTF,
    TABLES,
    TEXT,
    TEXTS,
    TSV,
    UNKNOWN,
    XLS,
    XLSX,
    XML,
    ZIP,
)

if TYPE_CHECKING:
    from pure_magic_rs import MagicDb


READERS = (
    "plain",
    "pdf",
    "mail",
    "html",
    "markdown",
    "chat",
    "calendar",
    "outlook",
    "edgar",
    "tables",
    "containers",
    "ocr",
    "xml",
    "word",
    "fhir",
    "hl7",
    "mt940",
)
"""The modules of this folder that read a format, or several; those of the most frequent ones come first."""


class Reader(Protocol):
    """What a module of `READERS` has.

    It may have `SIGNATURES`, too: bytes that documents of a format begin with, and the media type that they
    tell. Formats that are harder to tell apart are told by `media_type`.

    Attributes:
        MEDIA_TYPES: The media types that it reads.
    """

    MEDIA_TYPES: frozenset[str]

    def read(self, content: bytes, limits: Limits, media_type: str) -> Read:
        """Read a document of one of these media types; raises `Unusable`."""


def readers() -> Iterator[Reader]:
    """Yield the readers; each is imported when it is asked for."""
    return (cast(Reader, import_module(f"{__package__}.{name}")) for name in READERS)


@cache
def reader_of(media_type: str) -> Reader | None:
    """Find the reader of a media type, or None; what stands behind it in `READERS` is not imported."""
    return next((reader for reader in readers() if media_type in reader.MEDIA_TYPES), None)


@cache
def signatures() -> tuple[tuple[bytes, str], ...]:
    """List the signatures of all readers, with the media type that each tells."""
    return tuple(pair for reader in readers() for pair in getattr(reader, "SIGNATURES", {}).items())


_BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": TSV,
    ".json": "application/json",
    ".jsonl": "application/json",
    ".html": HTML,
    ".htm": HTML,
}
_MAIL_SUFFIXES = frozenset({".eml", ".mbox", ".mht", ".mhtml"})
_HTML = re.compile(
    rb"<(?:!doctype html|"
    rb"(?:html|head|body|script|iframe|h1|div|font|table|style|title|center|meta|br|p|a|b)[\s>/])",
    re.IGNORECASE,
)
# A page is one whatever its name; what else may be Markdown with tags in it.
_PAGE = re.compile(rb"<(?:!doctype|\?xml|html|head|body)[\s>]", re.IGNORECASE)
_TAG = re.compile(rb"<(?:div|p|br|h[1-6]|[uo]l|li|table|section|span|a|b)[\s>/]", re.IGNORECASE)
# What templates of pages begin with: `{% extends "page" %}`, `{{ define "main" }}`, `{# a note #}`.
_DIRECTIVES = re.compile(rb"\s*(?:\{([%{#])[^{}]{0,300}(?:\1|\})\}\s*)+(?=<)")
_HTML_LATER = re.compile(rb"<html[\s>]", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"<(?:\?xml[\s-]|!DOCTYPE\s+[A-Za-z_])")
_XML_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[\s>/]")
# How a filing submitted to EDGAR begins; its SGML closes few of its tags.
_EDGAR = re.compile(
    rb"(?:-----BEGIN PRIVACY-ENHANCED MESSAGE-----[^<]{0,2000})?"
    rb"<(?:SEC-DOCUMENT|IMS-DOCUMENT|SEC-HEADER|DOCUMENT>\s*<TYPE)",
    re.IGNORECASE,
)
_START = 4_096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = {
    "EncryptedPackage": ENCRYPTED,
    "WordDocument": DOC,
    "__substg1.0_": OUTLOOK,
    "Workbook": XLS,
    "WORKBOOK": XLS,
}
_ANSWERS = {"application/x-ms-msg": OUTLOOK, OUTLOOK: "application/vnd.ms-outlook-pst", "text/rtf": RTF}
"""Names of the database for which there is another that is registered."""


def media_type(content: bytes, uri: str = "", declared: str | None = None) -> str:
    """Name the media type of `content`; its name and the declared type only tell text formats apart.

    >>> media_type(b"%PDF-1.7 ...", "letter.txt")
    'application/pdf'
    >>> media_type(b"# Lease", "lease.md")
    'text/markdown'
    """
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(content)
    suffix = PurePosixPath(uri.partition("#")[0].lower()).suffix
    as_text = plain.as_utf8(content, LONGEST)
    # Before the rest: the parts of a mail may be of any kind.
    mail = mail_type(as_text, suffix in _MAIL_SUFFIXES or declared in (MAIL, MBOX))
    if mail is not None:
        return mail
    head = as_text[:1024].lstrip(b" \t\r\n\x00")
    if b"%PDF-" in content[:1024]:
        return PDF
    for signature, signed in signatures():
        if head.startswith(signature):
            return signed
    start, end = as_text[:_START], content[-1024:].replace(b"\x00", b"")
    if (data := _data(start, end)) is not None:
        return data
    binary = plain.is_binary(content)
    if binary or b"\x00" in head or head.startswith(b"%!PS"):
        told = _binary(content)
        if binary or not told.startswith(("text/", UNKNOWN)):
            return told
    named = _BY_SUFFIX.get(suffix) or (declared if declared in TEXTS | TABLES | {HTML} else None)
    start_of_markup = _skipped(start)
    kind = _markup(start_of_markup, end)
    if kind == XML and not start.lstrip(b" \t\r\n\x00").startswith(b"<"):
        kind = None  # a template, as of a feed: no parser of XML takes what is before it
    if _EDGAR.match(start.lstrip()):
        kind = EDGAR
    if kind == HTML and named == MARKDOWN and not _PAGE.match(start_of_markup):
        return named
    if kind in (HTML, EDGAR) or (kind and not named):
        return kind
    if named == HTML:
        named = HTML if _TAG.search(as_text) else kind
    return CHAT if declared == CHAT else chat.chat_type(start) or named or TEXT


def _data(start: bytes, end: bytes) -> str | None:
    """Tell data for programs by how they begin."""
    if hl7.is_hl7(start):
        return HL7
    if mt940.is_mt940(start):
        return MT940
    return FHIR if fhir.is_fhir(start, end) else None


def declared_by_name(name: str) -> str | None:
    """Tell what a file's name says of it, where its content may not."""
    suffix = PurePosixPath(name.lower()).suffix
    return MAIL if suffix == ".eml" else _BY_SUFFIX.get(suffix)


def _skipped(start: bytes) -> bytes:
    """Drop what may stand before the first tag: white space, comments, front matter, directives."""
    start = start[plain.front_matter(start.decode("latin-1")) :].lstrip(b" \t\r\n\x00")
    if directives := _DIRECTIVES.match(start):
        start = start[directives.end() :]
    while start.startswith(b"<!--"):
        _, closed, rest = start.partition(b"-->")
        start = rest.lstrip() if closed else b""
    return start


def _markup(start: bytes, end: bytes) -> str | None:
    """Tell HTML and XML from text that happens to begin with a word in angle brackets."""
    if _HTML.match(start):
        return HTML
    if _XML_DECLARED.match(start):
        return HTML if _HTML_LATER.search(start) else XML
    root = _XML_ROOT.match(start)
    return XML if root and end.rstrip().endswith((b"</" + root.group(1) + b">", b"/>")) else None


def _zip(content: bytes) -> str:
    """Name what a zip file is: its members tell, even where it is cut short; else the database."""
    names = archive.names(content)
    if names is None:  # the names before each member remain
        start = content[:65_536]
        whole = ("word/document.xml", "xl/workbook.xml")
        names = frozenset(name for name in whole if name.partition("/")[0].encode() + b"/" in start)
    if any(name.startswith("word/document") for name in names):
        return DOCX
    if any(name.startswith("xl/workbook") for name in names):
        return XLSX
    told = _magic(content)
    return ZIP if told == UNKNOWN else told


def _binary(content: bytes) -> str:
    told = _magic(content)
    if content.startswith(_OLE) and told in (UNKNOWN, "application/x-ole-storage"):
        # The names of its streams are UTF-16 entries of a directory that the database does not find.
        streams = (kind for name, kind in _STREAMS.items() if name.encode("utf-16-le") in content)
        return next(streams, "application/x-ole-storage")
    return told


def _magic(content: bytes) -> str:
    try:
        told = _database().best_magic_buffer(content, None).mime_type.partition(";")[0].strip()
    except ValueError:
        return UNKNOWN
    return _ANSWERS.get(told, told)


@cache
def _database() -> MagicDb:
    from pure_magic_rs import MagicDb  # costs 50 ms, and most documents are text

    return MagicDb()
