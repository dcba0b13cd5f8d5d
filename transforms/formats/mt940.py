"""Bank statements as data in SWIFT's MT940 and MT950: a field a line, which begins with ``:NN:``.

A file has several messages; those that go on with the same account where the last one ended are one
statement, and each further statement is an attachment. Values are named as those of camt are
(`formats.statement_data`). What cannot be read of an amount stands as it is written, and is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from docassay.transforms.formats import Attachment, Limits, Read, plain
from docassay.transforms.formats.media_types import MT940

MEDIA_TYPES = frozenset({MT940})

MOST_ENTRIES = 10_000
"""Entries of a statement that are kept."""

_START = re.compile(
    rb"(?:[^\n]{0,300}\n){0,4}?(?:[^\n]{0,300}\{4:\s*)?\s*:20:[^\n]{0,40}\n(?::21:[^\n]{0,40}\n)?:25P?:"
)
"""Before a message may stand its envelope, or lines in which banks say who sends it to whom."""

_MESSAGE = re.compile(r"(?m)^:20:")
_FIELD = re.compile(r"(?m)^:(\d\d[A-Z]?):")
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})0*(\d{1,15},\d{0,6})")
_ENTRY = re.compile(r"(\d{6})(\d{4})?(R?[CD])[A-Z]?0*(\d{1,15}(?:,\d{0,6})?)[A-Z]")
_TRAILER = re.compile(r"\n(?:-[\s}]|\{[1-5]:).*", re.DOTALL)
_CURRENCY = re.compile(r"(?<=\d)[A-Z]{3}$")
_SUBFIELD = re.compile(r"\?(\d\d)")
_WORDS = frozenset(f"{n:02}" for n in (*range(20, 30), 32, 33, *range(60, 64)))
"""Subfields of German banks with the purpose of an entry and the name of the other party."""
_LONGEST = 200


def is_mt940(start: bytes) -> bool:
    """Tell whether a file begins as a statement, with the envelope of SWIFT or without."""
    return _START.match(start.replace(b"\r", b"")) is not None and b"\n:60" in start


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the first statement of a file; each further one is an attachment.

    Raises:
        Unusable: Longer than `Limits.chars`.
    """
    text = plain.bounded(plain.decode(content).replace("\r\n", "\n"), limits).lstrip()
    starts = [match.start() for match in _MESSAGE.finditer(text)]
    statements: list[_Statement] = []
    for start, end in pairwise([0, *starts[1:], len(text)]):
        message = _Statement(text[start:end])
        if statements and statements[-1].goes_on_with(message):
            statements[-1].add(message)
        else:
            statements.append(message)
    first, *further = statements
    return Read(
        "".join(first.texts),
        embedded_values=tuple(first.values()),
        attachments=tuple(Attachment("".join(one.texts).encode(), MT940) for one in further),
    )


class _Statement:
    """The fields of a message, and of those that go on with it.

    Attributes:
        account: Field 25, without a currency behind it.
        opened, closed: The balances at both ends, as they are written.
    """

    def __init__(self, text: str) -> None:
        self.texts = [text]
        found = list(_FIELD.finditer(text))
        ends = [*(match.start() for match in found), len(text)][1:]
        self.fields = [
            (match[1], _TRAILER.sub("", f"{text[match.end() : end]}\n").strip())
            for match, end in zip(found, ends, strict=True)
        ]
        self.account = _CURRENCY.sub("", self._last("25", "25P").partition("\n")[0])
        self.opened, self.closed = self._last("60F", "60M"), self._last("62F", "62M")

    def _last(self, *tags: str) -> str:
        return next((value for tag, value in reversed(self.fields) if tag in tags), "")

    def goes_on_with(self, other: _Statement) -> bool:
        """Tell whether another message is of the same account, and opens with what this one closed."""
        same = self.closed[:1] + self.closed[7:] == other.opened[:1] + other.opened[7:]
        return same and bool(self.closed) and self.account == other.account

    def add(self, other: _Statement) -> None:
        """Go on with another message."""
        self.texts += other.texts
        self.fields += other.fields
        self.closed = other.closed

    def values(self) -> Iterator[tuple[str, str]]:
        """Give what the statement states."""
        if self.account:
            yield "iban", self.account[:_LONGEST]
        ends = {"opening_balance": self.opened, "closing_balance": self.closed}
        read_ = {name: _BALANCE.fullmatch(written) for name, written in ends.items()}
        currencies = dict.fromkeys(match[3] for match in read_.values() if match)
        yield from (("currency", one) for one in currencies)
        for name, match in read_.items():
            if match is not None:
                yield name, _signed(match[4], match[1] == "D")
            elif ends[name]:
                yield name, ends[name][:_LONGEST]
        if closing := read_["closing_balance"]:
            yield "period_end", _day(closing[2])
        entries = (n for n, (tag, _) in enumerate(self.fields) if tag == "61")
        for group, at in enumerate(islice(entries, MOST_ENTRIES)):
            written = self.fields[at][1]
            match = _ENTRY.match(written)
            if match is None:
                yield f"entry_amount/{group}", written[:_LONGEST] or ":61:"
                continue
            yield f"entry_date/{group}", _booked(match[1], match[2])
            tag, behind = self.fields[at + 1] if at + 1 < len(self.fields) else ("", "")
            if tag == "86" and (words := _words(behind)):
                yield f"entry_text/{group}", words
            # A reversal of a credit takes out what had come in.
            yield f"entry_amount/{group}", _signed(match[4], match[3] in ("D", "RC"))


def _signed(amount: str, out: bool) -> str:
    number = amount.replace(",", ".").rstrip(".")
    return f"-{number}" if out else number


def _day(written: str) -> str:
    century = "19" if written[:2] > "79" else "20"
    return f"{century}{written[:2]}-{written[2:4]}-{written[4:6]}"


def _booked(value: str, booked: str | None) -> str:
    """Give the day of booking, which has no year: it is the one nearest to the day of value."""
    if booked is None:
        return _day(value)
    year, months = int(value[:2]), int(booked[:2]) - int(value[2:4])
    year += 1 if months < -6 else -1 if months > 6 else 0
    return _day(f"{year % 100:02}{booked}")


def _words(written: str) -> str:
    """Give the words of field 86: those of its subfields where it has such, else all."""
    parts = _SUBFIELD.split(written.replace("\n", ""))
    if len(parts) > 2:
        words = [text for tag, text in zip(parts[1::2], parts[2::2], strict=True) if tag in _WORDS]
        return " ".join(" ".join(words).split())[:_LONGEST]
    return " ".join(written.split())[:_LONGEST]
