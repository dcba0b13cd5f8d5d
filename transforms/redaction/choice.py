"""What a person wants removed and kept, besides what the tagger finds or somebody has marked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
        removed = listed(text, dict.fromkeys(self.remove, PersonalSpan(0, 0, "removed")))
        return joined(text, [*going, *removed]), len(spans) - len(going)

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

    A correction leaves out only the span that it is on.

    Args:
        text: The document's text.
        spans: What was found.
        decisions: Rows of `schemas.decisions.Decision` on entities of the document, those that count.
        is_ordinary: As `spans.settle` takes it.
    """
    given: list[PersonalSpan] = []
    anywhere: dict[Phrase, PersonalSpan] = {}
    dismissed: set[Phrase] = set()
    corrected: set[tuple[int, int]] = set()
    for row in decisions:
        words, outcome, place = row["evidence"], row["outcome"], (row["start_char"], row["end_char"])
        tokens = phrase(words or "")
        if not tokens or outcome not in ("confirmed", "corrected", "dismissed"):
            continue
        if outcome == "dismissed":
            dismissed.add(tokens)
            continue
        label = row["corrected_label"] or row["code"]
        there = None not in place and text[slice(*place)] == words
        if there and outcome == "corrected":
            corrected.add(place)
        if there and row["corrected_start"] is not None:
            given.append(PersonalSpan(row["corrected_start"], row["corrected_end"], label))
            continue
        at = place[0] if there else max(0, text.find(words))
        end = at + len(words) if text.startswith(words, at) else at
        anywhere.setdefault(tokens, PersonalSpan(at, end, label))
        given += [PersonalSpan(*place, label)] * there
    given += listed(text, anywhere)
    dismissed -= {phrase(text[span.start : span.end]) for span in given}

    def without(spans: Iterable[PersonalSpan]) -> list[PersonalSpan]:
        left = (span for span in spans if (span.start, span.end) not in corrected)
        return [span for span in left if phrase(text[span.start : span.end]) not in dismissed]

    left = without(spans)
    return joined(text, [*without(settle(text, [*left, *given], is_ordinary)), *given]) if given else left


def place_of_part(text: str, part: str, after: int) -> tuple[int, int]:
    """Find where a part stands in its file's text, from `after` on; -1 and `after` where it does not."""
    start = text.find(part, after)
    return start, start + len(part) if start >= 0 else after


def decided_in_parts(
    text: str,
    spans: Sequence[PersonalSpan],
    parts: Iterable[tuple[str, Sequence[Mapping[str, Any]]]],
    is_ordinary: Callable[[str], bool],
) -> list[PersonalSpan]:
    """Do as `decided` for the parts of a file, each by itself: what was said of one holds in it alone.

    Args:
        text: The file's text.
        spans: What is removed from it so far, in order.
        parts: The text of each part, in order, and the decisions on it.
        is_ordinary: As `spans.settle` takes it.
    """
    left, end = list(spans), 0
    for own, rows in parts:
        start, end = place_of_part(text, own, end)
        if rows and start >= 0:
            inside = [span for span in left if start <= span.start and span.end <= end]
            moved = [replace(span, start=span.start - start, end=span.end - start) for span in inside]
            settled = [
                replace(span, start=span.start + start, end=span.end + start)
                for span in decided(own, moved, rows, is_ordinary)
            ]
            left = joined(text, [*(span for span in left if span not in inside), *settled])
    return left


def listed(text: str, known: Mapping[Phrase, PersonalSpan]) -> list[PersonalSpan]:
    """Find where phrases stand in a text as a person sees it, as `spans.standing` does."""
    as_shown = shown(text)
    if as_shown is None:
        return joined(text, standing(text, known, ()))
    seen, way = as_shown
    there = {
        tokens: replace(like, start=way.forth(like.start), end=way.forth(like.end))
        for tokens, like in known.items()
    }
    return joined(text, back(way, standing(seen, there, ())))


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
            raise UsageError(f"{label} is not a label of personal data; there are {', '.join(sorted(known))}")
