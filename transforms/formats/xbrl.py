"""What the cover of a filing states as data in inline XBRL: registrant, its number, form and period.

The names are those of the Commission's taxonomy "Document and Entity Information"
(https://xbrl.sec.gov/dei/). The period is that of the context of ``DocumentPeriodEndDate``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from docassay.transforms.formats import Stated

_NAMES = (
    ("registrant", "EntityRegistrantName"),
    ("cik", "EntityCentralIndexKey"),
    ("form", "DocumentType"),
    ("period", "DocumentPeriodEndDate"),
)
_NEAR = 5_000
_TAG = re.compile(r"<[^<>]*>")
_CONTEXT = re.compile(r"contextRef\s*=\s*[\"']([^\"'<>]{1,200})[\"']", re.IGNORECASE)
_END = re.compile(r"<(?:\w{1,20}:)?(?:endDate|instant)>\s*(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,10}")
_FORM = re.compile(r"[A-Z0-9][A-Z0-9 /-]{0,20}")
_LONGEST = 200


def of_cover(markup: str) -> Stated:
    """Give what the tags of a cover state; nothing of a page without them."""
    return tuple(_values(markup)) if "dei:EntityRegistrantName" in markup else ()


def _values(markup: str) -> Iterator[tuple[str, str]]:
    for name, tag in _NAMES:
        at = re.search(rf"[\"']dei:{tag}[\"']", markup)
        start = markup.rfind("<", max(0, at.start() - _NEAR), at.start()) if at else -1
        if at is None or start < 0:
            continue
        opened = markup.find(">", at.end(), at.end() + _NEAR)
        closed = markup.find("</ix:", opened, opened + _NEAR) if opened >= 0 else -1
        if closed < 0:
            continue
        written = " ".join(unescape(_TAG.sub("", markup[opened + 1 : closed])).split())[:_LONGEST]
        if name == "period":
            context = _CONTEXT.search(markup, start, opened)
            written = _period(markup, context[1]) if context else ""
        fits = {"cik": _NUMBER, "form": _FORM}.get(name)
        if written and (fits is None or fits.fullmatch(written)):
            yield name, written.zfill(10) if name == "cik" else written


def _period(markup: str, context: str) -> str:
    """Give the end of a context, or ``""``."""
    at = re.search(
        rf"<(?:\w{{1,20}}:)?context\b[^<>]{{0,200}}\bid\s*=\s*[\"']{re.escape(context)}[\"']", markup
    )
    found = _END.search(markup, at.end(), at.end() + _NEAR) if at else None
    return found[1] if found else ""
