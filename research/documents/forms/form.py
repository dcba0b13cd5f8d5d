"""Draw a document from a form: sections, headings, sentences, and what fills their blanks."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Bank = Mapping[str, Sequence[str]]
"""Words for blanks, by the blank's name: ``{drug}`` is filled from ``bank["drug"]``."""

_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a form.

    Attributes:
        headings: Wordings of its heading; an empty one means that the text stands alone.
        sentences: Sentences with blanks.
        least: Fewest sentences.
        most: Most sentences.
        chance: How often the section is there at all.
        listed: The sentences stand on lines of their own, numbered or not.
    """

    headings: tuple[str, ...]
    sentences: tuple[str, ...]
    least: int = 1
    most: int = 4
    chance: float = 1.0
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of document as sections in their order.

    Attributes:
        kind: ``domain.kind``.
        openings: What stands first: a title, a letterhead; an empty one means nothing.
        closings: What stands last.
    """

    kind: str
    language: str
    openings: tuple[str, ...]
    sections: tuple[Section, ...]
    closings: tuple[str, ...] = ("",)


def read(name: str) -> tuple[Bank, tuple[Form, ...]]:
    """Read a file of forms of this folder: the words for its blanks, and its forms."""
    contents = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    return contents["bank"], tuple(_form(entry) for entry in contents["form"])


def _form(entry: Mapping[str, Any]) -> Form:
    sections = [
        Section(
            **{**section, "headings": tuple(section["headings"]), "sentences": tuple(section["sentences"])}
        )
        for section in entry["section"]
    ]
    closings = tuple(entry.get("closings", ("",)))
    return Form(entry["kind"], entry["language"], tuple(entry["openings"]), tuple(sections), closings)


def draw(form: Form, bank: Bank, seed: str) -> str:
    """Draw a document from a form; the same seed gives the same document."""
    chance = random.Random(f"{form.kind} {form.language} {seed}")
    same_line = chance.random() < 0.4
    case = chance.choice((str.upper, str.title, _first_capital))
    colon = ":" if chance.random() < 0.8 else ""
    gap = "\n\n" if chance.random() < 0.7 else "\n"
    parts = [fill(chance.choice(form.openings), bank, chance)]
    for section in form.sections:
        if chance.random() < section.chance:
            parts.append(_section(section, bank, chance, same_line, case, colon))
    parts.append(fill(chance.choice(form.closings), bank, chance))
    return gap.join(part for part in parts if part)


def fill(text: str, bank: Bank, chance: random.Random) -> str:
    """Fill blanks, those within what fills a blank too."""
    for _ in range(4):
        if "{" not in text:
            break
        text = _BLANK.sub(lambda match: _value(match[1], bank, chance), text)
    return text


def _value(name: str, bank: Bank, chance: random.Random) -> str:
    number = {"n": (1, 9), "nn": (10, 99), "nnn": (100, 999), "nnnn": (1000, 9999), "year": (2015, 2031)}.get(
        name
    )
    return str(chance.randint(*number)) if number else chance.choice(bank[name])


def _section(
    section: Section,
    bank: Bank,
    chance: random.Random,
    same_line: bool,
    case: Callable[[str], str],
    colon: str,
) -> str:
    heading = fill(chance.choice(section.headings), bank, chance)
    count = min(len(section.sentences), chance.randint(section.least, section.most))
    sentences = [fill(sentence, bank, chance) for sentence in chance.sample(section.sentences, count)]
    if section.listed and chance.random() < 0.7:
        mark = chance.choice(("- ", "", "{0}. ", "• "))
        body = "\n".join(mark.format(number) + sentence for number, sentence in enumerate(sentences, 1))
    else:
        body = " ".join(sentences)
    if not heading:
        return body
    return f"{case(heading)}{colon or ':'} {body}" if same_line else f"{case(heading)}{colon}\n{body}"


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
