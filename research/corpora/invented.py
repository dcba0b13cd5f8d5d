"""Invented documents in three languages: letters, mails, forms, tables and notes, made of our own templates.

A slot ``{name}`` is filled by a value (`invented_slots.SLOTS`); ``{A}``, ``{B}`` and ``{C}`` are the three
people of a document: whom it is about, who writes it, who reads it; ``{A.last}`` is a part of the name.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from research.corpora.invented_dates import terms
from research.corpora.invented_slots import SLOTS
from research.corpora.invented_values import COUNTRIES, Values
from research.corpora.personal import Marked, Span, joined

FOLDER = Path(__file__).parent / "invented_texts"
SLOT = re.compile(r"\{([\w.]+)\}")


@cache
def templates(language: str) -> dict[str, tuple[str, ...]]:
    """Read the templates of a language by what they are for."""
    by_use: dict[str, list[str]] = defaultdict(list)
    for line in (FOLDER / f"{language}.txt").read_text("utf-8").splitlines():
        use, _, template = line.partition(": ")
        if template:
            by_use[use].append(template.replace("\\n", "\n").replace("\\t", "\t"))
    if language == "en":
        sentences = (FOLDER / "sentences.en.txt").read_text("utf-8").splitlines()
        by_use["body"] += [line.replace("\\n", "\n") for line in sentences if line.strip()][::2]
        by_use["sentence"] = [line.replace("\\n", "\n") for line in sentences if line.strip()]
    return {use: tuple(lines) for use, lines in by_use.items()}


class Writer:
    """Writes one document."""

    def __init__(self, language: str, dice: random.Random, fake: Any) -> None:
        """Take the language, the source of chance, and Faker for a country."""
        self.language, self.dice, self.fake = language, dice, fake
        self.values = Values(language, dice)
        self.people = {who: (self.values.first(), self.values.last()) for who in "ABC"}
        self.text = ""
        self.spans: list[Span] = []

    def fill(self, template: str) -> None:
        """Append a template with its slots filled."""
        for n, piece in enumerate(SLOT.split(template)):
            if n % 2 == 0:
                self.text += piece
            else:
                self._slot(piece)

    def put(self, label: str, value: str) -> None:
        """Append a value; with a label it is a span."""
        if label and value:
            self.spans.append((len(self.text), len(self.text) + len(value), label))
        self.text += value

    def _slot(self, name: str) -> None:
        who, _, part = name.partition(".")
        if name in SLOTS:
            label, make = SLOTS[name]
            self.put(label, make(self.values, self.fake))
        elif name == "title":
            self.put(
                "title" if self.language != "fr" else "", self.dice.choice(terms(f"title.{self.language}"))
            )
        elif part == "whowas":
            self.text += self.dice.choice(("der sich", "die sich", "welche sich"))
        elif part == "ms":
            self.text += self.dice.choice(("Ms.", "Mrs.", "Miss", "Ms"))
        else:
            person = self.people.get(who) or (self.values.first(), self.values.last())
            form = (
                "first.lower"
                if name == "first.lower"
                else part or (who if who in ("first", "last", "last_first", "last_up") else "")
            )
            if part == "mr":
                self.text += self.dice.choice(
                    ("Herrn ", "Frau ", "unseren Patienten, Herrn ", "unsere Patientin ")
                )
            self.put("person", self._name(person, form))

    def _name(self, person: tuple[str, str], form: str) -> str:
        first, last = person
        dice = self.dice
        if form == "first":
            return first
        if form == "first.lower":
            return first.lower()
        if form == "lower":
            return f"{first} {last}".lower()
        if form == "last":
            return last
        if form == "last_up":
            return last.upper()
        if form == "upper":
            return f"{first} {last}".upper()
        if form == "initial_last":
            return dice.choice((f"{first[0]}. {last}", f"{last} {first[0]}.", f"{first[0]}.{last}"))
        if form == "last_first":
            return dice.choice(
                (f"{last}, {first}",) * 3
                + (f"{last} {first}", f"{last.upper()}, {first}", f"{last.upper()}, {first.upper()}")
            )
        middle = dice.choice("ABCDEFGHJKLMNPRSTVW")
        forms = [f"{first} {last}"] * 12
        forms += [
            f"{first} {middle}. {last}",
            f"{first} {self.values.first()} {last}",
            f"{first[0]}. {last}",
            f"{first} {last}".upper(),
            f"{first} {last.upper()}",
            f"{first[0]}.{middle}. {last}",
        ]
        if self.language == "fr":
            forms += [f"{last.upper()} {first}"] * 3 + [f"{first} {last.upper()}"] * 3 + [f"{last} {first}"]
        if self.language == "de":
            forms += [f"{last}, {first}", f"{last} {first}"]
        if self.language == "en":
            forms += [f"{first} {middle} {last}", f"{last}, {first}", f"{first} {last}".lower()]
        return dice.choice(forms)

    def done(self, source: str) -> Marked:
        """Give the document."""
        text = self.text
        if self.dice.random() < 0.03 and len(text.lower()) == len(text):
            text = text.lower()
        elif self.dice.random() < 0.03 and len(text.upper()) == len(text):
            text = text.upper()
        return Marked(text, joined(text, self.spans), self.language, source)


def written(count: int, seed: int = 0) -> Iterator[Marked]:
    """Write documents, as many in each language."""
    from faker import Faker

    Faker.seed(seed)
    dice = random.Random(seed)
    fakes = {language: [Faker(locale) for locale in locales] for language, locales in COUNTRIES.items()}
    for number in range(count):
        language = ("en", "de", "fr")[number % 3]
        writer = Writer(language, dice, dice.choice(fakes[language]))
        dice.choice((_letter, _letter, _mail, _mail, _mail, _form, _note))(writer)
        yield writer.done(f"invented/{number}")


def sentences(count: int, seed: int = 1) -> Iterator[Marked]:
    """Write single English sentences."""
    from faker import Faker

    Faker.seed(seed)
    dice = random.Random(seed)
    fakes = [Faker(locale) for locale in COUNTRIES["en"]]
    for number in range(count):
        writer = Writer("en", dice, dice.choice(fakes))
        writer.fill(dice.choice(templates("en")["sentence"]))
        yield writer.done(f"sentence/{number}")


def _pick(writer: Writer, use: str, least: int = 1, most: int = 1) -> list[str]:
    lines = templates(writer.language)[use]
    return writer.dice.sample(lines, min(len(lines), writer.dice.randint(least, most)))


def _body(writer: Writer, least: int, most: int) -> None:
    for sentence in _pick(writer, "body", least, most):
        writer.fill(sentence)
        writer.text += writer.dice.choice((" ", " ", "\n", "\n\n"))


def _letter(writer: Writer) -> None:
    gap = writer.dice.choice(("\n", "\n\n", "\n\n\n"))
    writer.fill(_pick(writer, "head")[0] + gap)
    writer.fill(_pick(writer, "salute")[0] + gap)
    _body(writer, 3, 9)
    writer.fill(gap + _pick(writer, "close")[0] + gap + _pick(writer, "sign")[0])


def _mail(writer: Writer) -> None:
    dice = writer.dice
    if dice.random() < 0.75:
        writer.fill(_pick(writer, "mail")[0] + "\n\n")
    if dice.random() < 0.7:
        writer.fill(_pick(writer, "salute")[0] + dice.choice(("\n", "\n\n", " ")))
    if dice.random() < 0.4:
        mark = dice.choice(("> ", "> ", ">"))
        writer.fill(_pick(writer, "quote")[0] + "\n")
        start, spans = len(writer.text), len(writer.spans)
        _body(writer, 1, 3)
        _quote(writer, start, spans, mark)
        writer.text += "\n\n"
    _body(writer, 1, 4)
    writer.text += "\n"
    if dice.random() < 0.5:
        writer.fill(_pick(writer, "close")[0] + dice.choice(("\n", "\n\n")))
    if dice.random() < 0.85:
        writer.fill(_pick(writer, "sign")[0])
    if dice.random() < 0.25:
        writer.fill("\n\n" + _pick(writer, "quote")[0] + "\n\n")
        _body(writer, 1, 3)
        writer.fill("\n" + _pick(writer, "sign")[0].replace("{B", "{C"))


def _quote(writer: Writer, start: int, first_span: int, mark: str) -> None:
    """Put a mark before each line of what was written from `start` on, and move its spans."""
    moved, spans = "", writer.spans[first_span:]
    shifts = {}
    for n, char in enumerate(writer.text[start:] + "\0"):
        if n == 0 or writer.text[start + n - 1] == "\n":
            moved += mark
        shifts[start + n] = start + len(moved)
        moved += char if char != "\0" else ""
    writer.text = writer.text[:start] + moved
    writer.spans[first_span:] = [(shifts[a], shifts[b - 1] + 1, label) for a, b, label in spans]


def _form(writer: Writer) -> None:
    lines = _pick(writer, "form", 5, 14)
    separator = writer.dice.choice(("\n", "\n", "\n\n", "\n", "; "))
    spacing = writer.dice.choice((": ", ": ", ":\t", ":   ", ":\n", " "))
    for line in lines:
        writer.fill(line.replace(": ", spacing, 1) + separator)
    if writer.dice.random() < 0.4:
        row = writer.dice.choice([line for line in templates(writer.language)["form"] if line[0] in "|{"])
        writer.fill("\n".join([""] + [row.replace("{A.", "{") for _ in range(writer.dice.randint(2, 5))]))


def _note(writer: Writer) -> None:
    dice = writer.dice
    if dice.random() < 0.5:
        for line in _pick(writer, "form", 2, 5):
            writer.fill(line + "\n")
        writer.text += "\n"
    for _ in range(dice.randint(1, 4)):
        if dice.random() < 0.6:
            writer.text += dice.choice(_HEADINGS[writer.language]) + dice.choice((":\n", ": ", "\n"))
        _body(writer, 1, 4)
        writer.text += "\n"
    if dice.random() < 0.5:
        writer.fill(_pick(writer, "sign")[0])


_HEADINGS = {
    "en": (
        "HISTORY OF PRESENT ILLNESS",
        "PAST MEDICAL HISTORY",
        "SOCIAL HISTORY",
        "PLAN",
        "Impression",
        "Findings",
        "DESCRIPTION OF PROCEDURE",
        "Background",
        "AGENDA",
        "Minutes",
    ),
    "de": (
        "Anamnese",
        "Diagnosen",
        "Therapie und Verlauf",
        "BEFUND",
        "Epikrise",
        "Procedere",
        "SACHVERHALT",
        "Begründung",
        "Protokoll",
    ),
    "fr": (
        "Motif d'hospitalisation",
        "ANTÉCÉDENTS",
        "Histoire de la maladie",
        "CONCLUSION",
        "Examens complémentaires",
        "Au total",
        "OBJET",
        "Faits et procédure",
    ),
}
