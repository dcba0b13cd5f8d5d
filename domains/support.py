"""Support: which passage shows what a check requires, and how surely.

Wording is met in many places of a document, and the first is often the neighbour of the one that answers: an
announcement, a definition, somebody else's duty. A head (`models/document_head.py`), trained on passages that
readers judged (`research/documents/support.py`), chooses among them; of checks that it was not trained on it
says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from heapq import nlargest
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from docassay.domains.headings import Headings, headings
from docassay.domains.passages import sentences, statement_of
from docassay.domains.rules import Span

if TYPE_CHECKING:
    from docassay.models.document_head import DocumentHead

How = Literal["first", "met", "unmet"]
"""The check's wording alone would show a passage; it is met in it; it is not."""

HEAD = "support"
"""The name of the head's folder."""

SHOWS, _OTHER = "shows", "not"
"""The head's label for a passage that shows what is required, and for another."""

LEAST = 0.87
"""The least probability of a passage that is shown for a pass; `research.documents.support` prints what other
bounds give."""

LEAST_UNMET = 0.3
"""The least probability of a sentence, in other words than the check's, that may say what is asked."""

MOST_PASSAGES = 40
"""Most passages of a document that are weighed for one check."""

MOST_CHARS = 700
"""Characters of a passage that are looked at."""

MOST_READ_CHARS = 100_000
"""Characters of a document in whose sentences what is asked is sought."""

_NOT_SOUGHT = frozenset({"parties_named"})
"""Checks that no sentence answers: parties are named by names, which may be blacked out."""

_FEW_WORDS = 8
"""Sentences shorter than this are weighed as if they had this many words."""

_WORD = re.compile(r"[^\W\d_]{1,40}|\d{1,15}|[$€£%:]")
_STEM = 8
"""Letters of a word that count: endings differ."""

_AROUND, _BESIDE = 80, 6
"""Characters before and after a passage, and how many of the nearest words in them are looked at."""


def features(check: str, text: str, place: Span, found: Headings, how: How) -> list[str]:
    """Give what the head looks at: words and pairs, each alone and with the check, and what surrounds them.

    Args:
        check: The check's id.
        text: The document's.
        place: The passage in it, of which `MOST_CHARS` are looked at.
        found: The document's headings.
        how: What led to the passage.

    >>> features("rights", "Hello. You may.", (7, 15), headings(""), "met")[:4]
    ['rights', 'word you', 'word may', 'word you may']
    """
    start, end = place
    said = text[start:end][:MOST_CHARS]
    words = _words(said)
    told = [check]
    for owner in ("word", check):
        told += [f"{owner} {word}" for word in words]
        told += [f"{owner} {one} {two}" for one, two in pairwise(words)]
    told += [f"{check} {one} _ {two}" for one, two in zip(words, words[2:], strict=False)]
    told += [f"{check} before {word}" for word in _words(text[max(0, start - _AROUND) : start])[-_BESIDE:]]
    told += [f"{check} after {word}" for word in _words(text[end : end + _AROUND])[:_BESIDE]]
    for depth, heading in enumerate(reversed(found.above(start)[-2:])):
        told += [f"{check} above {depth} {word}" for word in _words(heading)]
    stripped = said.strip()
    tenth = 10 * start // max(1, len(text))
    for name in (
        f"ends {stripped[-1:]}",
        f"length {len(words).bit_length()}",
        how,
        f"tenth {tenth}",
    ):
        told += [name, f"{check} {name}"]
    told += [f"begins {stripped[:1].isupper()}", f"cells {'|' in said}", f"points {found.only_points(place)}"]
    return told


def _words(text: str) -> list[str]:
    found = (word.lower() for word in _WORD.findall(text))
    return ["0" * len(word) if word[0].isdecimal() else word[:_STEM] for word in found]


def is_learnt(check: str) -> bool:
    """Tell whether the head was trained on passages for a check, as ``domain.check``."""
    return check in _learnt()


def best_supported(check: str, text: str, spans: Iterable[Span]) -> tuple[Span, float] | None:
    """Choose the span whose statement most probably shows what a check requires; the first of equals.

    Args:
        check: The id of a check that `is_learnt`.
        text: The document's.
        spans: Matches of the check's wording; first the one that wording alone would show.

    Returns:
        The span, and the probability; None where there are no spans.
    """
    found, head = headings(text), head_of_support()
    weighed: dict[Span, tuple[Span, float]] = {}
    for span in spans:
        place = statement_of(text, span)
        if place in weighed:
            continue
        strings = features(check, text, place, found, "met" if weighed else "first")
        weighed[place] = span, head.predict("", strings)[SHOWS]
        if len(weighed) == MOST_PASSAGES:
            break
    return max(weighed.values(), key=lambda one: one[1], default=None)


def may_be_said(check: str, text: str) -> bool:
    """Tell whether a sentence may show what a check requires, though in none of the words that it looks for.

    Args:
        check: The id of a check that `is_learnt`.
        text: The document's, of which `MOST_READ_CHARS` are looked at.
    """
    found, head = headings(text), head_of_support()
    return check not in _NOT_SOUGHT and any(
        head.predict("", features(check, text, place, found, "unmet"))[SHOWS] >= LEAST_UNMET
        for place in _likely(check, text)
    )


def _likely(check: str, text: str) -> list[Span]:
    """Give the sentences worth weighing whole: those whose words weigh most with the check."""
    from docassay.models.hashed_words import string_buckets  # NumPy is late to load

    places, words = _worded(text)
    weights, labels = head_of_support().weights, head_of_support().task.labels
    buckets = string_buckets([f"{check} {word}" for word in words], len(weights.rarity))
    rows = weights.weights[buckets] * weights.scale
    pulls = weights.rarity[buckets] * (rows[:, labels.index(SHOWS)] - rows[:, labels.index(_OTHER)])
    pull = dict(zip(words, pulls.tolist(), strict=True))
    means = {
        place: sum(pull[word] for word in said) / max(_FEW_WORDS, len(said)) for place, said in places.items()
    }
    return nlargest(MOST_PASSAGES, places, key=means.__getitem__)


@lru_cache(maxsize=2)
def _worded(text: str) -> tuple[dict[Span, list[str]], list[str]]:
    """Give the words of each sentence by its place, and all different words."""
    places = {place: _words(text[slice(*place)][:MOST_CHARS]) for place in sentences(text, MOST_READ_CHARS)}
    return places, sorted({word for words in places.values() for word in words})


@cache
def head_of_support() -> DocumentHead:
    """Open the head, once per process."""
    from docassay.models import catalog
    from docassay.models.document_head import load

    return load(catalog.find(HEAD))


@cache
def _learnt() -> frozenset[str]:
    from docassay.models.document_head import checks_of

    return checks_of(head_of_support(), (SHOWS, _OTHER))
