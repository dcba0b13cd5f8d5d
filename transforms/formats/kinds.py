"""Media types: which format a document is in, by its content.

The signatures are those of the formats' own specifications: a PDF's header may stand anywhere in
the first 1,024 bytes (ISO 32000-1, annex H.3.4.1), HTML begins with one of a few tags
(https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from docassay.transforms.formats import archive, plain, readers
from docassay.transforms.formats.media_types import (
    DOC,
    DOCX,
    HTML,
    MAIL,
    MARKDOWN,
    PDF,
    TEXT,
    TEXTS,
    UNKNOWN,
    XML,
)

_BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/json",
}
_HTML = re.compile(
    rb"<(?:!doctype html|"
    rb"(?:html|head|body|script|iframe|h1|div|font|table|style|title|center|meta|br|p|a|b)[\s>/])",
    re.IGNORECASE,
)
_HTML_LATER = re.compile(rb"<html[\s>]", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"<(?:\?xml[\s-]|!DOCTYPE\s+[A-Za-z_])")
_XML_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[\s>/]")
# How a filing submitted to EDGAR begins; its SGML closes few of its tags.
_EDGAR = re.compile(rb"<(?:SEC-DOCUMENT|IMS-DOCUMENT|SEC-HEADER|DOCUMENT>\s*<TYPE)", re.IGNORECASE)
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[^\n]*\n?|[ \t][^\n]*\n?")
_MAIL_ONLY = {b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to", b"dkim-signature"}
_MAIL_ALSO = {b"from", b"to", b"subject", b"date", b"content-type", b"reply-to", b"cc", b"sender"}


def media_type(content: bytes, uri: str = "", declared: str | None = None) -> str:
    """Name the media type of `content`; its name and the declared type only tell text formats apart.

    >>> media_type(b"%PDF-1.7 ...", "letter.txt")
    'application/pdf'
    >>> media_type(b"# Lease", "lease.md")
    'text/markdown'
    """
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(content)
    if _mail(content[:4096], uri, declared):  # before the rest: its parts may be of any kind
        return MAIL
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # The names of an OLE file's streams are UTF-16 entries of its directory.
        return DOC if "WordDocument".encode("utf-16-le") in content else "application/x-ole-storage"
    for signature, signed in readers.signatures():
        if head.startswith(signature):
            return signed
    if plain.is_binary(content):
        return _binary(content)
    if head.startswith(b"%!PS"):
        return "application/postscript"
    start, end = content[:4096], content[-1024:]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00<" in start[:8] or b"<\x00" in start[:8]:
        start = plain.decode(start).encode("utf-8", "replace")
        end = end.replace(b"\x00", b"")
    named = _BY_SUFFIX.get(PurePosixPath(uri.partition("#")[0].lower()).suffix)
    kind = _markup(_skipped(start), end)
    if kind is None and _EDGAR.match(start.lstrip()):
        kind = HTML if _HTML_LATER.search(content) else TEXT
    if kind == HTML or (kind and not named):
        return kind
    return named or (declared if declared in TEXTS else TEXT)


def _skipped(start: bytes) -> bytes:
    """Drop what may stand before the first tag: byte order mark, white space, comments, style sheets."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n\x00")
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


def _mail(start: bytes, uri: str, declared: str | None) -> bool:
    """Tell a mail by its headers: one that only mails have, or common ones; a mail's name needs fewer."""
    body = start.lstrip(b"\r\n")
    if body.startswith(b"From "):  # an mbox separator line
        body = body.partition(b"\n")[2]
    names: set[bytes] = set()
    position = 0
    while match := _HEADER.match(body, position):
        position = match.end()
        if match.group(1):
            names.add(match.group(1).lower())
    sure, likely = names & _MAIL_ONLY, names & _MAIL_ALSO
    declared_mail = declared == MAIL or uri.lower().endswith((".eml", ".mbox", ".mht"))
    return bool(sure and (likely or len(sure) > 1)) or len(likely) >= (1 if declared_mail else 4)


def _zip(content: bytes) -> str:
    names = archive.names(content)
    if names is None:  # the names before each member remain
        names = frozenset({"word/document.xml"} if b"word/" in content[:65_536] else ())
    if "word/document.xml" in names or any(n.startswith("word/document") for n in names):
        return DOCX
    return "application/zip"


def _binary(content: bytes) -> str:
    """Name a format that is not read, so that the reject can say what it was."""
    import puremagic  # only for files that are refused

    if content.startswith(b"\xffWPC"):
        return "application/vnd.wordperfect"
    try:
        return puremagic.from_string(content[:4096], mime=True) or UNKNOWN
    except (puremagic.PureError, ValueError):
        return UNKNOWN
