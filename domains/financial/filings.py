"""Find the items of an annual report by their headings, not by their mention or the table of contents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import re2

from docassay.domains import Seek, Span, View
from docassay.domains.financial.split import item_headings

_SIGNING = re2.compile(r"(?i)pursuant\s+to\s+the\s+requirements\s+of|signed\s+on\s+its\s+behalf\s+by")
_CONFORMED = re2.compile(r"(?i)/ ?s ?/[^\n]{0,60}")
_REACH = 1_200
"""How far behind the statement a signature is looked for, in characters."""


def filing_signature(view: View) -> Iterable[Span]:
    """Find conformed signatures, ``/s/ Ada Brook``, below the statement that the registrant signs."""
    for match in _SIGNING.finditer(view.text):
        signature = _CONFORMED.search(view.text[match.end() : match.end() + _REACH])
        if signature:
            yield (match.end() + signature.start(), match.end() + signature.end())


@lru_cache(maxsize=2)
def _items(text: str) -> dict[str, list[Span]]:
    # Nine checks ask for the items of the same filing, one after the other.
    items: dict[str, list[Span]] = {}
    for name, start, end in item_headings(text):
        items.setdefault(name, []).append((start, end))
    return items


def _item(name: str) -> Seek:
    def seek(view: View) -> Iterable[Span]:
        return _items(view.text).get(name, [])

    return seek


item_1 = _item("1")
item_1a = _item("1a")
item_1c = _item("1c")
item_3 = _item("3")
item_7 = _item("7")
item_7a = _item("7a")
item_8 = _item("8")
item_9a = _item("9a")
item_11 = _item("11")
