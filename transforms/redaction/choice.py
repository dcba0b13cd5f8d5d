"""What a person wants removed and kept, besides what the tagger finds or somebody has marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.domains.disguise import shown
from docassay.schemas.errors import UsageError
from docassay.transforms.redaction.spans import (
    LEAST,
    REPEATED_TOKENS,
    PersonalSpan,
    Phrase,
    back,
    joined,
    phrase,
    settle,
    standing,
)

MOST_PHRASES = 100_000
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose to remove and to keep.

    Attributes:
        keep: Phrases that are kept; a longer span that contains one is still removed.
        remove: Phrases that are removed wherever they occur, even those in `keep`.
        only: The only labels whose spans are removed; empty for all labels.
        excluded: Labels whose spans are kept.
        least: Smallest probability at which a span that the tagger finds is removed.
    """

    keep: frozenset[Phrase] = frozenset()
    remove: frozenset[Phrase] = frozenset()
    only: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    least: float = LEAST

    def applied(self, text: str, spans: Sequence[PersonalSpan]) -> tuple[list[PersonalSpan], int]:
        """Give the spans to remove, in order, and how many of those that were found are kept."""
        going = [span for span in spans if self._goes(text, span)]
        return joined(text, [*going, *listed(text, self.remove)]), len(spans) - len(going)

    def _goes(self, text: str, span: PersonalSpan) -> bool:
        chosen = not self.only or span.label in self.only
        return (
            chosen
            and span.label not in self.excluded
            and phrase(text[span.start : span.end]) not in self.keep
        )


def decided(
    text: str,
    spans: Sequence[PersonalSpan],
    decisions: Iterable[Mapping[str, Any]],
    is_ordinary: Callable[[str], bool],
) -> list[PersonalSpan]:
    """Add and leave out what people decided on the personal data of a document, wherever its words stand.

    Args:
        text: The document's text.
        spans: What was found.
        decisions: Rows of `schemas.decisions.Decision` on entities of the document, those that count.
        is_ordinary: As `spans.settle` takes it.
    """
    given: list[PersonalSpan] = []
    dismissed: set[Phrase] = set()
    for row in decisions:
        words, outcome, start = row["evidence"], row["outcome"], row["corrected_start"]
        if not words or outcome not in ("confirmed", "corrected", "dismissed"):
            continue
        if outcome == "dismissed" or start is not None:
            dismissed.add(phrase(words))
        places = [match.span() for match in re.finditer(re.escape(words), text)]
        if start is not None and (row["start_char"], row["end_char"]) in places:
            places = [(start, row["corrected_end"])]
        if outcome != "dismissed":
            label = row["corrected_label"] or row["code"]
            given += [PersonalSpan(start, end, label) for start, end in places]
    dismissed -= {phrase(text[span.start : span.end]) for span in given}

    def without_dismissed(spans: Iterable[PersonalSpan]) -> list[PersonalSpan]:
        return [span for span in spans if phrase(text[span.start : span.end]) not in dismissed]

    left = without_dismissed(spans)
    return without_dismissed(settle(text, [*left, *given], is_ordinary)) if given else left


def listed(text: str, phrases: Collection[Phrase]) -> list[PersonalSpan]:
    """Find where phrases of a list occur in a text as a person sees it, ignoring case."""
    as_shown = shown(text)
    seen, way = as_shown or (text, None)
    there = list(standing(seen, {one: PersonalSpan(0, 0, "removed") for one in phrases}, ()))
    return joined(text, back(way, there) if way else there)


def read_phrases(path: Path) -> frozenset[Phrase]:
    """Read a list of phrases, one per line; empty lines and those that begin with ``#`` are skipped.

    Raises:
        UsageError: The file cannot be read or is too large, or a phrase is too long, or there are too many.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} has more than {_MOST_BYTES:,} bytes")
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no UTF-8 text"
        raise UsageError(f"{path} cannot be read: {why}") from None
    phrases = set()
    for number, line in enumerate(lines, start=1):
        tokens = phrase(line)
        if not tokens or line.startswith("#"):
            continue
        if len(tokens) > REPEATED_TOKENS:
            raise UsageError(f"{path}, line {number}: more than {REPEATED_TOKENS} words and marks")
        phrases.add(tokens)
    if len(phrases) > MOST_PHRASES:
        raise UsageError(f"{path} has more than {MOST_PHRASES:,} phrases")
    return frozenset(phrases)


def check_labels(labels: Collection[str], known: Collection[str]) -> None:
    """Refuse labels that the tagger does not have.

    Raises:
        UsageError: There is no such label; the message names it, and the labels that there are.
    """
    for label in labels:
        if label not in known:
            raise UsageError(f"{label} is no label of personal data; there are {', '.join(sorted(known))}")
