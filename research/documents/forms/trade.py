"""Invented invoices, credit notes, orders and receipts in English, German and French, in many layouts."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KINDS = ("invoice", "credit_note", "purchase_order", "receipt")


@dataclass(frozen=True, slots=True)
class Words:
    """What a trade document says in one language.

    Attributes:
        titles: By kind, titles of it.
        numbers: By kind, labels of its number.
        marks: By kind, sentences that only such a document has.
    """

    titles: Mapping[str, Sequence[str]]
    numbers: Mapping[str, Sequence[str]]
    marks: Mapping[str, Sequence[str]]
    columns: Sequence[Sequence[str]]
    items: Sequence[str]
    net: Sequence[str]
    tax: Sequence[str]
    total: Mapping[str, Sequence[str]]
    date: Sequence[str]
    parties: Sequence[Sequence[str]]
    firms: Sequence[str]
    streets: Sequence[str]
    notes: Sequence[str]
    currency: Sequence[str]
    comma: bool


def read() -> Mapping[str, Words]:
    """Read what they say, by language."""
    contents = tomllib.loads(Path(__file__).with_name("trade.toml").read_text(encoding="utf-8"))
    return {language: Words(**words) for language, words in contents.items()}


def documents(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, group and text of `count` documents of each kind in each language."""
    for language, words in read().items():
        for kind in KINDS:
            for number in range(count):
                chance = random.Random(f"{language} {kind} {number}")
                yield (
                    f"financial.{kind}",
                    language,
                    f"trade {language} {kind} {number % 10}",
                    _text(kind, words, chance),
                )


def _text(kind: str, words: Words, chance: random.Random) -> str:
    lines = _head(kind, words, chance)
    separator = chance.choice((" ", "  ", " | ", "\t", "\n"))
    if chance.random() < 0.85:
        lines += [separator.join(chance.choice(words.columns)), *_items(words, chance, separator)]
    net = chance.uniform(5, 5000)
    sign = -1 if kind == "credit_note" and chance.random() < 0.4 else 1
    if chance.random() < 0.8:
        lines.append(f"{chance.choice(words.net)}{separator}{_money(sign * net, words, chance)}")
    if chance.random() < 0.8:
        lines.append(f"{chance.choice(words.tax)}{separator}{_money(sign * net * 0.19, words, chance)}")
    lines.append(f"{chance.choice(words.total[kind])}{separator}{_money(sign * net * 1.19, words, chance)}")
    marks = list(words.marks[kind])
    tail = chance.sample(marks, chance.randint(1, min(4, len(marks)))) + chance.sample(
        words.notes, chance.randint(0, 3)
    )
    chance.shuffle(tail)
    return _filled("\n".join(lines + tail), chance)


def _head(kind: str, words: Words, chance: random.Random) -> list[str]:
    seller, buyer = chance.sample(words.firms, 2)
    first, second = chance.choice(words.parties)
    title = chance.choice(words.titles[kind])
    mark, start = chance.choice(words.numbers[kind]), chance.choice(("", "R", "A-", "2024-"))
    number = f"{mark} {start}{chance.randint(100, 999999)}"
    dated = f"{chance.choice(words.date)} {{date}}"
    sent = [f"{first}: {seller}" if first else seller, chance.choice(words.streets)]
    received = (
        [] if kind == "receipt" else [f"{second}: {buyer}" if second else buyer, chance.choice(words.streets)]
    )
    blocks = [sent, received, [title, number, dated] if title else [number, dated]]
    if chance.random() < 0.6:
        blocks.insert(0, blocks.pop())
    return [line for block in blocks for line in block if line]


def _items(words: Words, chance: random.Random, separator: str) -> Iterator[str]:
    for number in range(1, chance.randint(2, 9)):
        count, price = chance.randint(1, 20), chance.uniform(0.5, 400)
        cells = [
            chance.choice(words.items),
            str(count),
            _money(price, words, chance),
            _money(price * count, words, chance),
        ]
        yield separator.join([str(number), *cells] if chance.random() < 0.5 else cells)


def _money(amount: float, words: Words, chance: random.Random) -> str:
    written = f"{amount:,.2f}"
    if words.comma:
        written = written.replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{chance.choice(words.currency)}{written}"


def _filled(text: str, chance: random.Random) -> str:
    while "{" in text:
        before, _, rest = text.partition("{")
        name, _, after = rest.partition("}")
        value = f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.20{chance.randint(15, 29)}"
        if name != "date":
            value = str(chance.randint(10 ** (len(name) - 1), 10 ** len(name) - 1))
        text = before + value + after
    return text
