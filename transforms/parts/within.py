"""Pages that belong to the document before them, told by what stands on them.

The model of page pairs takes an annex with a heading of its own for the beginning of a document. These rules
overrule it: what is annexed to a contract, and the page on which it is signed, are parts of it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from docassay.transforms.parts.pairs import is_message, is_opening
from docassay.transforms.parts.sides import EDGE_LINES, Side

_BARE_CHARS, _TITLE_CHARS = 60, 120
_FULL = 5
"""Behind a title page is one with so many times its characters."""
_SIGNED_WORDS, _LONG_SIGNED_WORDS, _FRONT_WORDS = 70, 150, 60
_LISTED, _FEWEST_LISTED, _EARLY = 0.5, 4, 5
_TITLE_NAMES, _OTHERS, _ALIKE = 0.3, 0.15, 0.7

_ANNEX = re.compile(
    r"\W{0,4}(?i:annexe?|appendix|schedule|attachment|addendum|anlage|anhang|anexo|exhibit(?!\W*\d+\.\w))"
    r"(?: to\b|\W{1,3}(?:[A-Z](?:-?\d{1,2})?|[IVX]{1,5}|\d{1,2}(?:\.\d{1,2})*)"
    r"(?:$|[.:]|\W{1,3}[-–—]| to\b| [“\"(]?[A-Za-z]{2}))"
)
"""A line that heads an annex with its letter or number; a whole contract is filed as ``Exhibit 10.32``."""
_OF_ANOTHER = re.compile(r"(?i)to\b")
_CONTENTS = re.compile(
    r"(?i)\W{0,4}(?:(?:table of )?contents|index|inhalt(?:sverzeichnis)?|sommaire|table des matières|índice"
    r"|indice|inhoud(?:sopgave)?)\b.{0,20}$"
)
_LISTS = re.compile(r"[^\d\s.][\s.…]+(\d{1,3})$")
_SIGNED = re.compile(r"(?i)(?:by|title|its|witness|signature|signed)\s*:|.{0,60}(?:_{8,}|/s/)")
_BLANK = re.compile(r"(?i)(?:name|date)\s*:")
_ANNOUNCED = re.compile(
    r"(?i)\[.{0,80}(?:signature|remainder)|signature page|intentionally (?:left )?blank"
    r"|remainder of (?:the|this) page"
)
_WITNESS = re.compile(r"(?i)in witness whereof")
_AMENDMENT = re.compile(r"(?i).{0,40}\bamendment\b.{0,30}\bto\b(.{4,80})")
_AMOUNT = re.compile(r"(?i)(?<!\d)(?<!ex-)(?<!exhibit )\d{1,12}[.,]\d{2}\b(?!\.\d)")
"""Neither ``Exhibit 10.32`` nor ``12.05.2026``."""
_FILE_NAME = re.compile(r"\S*\d\S*")


def is_bare(page: Side) -> bool:
    """Tell whether a page has almost no text, or only a title: it is no document by itself.

    What says something by itself (see `_says`) is one, however short.
    """
    return (len(page.whole) <= _BARE_CHARS or _is_capitals(page)) and not _says(page)


def is_title(page: Side, after: Side) -> bool:
    """Tell whether a page has only a title in capitals, and what is behind it is full."""
    return _is_capitals(page) and not _says(page) and len(after.whole) >= _FULL * len(page.whole)


def is_front(page: Side) -> bool:
    """Tell whether a page may be the title page of a book or a contract."""
    return len(page.text.split()) < _FRONT_WORDS and not _says(page)


def _says(page: Side) -> bool:
    """Tell whether a page is a message, tells an amount, ends a sentence or is page 1 of 1."""
    if any(number.value == number.total for number in page.numbers) or is_message(page):
        return True
    return page.whole.rstrip().endswith((".", "!", "?")) or _AMOUNT.search(page.whole) is not None


def _is_capitals(page: Side) -> bool:
    return len(page.whole) <= _TITLE_CHARS and _FILE_NAME.sub("", page.text).isupper()


def is_contents(page: Side, at: int, pages: int) -> bool:
    """Tell whether a table of contents begins on page `at` of a document, from 0, in a file of `pages`.

    It stands near the beginning; what stands at the end is an index.
    """
    return at < _EARLY and lists_pages(page, pages) and any(map(_CONTENTS.match, page.body[:EDGE_LINES]))


def lists_pages(page: Side, pages: int) -> bool:
    """Tell whether most lines of a page end in numbers of pages of the file, which rise."""
    listed = [int(found[1]) for found in map(_LISTS.search, page.body) if found]
    enough = len(listed) >= max(_FEWEST_LISTED, _LISTED * len(page.body))
    return enough and max(listed) <= pages and all(a <= b for a, b in pairwise(listed))


def is_annex(first: Side, before: Side, after: Side) -> bool:
    """Tell whether an annex of the document with such a first page begins, below what runs at the top.

    What opens a contract between others is none, even if it was filed as an exhibit.
    """
    running = [set(line.split()) for line in before.body[:EDGE_LINES]]
    tops = ((line, set(line.split())) for line in after.body[:EDGE_LINES])
    heads = (line for line, top in tops if all(len(top & one) < _ALIKE * len(top | one) for one in running))
    if not _ANNEX.match(next(heads, "")):
        return False
    is_of_others = len(after.names & first.names) < _OTHERS * len(after.names)
    return not (is_of_others and is_opening(after)) or any(map(_OF_ANOTHER.match, after.body[:EDGE_LINES]))


def is_signed(before: Side, after: Side) -> bool:
    """Tell whether a page bears little but the signatures of what stands before it."""
    announced = any(map(_ANNOUNCED.search, before.body[-2:])) or _WITNESS.match(after.body[0]) is not None
    if len(after.text.split()) >= (_LONG_SIGNED_WORDS if announced else _SIGNED_WORDS) or is_message(after):
        return False
    signed = sum(map(bool, map(_SIGNED.match, after.body)))
    return signed > 1 or (announced and any(_SIGNED.match(line) or _BLANK.match(line) for line in after.body))


def is_amendment(first: Side, after: Side) -> bool:
    """Tell whether an amendment begins of the contract that begins on a first page, between its parties."""
    title = next((found[1] for found in map(_AMENDMENT.match, after.body[:2]) if found), "")
    words = set(re.findall(r"[^\W\d_]{3,}", title.lower()))
    known = len(first.names & after.names) >= _TITLE_NAMES * max(1, len(first.names))
    return bool(words) and words <= first.words and known
