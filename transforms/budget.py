"""Budgets: how much work one document may cause after it has been parsed.

Work is counted in characters, not in seconds: the same document gets the same rows on every machine. Where a
budget is spent the document keeps all other rows, its status says ``time_limit:STAGE``, and what was not
read is listed in `documents.not_asked`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

WHY = "time_limit"
"""What the reasons, and the entries of questions that were not asked, begin with."""

ITEM_CHARS = 20
"""What a sentence or a segment costs besides its characters: short ones take time, too."""


TRANSLATE_CHARS = 400_000
ASSESS_CHARS = 2_000_000
RULE_CHARS = 5_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How many characters of one document a stage reads.

    Measured on one core of a server, in microseconds a character: translation 330, the encoder 45, all rules
    12, personal data 30 at most. The defaults take one to two and a half minutes there, below the five
    after which a stream is taken for stalled.

    Attributes:
        translate_chars: Characters of distinct sentences that are translated; about 200 pages.
        assess_chars: Characters of segments that the encoder reads; about 1,000 pages.
        rule_chars: Characters of the text that rules, and the search for personal data, read.
    """

    translate_chars: int = TRANSLATE_CHARS
    assess_chars: int = ASSESS_CHARS
    rule_chars: int = RULE_CHARS


class Unread(NamedTuple):
    """A stage whose budget was spent, and the first character that it has not read."""

    stage: str
    start: int


Item = TypeVar("Item")


def affordable(items: Iterable[tuple[Item, int]], most: int) -> Iterator[Item]:
    """Yield items, each given with its characters, until they cost more than `most`.

    >>> list(affordable([("a", 10), ("b", 30), ("c", 1)], 80))
    ['a', 'b']
    """
    spent = 0
    for item, chars in items:
        spent += ITEM_CHARS + chars
        if spent > most:
            return
        yield item
