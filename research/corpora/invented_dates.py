"""Invented dates in the forms of three languages, and the terms of `invented_texts/terms.txt`."""

import random
from datetime import date, timedelta
from functools import cache
from pathlib import Path

DAYS = (date(1925, 1, 1), date(2033, 12, 31))


@cache
def _lines() -> dict[str, tuple[str, ...]]:
    lines = (Path(__file__).parent / "invented_texts/terms.txt").read_text("utf-8").splitlines()
    return {
        key: tuple("" if word == "-" else word for word in words.split(", "))
        for key, _, words in (line.partition(": ") for line in lines)
    }


def terms(kind: str) -> tuple[str, ...]:
    """List the words of a kind: months, titles, drugs, devices that bear a name."""
    return _lines()[kind]


class Dates:
    """Invented dates of one language."""

    def __init__(self, language: str, dice: random.Random) -> None:
        """Take the language and the source of chance."""
        self.language = language
        self.dice = dice

    def date(self, birth: bool = False) -> str:
        """Give a date in one of the forms of the language."""
        days = (DAYS[1] - DAYS[0]).days
        day = DAYS[0] + timedelta(
            self.dice.randrange(days * 3 // 4) if birth else self.dice.randrange(days * 3 // 5, days)
        )
        month = terms(f"month.{self.language}")[day.month - 1]
        d, m, y, s = day.day, day.month, day.year, day.year % 100
        forms = {
            "de": (f"{d:02}.{m:02}.{y}",) * 6
            + (f"{d}.{m}.{y}",) * 4
            + (
                f"{d:02}.{m:02}.{s:02}",
                f"{d}.{m}.{s:02}",
                f"{d}. {month} {y}",
                f"{d:02}. {m:02}. {y}",
                f"{y}-{m:02}-{d:02}",
                f"{d}.{month} {y}",
            ),
            "fr": (f"{d:02}/{m:02}/{y}",) * 6
            + (f"{d} {month} {y}",) * 3
            + (
                f"{d:02}/{m:02}/{s:02}",
                f"{d:02}.{m:02}.{y}",
                f"{d:02}-{m:02}-{y}",
                f"{'1er' if d == 1 else d} {month} {y}",
                f"{d} {month} {s:02}",
                f"{self._french(d)} {month} deux mille {terms('number.fr')[1 + y % 19]}",
            ),
            "en": (f"{m:02}/{d:02}/{y}",) * 4
            + (f"{month} {d}, {y}",) * 4
            + (
                f"{m}/{d}/{s:02}",
                f"{m:02}/{d:02}/{s:02}",
                f"{d} {month} {y}",
                f"{y}-{m:02}-{d:02}",
                f"{month[:3]} {d}, {y}",
                f"{d}-{month[:3]}-{y}",
                f"{month} {d}{self._ordinal(d)}, {y}",
            ),
        }
        return self.dice.choice(forms[self.language])

    def _french(self, number: int) -> str:
        if number <= 20:
            return terms("number.fr")[number]
        tens, ones = ("vingt", "trente")[number // 30], number % 10
        return tens if ones == 0 else f"{tens}-et-un" if ones == 1 else f"{tens} {terms('number.fr')[ones]}"

    def _ordinal(self, number: int) -> str:
        return "th" if 10 < number < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

    def part(self) -> str:
        """Give a date without its year."""
        d, m = self.dice.randint(1, 28), self.dice.randint(1, 12)
        month = terms(f"month.{self.language}")[m - 1]
        forms = {
            "de": (f"{d}.{m}.", f"{d:02}.{m:02}.", f"{d}. {month}"),
            "fr": (f"{d:02}/{m:02}", f"{d} {month}", f"{d}/{m}"),
            "en": (f"{month} {d}", f"{m}/{d}", f"{month} {d}{self._ordinal(d)}", f"{d} {month}"),
        }
        return self.dice.choice(forms[self.language])

    def month_and_year(self) -> str:
        """Give a month with its year."""
        m, y = self.dice.randint(1, 12), self.dice.randint(1950, 2030)
        return self.dice.choice(
            (
                f"{m:02}/{y}",
                f"{m:02}/{y % 100:02}",
                f"{terms(f'month.{self.language}')[m - 1]} {y}",
                f"{terms(f'month.{self.language}')[m - 1]} {y}",
            )
        )
