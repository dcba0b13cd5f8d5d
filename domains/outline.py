"""Cut a text at its headings: the default split, which a domain may replace by its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, ``text[start:end]``, under the headings above it, outermost first."""

    start: int
    end: int
    heading: tuple[str, ...] = ()


def outline(text: str, levels: Sequence[Sequence[Any]]) -> list[Part]:
    r"""Cut a text where a line matches a heading pattern, keeping the path of headings.

    A heading of level n closes those of level n and deeper. The heading's own line belongs to the
    part that it opens. Text without any heading comes back as one part.

    Args:
        text: Any text.
        levels: Compiled patterns by level, outermost first, each tried against the start of a line.

    Returns:
        Parts in order that do not overlap and that together hold every character but white space
        at their ends.

    >>> import re2
    >>> [(p.start, p.end, p.heading) for p in outline("# A\nx\n# B\ny", [[re2.compile("# .*")]])]
    [(0, 5, ('# A',)), (6, 11, ('# B',))]
    """
    cuts: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    path: dict[int, str] = {}
    position = 0
    for line in text.splitlines(keepends=True):
        level = next(
            (n for n, patterns in enumerate(levels) if any(p.match(line.strip()) for p in patterns)), None
        )
        if level is not None:
            path = {n: title for n, title in path.items() if n < level}
            path[level] = line.strip()[:200]
            cuts.append((position, tuple(path[n] for n in sorted(path))))
        position += len(line)
    ends = [start for start, _ in cuts[1:]] + [len(text)]
    parts = (trimmed(text, start, end, heading) for (start, heading), end in zip(cuts, ends, strict=True))
    return [part for part in parts if part.end > part.start]


def trimmed(text: str, start: int, end: int, heading: tuple[str, ...]) -> Part:
    """Make a slice of a text a part, without the white space at its ends."""
    return Part(*trim(text, start, end), heading)


def trim(text: str, start: int, end: int, signs: str | None = None) -> tuple[int, int]:
    """Leave out the white space, or other signs, at both ends of a slice: its start and end.

    >>> trim("a  b ", 1, 5), trim("a (b)", 1, 5, " ()")
    ((3, 4), (3, 4))
    """
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip(signs))
    return first, max(first, start + len(piece.rstrip(signs)))


def lines_of(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    r"""Yield the lines of a text, each with its offset.

    >>> list(lines_of("a\n\nb", 5))
    [(5, 'a'), (7, ''), (8, 'b')]
    """
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1
