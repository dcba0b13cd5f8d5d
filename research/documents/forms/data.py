"""Invented data, logs and code: they are of none of the kinds, whatever words stand in them."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

_MARKS = (
    ("/*\n", " * ", "\n */"),
    ("", "// ", ""),
    ("", "# ", ""),
    ("<!--\n", "  ", "\n-->"),
    ("", "-- ", ""),
)
"""How a comment begins, each line of it, and how it ends."""


def documents(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, group and text of `count` documents of each sort."""
    words = tomllib.loads(Path(__file__).with_name("data.toml").read_text(encoding="utf-8"))
    for sort, times in ((_table, 1), (_records, 1), (_series, 1), (_log, 1), (_code, 4)):
        for number in range(times * count):
            text = sort(words, random.Random(f"{sort.__name__} {number}"))
            yield "none", "en", f"data {sort.__name__} {number % 10}", text


def under_notice(code: str, seed: str) -> str:
    """Put the notice of a licence above code, as a comment."""
    words = tomllib.loads(Path(__file__).with_name("data.toml").read_text(encoding="utf-8"))
    return _notice(words, random.Random(seed)) + "\n\n" + code


def _notice(words: Any, chance: random.Random) -> str:
    opening, mark, closing = chance.choice(_MARKS)
    notice = (
        f"Copyright {_year(chance)} {chance.choice(words['owners'])}\n\n{chance.choice(words['notices'])}"
    )
    return opening + "\n".join(mark + line for line in notice.strip().split("\n")) + closing


def _year(chance: random.Random) -> str:
    first = chance.randint(1998, 2026)
    return chance.choice((f"{first}", f"(c) {first}", f"(c) {first}-{first + chance.randint(1, 9)}"))


def _number(chance: random.Random) -> Callable[[], str]:
    places, most = chance.choice((0, 1, 2, 4, 12)), 10 ** chance.randint(1, 6)
    least = -most if chance.random() < 0.3 else 0
    return lambda: f"{chance.uniform(least, most):.{places}f}"


def _date(chance: random.Random) -> Callable[[int], str]:
    form = chance.choice(("%Y-%m-%d", "%b %d %Y", "%m/%d/%Y", "%d.%m.%Y", "%Y", "%Y-%m-%dT%H:00:00"))
    start, step = date(chance.randint(1850, 2015), 1, 1), chance.choice((1, 7, 31, 365))
    return lambda number: (start + timedelta(days=number * step)).strftime(form)


def _columns(words: Any, chance: random.Random) -> list[str]:
    return chance.sample(words["columns"], chance.randint(2, 9))


def _table(words: Any, chance: random.Random) -> str:
    columns, mark = _columns(words, chance), chance.choice(",,,;\t")
    numbers = [_number(chance) for _ in columns[1:]]
    dated = _date(chance)
    first = [dated(number) for number in range(chance.randint(20, 150))]
    if chance.random() < 0.4:
        first = [_number(chance)() for _ in first]
    rows = [mark.join([one, *(number() for number in numbers)]) for one in first]
    return "\n".join([mark.join(columns), *rows])


def _records(words: Any, chance: random.Random) -> str:
    columns = _columns(words, chance)
    numbers, dated, has_date = [_number(chance) for _ in columns], _date(chance), chance.random() < 0.5
    rows: Sequence[dict[str, Any]] = [
        {
            column: float(number()) if place or not has_date else dated(row)
            for place, (column, number) in enumerate(zip(columns, numbers, strict=True))
        }
        for row in range(chance.randint(10, 150))
    ]
    if chance.random() < 0.5:
        return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
    return json.dumps(rows, indent=chance.choice((None, 1, 2, 4)))


def _series(words: Any, chance: random.Random) -> str:
    number = _number(chance)
    values: list[Any] = [float(number()) for _ in range(chance.randint(50, 1_500))]
    if chance.random() < 0.4:
        values = [values[at : at + 2] for at in range(0, len(values), 2)]
    named = {column: chance.randint(0, 900) for column in _columns(words, chance)}
    return json.dumps({**named, "values": values}, indent=chance.choice((None, 2)), separators=(",", ":"))


def _log(words: Any, chance: random.Random) -> str:
    form = chance.choice(words["logs"])
    lines = []
    for number in range(chance.randint(5, 120)):
        values = {
            "date": f"{2010 + chance.randint(0, 16)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "time": f"{chance.randint(0, 23):02}:{number % 60:02}:{chance.randint(0, 59):02}",
            "level": chance.choice(words["levels"]),
            "message": chance.choice(words["messages"]),
            "place": chance.choice(words["places"]),
            "number": str(chance.randint(1, 99_999)),
            "hex": f"{chance.getrandbits(32):08x}",
        }
        line = form
        for name, value in values.items():
            line = line.replace(f"<{name}>", value)
        lines.append(line)
    return "\n".join(lines)


def _code(words: Any, chance: random.Random) -> str:
    form = chance.choice(words["code"])
    fields = []
    for column in chance.sample(words["columns"], chance.randint(1, 6)):
        field = form["field"].replace("<name>", column).replace("<Name>", column.title())
        fields.append(field.replace("<type>", chance.choice(form["types"])))
    name = "".join(word.title() for word in chance.sample(words["columns"], 2))
    text = form["text"].replace("<Name>", name).replace("<fields>", "\n".join(fields))
    return f"{_notice(words, chance)}\n{text}"
