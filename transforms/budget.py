"""Budgets: how much work one document may cause after it has been parsed.

Work is counted in characters, not in seconds: the same document gets the same rows on every machine. Where a
budget is spent the document keeps all other rows, its reasons say ``time_limit:STAGE``, and what was not
read is listed in `documents.not_asked`. Seconds are the last resort, for a rule of somebody's that takes more
than linear time: then the document is rejected.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from docassay.domains.calls import seconds_waited

WHY = "time_limit"
"""What the reasons, and the entries of questions that were not asked, begin with."""

ITEM_CHARS = 20
"""What a sentence or a segment costs besides its characters: short ones take time, too."""

FALLBACK_SENTENCES = 100
"""Default of the most sentences of a document that the fallback translator translates."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many characters of one document a stage reads.

    Measured on one core of a server, in microseconds a character: translation 280 of clauses, 420 of
    judgments, 640 of words whose letters were mixed, which are tried again; the encoder 45, all rules 1 to
    12, personal data 8 to 30. So five million characters of German take two to four minutes there, nearly
    all of them in the translator, below the five after which a stream is taken for stalled.

    Attributes:
        translate_chars: Characters of distinct sentences that are translated; about 200 pages.
        assess_chars: Characters of segments that the encoder reads; about 1,000 pages.
        rule_chars: Characters of the text that rules, and the search for personal data, read.
        rule_seconds: Processor time of rules, looked at after each of them; a document that takes more is
            rejected.
        translate_seconds: Seconds after which no more sentences are translated. None are counted by default,
            since rows would depend on the machine.
    """

    translate_chars: int = 400_000
    assess_chars: int = 2_000_000
    rule_chars: int = 5_000_000
    rule_seconds: float = 600.0
    translate_seconds: float = math.inf


BUDGET = Budget()
"""The budget that holds where nobody names another."""


class Unread(NamedTuple):
    """A stage whose budget was spent, and the first character that it has not read."""

    stage: str
    start: int


class Untranslated(NamedTuple):
    """Languages of a document that are translated elsewhere, and stayed as they are here.

    Attributes:
        why: No question hung on their English; all of it was data; or guards doubted most of the English, and
            the translator stopped.
        languages: BCP 47 tags.
        start: The first character that stayed as it is where the translator stopped.
    """

    why: Literal["not_needed", "data", "stopped"]
    languages: tuple[str, ...]
    start: int = 0


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


class OutOfTime(Exception):
    """A document took more processor time than any should; the message says how much is allowed."""


class Clock:
    """Processor time of the calling thread from now on, and what it waits for calls that run in workers.

    Other processes of the machine do not count.
    """

    def __init__(self, seconds: float) -> None:
        """Allow so many seconds."""
        self._seconds = seconds
        self._end = _spent() + seconds

    def check(self) -> None:
        """Look whether there is time left.

        Raises:
            OutOfTime: There is none.
        """
        if _spent() > self._end:
            raise OutOfTime(f"more than {self._seconds:g} s of processor time")


def _spent() -> float:
    return time.thread_time() + seconds_waited()
