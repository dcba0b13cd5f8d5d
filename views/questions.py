"""The questions to the tables that are shipped, from `views/questions.sql`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docassay.schemas.errors import UsageError

FILE = Path(__file__).with_suffix(".sql")

_QUESTION = re.compile(r"(?m)^-- (\d+)\. (.+)\n((?:(?!-- \d+\. ).*\n)+)")


class Question(NamedTuple):
    """A question of an analyst, and the SQL that answers it."""

    number: int
    title: str
    sql: str


@cache
def questions() -> tuple[Question, ...]:
    """List the shipped questions in their order."""
    found = _QUESTION.findall(FILE.read_text(encoding="utf-8"))
    return tuple(Question(int(number), title, sql.strip()) for number, title, sql in found)


def question(number: int) -> Question:
    """Return a shipped question.

    Raises:
        UsageError: There is none of that number.
    """
    shipped = questions()
    if not 1 <= number <= len(shipped):
        raise UsageError(f"there is no question {number}; questions are numbered 1 to {len(shipped)}")
    return shipped[number - 1]
