"""Headings of a text: what a passage stands under, and lines that only point to where something is said.

Policies and terms say one word in many places: in a list of contents, in a heading, in a link, in a sentence
about somebody else. A check that looks for an answer wants the passage in the section that gives it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from docassay.domains.outline import lines_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

LONGEST = 160
"""Characters of a line that may be a heading or an entry of a list of contents."""

_MOST_WORDS = 20
_MOST_ALONE = 9
"""Words of a numbered line between empty lines that is a heading, however short what follows is."""

_HASHES = compiled(r"^[ \t>*+-]*(?:[0-9]{1,2}\\?[.)][ \t]+)?(#{1,6})[ \t]+\S")
_TAGGED = compiled(r"^[ \t]*<h([1-6])\b[^<>]*>")
_UNDERLINE = compiled(r"^[ \t]*(={3,}|-{3,})[ \t]*$")
_BOLD = compiled(r"^[ \t]*(?:\*\*|__)[^*_]{2,}(?:\*\*|__)[ \t]*:?[ \t]*$")
_NUMBERED = compiled(
    r"^[ \t*_]*(?:(?i:article|section|artikel|clause|part|chapter)[ \t]+)?"
    r"([0-9]{1,2}(?:\.[0-9]{1,2}){0,3}|[IVX]{1,5}"
    r"|[A-Z])(?:\\?[.):]|[ \t]+-)?[ \t]+[*_]*\p{Lu}"
)
_LINK = compiled(r"\[([^\[\]\n]*)\]\([^()\n]*\)|<[^<>\n]*>")
_ONLY_LINK = compiled(r"^[ \t>*+#0-9.)\\-]*[*_]*\[[^\[\]\n]{2,}\]\([^()\n]*\)[*_ \t.]*$")
_TARGET = compiled(r"\]\([^()\s]*$|<?https?://[^\s<>()\[\]]*$")
_MARKS = compiled(
    r"^[ \t>*_+#-]*(?:(?i:article|section|artikel|clause)[ \t]+)?"
    r"(?:[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}(?:\\?[.):]|[ \t]+-)*[ \t]+"
    r"|(?:[IVXivx]{1,5}|[A-Za-z])(?:\\?[.):]|[ \t]+-)+[ \t]*)?[*_ \t]*"
)
_RUN_IN = compiled(r"^[ \t>*+-]*(?:\*\*|__)([^*_\n]{3,80})(?:\*\*|__)[.:]?[ \t]*[^ \t\n]")
_SMALL_WORDS = "and or the a an of to by in for with et ou de la le les und oder der die das zu"
_GOES_ON = frozenset(_SMALL_WORDS.split())
_TRAIL = " \t*_#:.?!"
_BOLD_LEVEL, _NUMBER_LEVEL, _PLAIN_LEVEL, _RUN_IN_LEVEL = 7, 8, 12, 13


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a text, in order.

    Attributes:
        starts: Where each begins.
        paths: The titles above what follows each, in small letters, outermost first, its own last.
        pointers: The lines that only point, in order: headings, entries of a list of contents, lone links.
    """

    starts: tuple[int, ...]
    paths: tuple[tuple[str, ...], ...]
    pointers: tuple[tuple[int, int], ...]

    def above(self, position: int) -> tuple[str, ...]:
        """Give the titles that a position stands under, outermost first."""
        index = bisect_right(self.starts, position)
        return self.paths[index - 1] if index else ()

    def sections(self, length: int) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield where each heading begins, where the next one does, and the titles above what stands between.

        Args:
            length: Characters of the text, at which the last section ends.
        """
        return zip(self.starts, (*self.starts, length)[1:], self.paths, strict=True)

    def only_points(self, span: tuple[int, int]) -> bool:
        """Tell whether a span lies in lines that only point."""
        position = span[0]
        index = max(0, bisect_right(self.pointers, (position, 1 << 62)) - 1)
        for start, end in self.pointers[index:]:
            if not start <= position <= end:
                return False
            if span[1] <= end + 1:
                return True
            position = end + 1
        return False


def in_target(text: str, position: int) -> bool:
    """Tell whether a position lies within the address that a link leads to.

    >>> text = "[the list](https://a.example/adequacy-decisions) of them"
    >>> in_target(text, text.index("adequacy")), in_target(text, text.index("list"))
    (True, False)
    """
    return _TARGET.search(text[max(0, position - 300) : position]) is not None


@lru_cache(maxsize=4)
def headings(text: str) -> Headings:
    r"""Find the headings of a text.

    They are those of Markdown, underlined, bold, numbered or in capitals, and lines that stand apart; bold
    words that open a paragraph are its heading, too.

    >>> found = headings("# Policy\n\n* [Your rights](#rights)\n\n## Your rights\n\nYou may see your data.")
    >>> found.above(60), found.only_points((14, 20)), found.only_points((53, 60))
    (('policy', 'your rights'), True, False)
    """
    lines = list(lines_of(plain(text)))
    filled = [number for number, (_, line) in enumerate(lines) if line.strip()]
    levels = {number: level for number, level in _levels(lines, filled) if level}
    last_of: dict[str, int] = {}
    for number in levels:
        last_of[_bare(lines[number][1])] = number
    starts, paths, pointers = [], [], []
    path: dict[int, str] = {}
    for number in filled:
        start, line = lines[number]
        bare = _bare(line) if len(line) <= LONGEST else ""
        listed = bool(bare) and last_of.get(bare, -1) > number and not 0 < levels.get(number, 0) < _BOLD_LEVEL
        if number in levels and not listed:
            level = levels[number]
            path = {n: title for n, title in path.items() if n < level}
            path[level] = bare
            starts.append(start)
            paths.append(tuple(path[n] for n in sorted(path)))
        if number in levels or listed or _ONLY_LINK.search(line) or _UNDERLINE.search(line):
            pointers.append((start, start + len(line)))
        elif opening := _RUN_IN.search(line):
            path = {n: title for n, title in path.items() if n < _RUN_IN_LEVEL}
            path[_RUN_IN_LEVEL] = _bare(opening[1])
            starts.append(start)
            paths.append(tuple(path[n] for n in sorted(path)))
    return Headings(tuple(starts), tuple(paths), tuple(_with_blanks(pointers, lines)))


def _with_blanks(pointers: list[tuple[int, int]], lines: list[tuple[int, str]]) -> list[tuple[int, int]]:
    """Add the empty lines after each, so that a span over several of them is seen to lie in them all."""
    following = {start: lines[n + 1 : n + 4] for n, (start, _) in enumerate(lines)}
    whole = []
    for start, end in pointers:
        for next_start, line in following[start]:
            if line.strip():
                break
            end = next_start + len(line)
        whole.append((start, end))
    return whole


def _levels(lines: list[tuple[int, str]], filled: list[int]) -> list[tuple[int, int]]:
    """Give each line that may be a heading its level, 1 for the outermost; 0 where it is none."""
    levels = []
    for index, number in enumerate(filled):
        line = lines[number][1]
        below = lines[filled[index + 1]][1] if index + 1 < len(filled) else ""
        apart = number == 0 or not lines[number - 1][1].strip()
        # A rule below an empty line parts what is above it from what is below: it underlines nothing.
        if _UNDERLINE.search(below) and filled[index + 1] > number + 1:
            below = ""
        alone = apart and index + 1 < len(filled) and filled[index + 1] > number + 1
        levels.append((number, _level(line, below, apart, alone)))
    return levels


def _level(line: str, below: str, apart: bool, alone: bool) -> int:
    stripped = line.strip()
    if len(stripped) > LONGEST or len(stripped.split()) > _MOST_WORDS or _UNDERLINE.search(line):
        return 0
    if hashes := _HASHES.search(line):
        return len(hashes[1])
    if tagged := _TAGGED.search(line):
        return int(tagged[1])
    if underline := _UNDERLINE.search(below):
        return 1 if "=" in underline[1] else 2
    if "|" in stripped or "@" in stripped or stripped[-1] in ".,;" or _ONLY_LINK.search(line):
        return 0
    if _BOLD.search(line):
        return _BOLD_LEVEL
    bare = _bare(line)
    letters = [c for c in bare if c.isalpha()]
    if not letters:
        return 0
    if len(letters) > 3 and stripped.upper() == stripped and stripped[0] not in "*-+":
        return _BOLD_LEVEL
    prose = len(below.strip()) >= 60 or below.strip().endswith((".", ":", ";"))
    numbered = _NUMBERED.search(line)
    words = stripped.split()
    if numbered and (prose or (alone and len(words) <= _MOST_ALONE)):
        following = _NUMBERED.search(below)
        depth: int = numbered[1].count(".")
        if not following or (alone and following[1].startswith(f"{numbered[1]}.")):
            return _NUMBER_LEVEL + depth
    named = stripped[0].isupper() and stripped[-1] != ":" and len(words) <= 12 and words[-1] not in _GOES_ON
    return _PLAIN_LEVEL if apart and named and prose and below.strip()[0].isupper() else 0


def _bare(line: str) -> str:
    """Write a heading, or an entry of a list, without marks, number, target and final punctuation."""
    text = _LINK.sub(r"\1", line)
    return " ".join(_MARKS.sub("", text, count=1).strip(_TRAIL).split()).casefold()
