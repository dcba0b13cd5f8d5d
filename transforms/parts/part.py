"""Part: a file's pages become documents, before anything else reads its text.

Scanners, case files and mail rooms put several documents into one file. For each two pages that follow each
other a small model (`models/page_pair.py`) says from words, numbering and layout how probable it is that a
document begins between them; rules overrule it where a file says so itself. Where neither is sure nothing is
cut: the document is marked as `mixed`. A text without paper has pages where it has form feeds. See
docs/decisions/0013-files-are-cut-into-parts.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from typing import TYPE_CHECKING

from docassay.models import catalog
from docassay.transforms.parts.pairs import FEATURES, Surroundings, features, strings
from docassay.transforms.parts.sides import Side
from docassay.transforms.parts.within import (
    is_amendment,
    is_annex,
    is_bare,
    is_contents,
    is_front,
    is_signed,
    is_title,
    lists_pages,
)

if TYPE_CHECKING:
    from docassay.models.page_pair import PagePairModel

MODEL = "part"
"""The name of the model's folder."""

NUMBERED_ON = 0.02
"""Probability of a beginning on a page that bears the next number of the same total."""

COVER_WORDS = 25
COVER_SHARE = 0.33
"""What has fewer words, of which such a share stands on the next page, may be no document but the cover of
what follows it: that begins with its cover, and has one at most."""

_CLAUSE = re.compile(
    r"(?i)(?:section|article|artikel|clause|§) ?(\d{1,4})\b|(\d{1,4})[.)] (?!\w{3,9}\.? (?:19|20)\d\d\b)"
)
"""A line that numbers a clause; ``12. Mai 2026`` is a date."""


_NOTHING = Side("")


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a document begins.

    Attributes:
        page: Its first page, from 0.
        probability: That one begins there.
    """

    page: int
    probability: float


@dataclass(frozen=True, slots=True)
class Cuts:
    """The documents of a file.

    Attributes:
        sure: Where each begins, in order; the first page is always among them.
        unsure: Pages, from 0, on which another may begin; it is not cut there.
    """

    sure: tuple[Cut, ...]
    unsure: tuple[int, ...] = ()


def part(pages: Sequence[Side]) -> Cuts:
    """Find the documents in a file.

    Returns:
        The beginnings. A page without anything on it is of the document before it. Where a file holds several
        documents, pages of which nothing can be read are a document of their own, but for those within one.
    """
    written = [at for at, page in enumerate(pages) if page.lines and not page.unread]
    likely: list[Cut] = []
    covered: list[int] = []
    within: set[int] = set()
    most_lines = max((len(pages[at].lines) for at in written), default=0)
    any_bookmark = any(page.look.bookmark for page in pages)
    first = written[0] if written else 0
    contents = False
    for before, after, then in zip(written, written[1:], [*written[2:], None], strict=False):
        around = Surroundings(
            len(pages),
            most_lines,
            any_bookmark,
            pages[first],
            after - first,
            after - before - 1,
            None if then is None else pages[then],
        )
        continued = contents and lists_pages(pages[before], len(pages))
        contents = continued or is_contents(pages[before], before - first, len(pages))
        probability = _judged(pages[before], pages[after], around)
        titled = before == first and is_front(pages[before])
        if contents or (titled and is_contents(pages[after], after - first, len(pages))):
            probability = min(probability, _model().mixed)
        readable = not any(page.unread for page in pages[before + 1 : after])
        if before == first and readable and _is_cover(pages[before], pages[after]):
            titled = before == written[0] and is_title(pages[before], pages[after])
            if probability >= _model().mixed and not titled:
                covered.append(after)
            if likely and likely[-1].page == first:
                likely[-1] = replace(likely[-1], probability=max(likely[-1].probability, probability))
            continue
        if probability >= _model().mixed:
            likely.append(Cut(_first_of_gap(pages, before, after), probability))
        if probability >= _model().further:
            first, contents = after, False
        else:
            within.update(range(before + 1, after))
    further = [cut for cut in likely if cut.probability >= _model().further]
    sure = further if 1 - prod(1 - cut.probability for cut in further) >= _model().cut else []
    begins = [Cut(0, 1.0), *sure]
    if sure:
        begins = _with_unread(pages, begins, within)
    unsure = {*covered, *(cut.page for cut in likely)} - {cut.page for cut in begins}
    return Cuts(tuple(begins), tuple(sorted(unsure)))


def _judged(before: Side, after: Side, around: Surroundings) -> float:
    """Give the probability that a document begins between two pages, as the rules correct the model's."""
    numbers = features(before, after, around)
    if is_numbered_on(numbers):
        return NUMBERED_ON
    model = _model()
    probability = model.predict(numbers, strings(before, after))
    if is_annex(around.first, before, after) or is_signed(before, after):
        return min(probability, model.mixed) if probability >= model.further else NUMBERED_ON
    next_clause = _clause(after) == _clause(before) + 1 > 1
    ends_bare = around.then is None and is_bare(after)
    is_annexed = is_bare(before) and is_annex(_NOTHING, _NOTHING, before)
    if next_clause or ends_bare or is_annexed or is_amendment(around.first, after):
        probability = min(probability, model.mixed)  # not sure enough to cut, only to tell
    return probability


def _clause(page: Side) -> int:
    """Give the number of the clause that a page begins with, or 0."""
    found = _CLAUSE.match(page.body[0])
    return int(found[1] or found[2]) if found else 0


def is_numbered_on(numbers: Sequence[float]) -> bool:
    """Tell whether two pages bear numbers that follow each other of the same total."""
    return bool(numbers[FEATURES.index("continues_total")])


def _is_cover(before: Side, after: Side) -> bool:
    if is_bare(before):
        return True
    words = sum(len(line.split()) for line in before.lines[:COVER_WORDS])
    return words < COVER_WORDS and len(before.words & after.words) >= COVER_SHARE * max(1, len(before.words))


def _first_of_gap(pages: Sequence[Side], before: int, after: int) -> int:
    """Give the page on which what follows begins: behind empty ones, before those that cannot be read."""
    unread = (at for at in range(before + 1, after) if pages[at].unread)
    return next(unread, after)


def _with_unread(pages: Sequence[Side], cuts: Sequence[Cut], within: Collection[int]) -> list[Cut]:
    """Make documents of pages that cannot be read, and of what follows them; not of those `within` one."""
    begins = {cut.page: cut for cut in cuts}
    was_unread = pages[0].unread
    for at, page in enumerate(pages):
        if at not in within and (page.unread or page.lines):
            if page.unread != was_unread:
                begins.setdefault(at, Cut(at, 1.0))
            was_unread = page.unread
    return [begins[at] for at in sorted(begins)]


@cache
def _model() -> PagePairModel:
    from docassay.models.page_pair import load

    return load(catalog.find(MODEL))
