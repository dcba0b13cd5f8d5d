"""Find the items of an annual report by their headings, not by their mention or the table of contents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from domains import Seek, Span, View
from domains.financial.split import item_headings


@lru_cache(maxsize=2)
def _items(text: str) -> dict[str, list[Span]]:
    # Nine checks ask for the items of the same filing, one after the other.
    found: dict[str, list[Span]] = {}
    for name, start, end in item_headings(text):
        found.setdefault(name, []).append((start, end))
    return found


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
