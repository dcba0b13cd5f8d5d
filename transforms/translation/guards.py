"""Guards: what is recognisably wrong with a translation, without a reference translation.

Each compares a sentence with its translation, or looks at the model's score. How many broken translations
they catch, and how many good ones they doubt, is measured by ``python -m research.benchmarks.guards``.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from docassay.transforms.detect import detect_language
from docassay.transforms.translation.protect import amounts, figures

WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Thresholds beyond which a translation is doubted; a model's card may have others.

    Attributes:
        shortest: Least length of the English, as a share of the source's characters.
        shortest_of_fewer: The same where the English has fewer sentence ends than the source.
        longest: Greatest length of the English, as such a share.
        slack: Characters added to both lengths first, since a ratio of short texts says little.
        copied: Least share of the source's words in the English that makes it a copy.
        score: Least mean log probability of a token.
    """

    shortest: float = 0.56
    shortest_of_fewer: float = 0.76
    longest: float = 1.75
    slack: float = 12.0
    copied: float = 0.7
    score: float = -2.5


_OF_LANGUAGE: Mapping[str, Bounds] = {"de": Bounds(shortest=0.5, shortest_of_fewer=0.7)}


def bounds_of(about: Mapping[str, Any], language: str) -> Bounds:
    """Give the bounds for a language; a card's table `guards` overrides them."""
    names = {field.name for field in fields(Bounds)}
    overrides = {key: float(value) for key, value in about.get("guards", {}).items() if key in names}
    return replace(_OF_LANGUAGE.get(language, Bounds()), **overrides)


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_NEGATIONS = {tag: re.compile(f"(?i){'|'.join(each)}") for tag, each in _TABLE["negations"].items()}
_NEGATIVE = {tag: re.compile(rf"(?i)\b(?:{'|'.join(words)})\b") for tag, words in _TABLE["negative"].items()}
_NUMBER_WORDS = {
    tag: re.compile(rf"(?i)\b(?:{'|'.join(words)})\b|\b[IVXLC]{{2,}}\b")
    for tag, words in _TABLE["numbers"].items()
}
_MONTHS = re.compile(rf"\b(?:{'|'.join(_TABLE['months'])})\b")
_SENTENCE_END = re.compile(r"[.!?;](?=\s+[\"«“„(]?[A-ZÀ-ÖØ-Ý])")
_COMPILATION = re.compile(r"\b(?:SR|RS) \d{1,3}(?:\.\d+)*")
"""Where a law stands in the compilation of Swiss law: a footnote, which English leaves out."""


def faults(
    source: str,
    english: str,
    score: float | None,
    language: str,
    verbatim: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> tuple[str, ...]:
    """List what is wrong with a translation, worst first; empty where no guard finds a fault.

    What is `verbatim` must stand in the English letter for letter; `score` is the model's mean log
    probability of a token.
    """
    bounds = bounds or bounds_of({}, language)
    verdicts = {
        "empty": not english.strip(),
        "repetition": _repeats(source, english),
        "copy": _is_copy(_without(source, verbatim), english, language, bounds),
        "language": _is_foreign(english),
        "length": not _is_right_length(source, english, bounds),
        "numbers": not (
            _same_figures(source, english, language) and _same_amounts(source, english, language)
        ),
        "names": any(text not in english for text in verbatim),
        "negation": _lost_negation(source, english, language),
        "score": score is not None and score < bounds.score,
    }
    return tuple(name for name, wrong in verdicts.items() if wrong)


def _is_right_length(source: str, english: str, bounds: Bounds) -> bool:
    ratio = (len(english) + bounds.slack) / (len(source) + bounds.slack)
    fewer = len(_SENTENCE_END.findall(source)) > len(_SENTENCE_END.findall(english))
    return (bounds.shortest_of_fewer if fewer else bounds.shortest) <= ratio <= bounds.longest


def _repeats(source: str, english: str) -> bool:
    """Tell whether one to eight words come three times in a row, where no words of the source do."""
    return _is_looped(english.lower().split()) and not _is_looped(source.lower().split())


def _is_looped(words: Sequence[str]) -> bool:
    return any(
        words[at : at + size] == words[at + size : at + 2 * size] == words[at + 2 * size : at + 3 * size]
        for size in range(1, 9)
        for at in range(len(words) - 3 * size + 1)
    )


def _is_copy(source: str, english: str, language: str, bounds: Bounds) -> bool:
    before, after = WORD.findall(source.lower()), Counter(WORD.findall(english.lower()))
    words = [word for word in before if len(word) > 1]
    if len(words) < 4:
        return False
    shared = sum(min(count, after[word]) for word, count in Counter(words).items()) / len(words)
    return shared >= bounds.copied and detect_language(source)[0] == language


def _without(text: str, verbatim: Sequence[str]) -> str:
    for piece in verbatim:
        text = text.replace(piece, " ")
    return text


def _is_foreign(english: str) -> bool:
    if len(WORD.findall(english)) < 4:
        return False
    tag, probability = detect_language(english)
    return tag not in ("en", "und") and probability >= 0.6


def _same_figures(source: str, english: str, language: str) -> bool:
    """Compare the figures of both; what one side spells out may be a figure on the other."""
    source, english = _COMPILATION.sub(" ", source), _COMPILATION.sub(" ", english)
    before, after = Counter(figures(source)), Counter(figures(english))
    lost, gained = before.keys() - after.keys(), after.keys() - before.keys()
    if (lost and after - before) or (gained and before - after):
        return False
    if lost:
        return lost == {"1"} or len(lost) <= _spelt_out(english, lost, "en")
    # One figure too many where none is missing is mostly a reference that the source leaves out.
    return len(gained) <= max(1, _spelt_out(source, gained, language))


def _same_amounts(source: str, english: str, language: str) -> bool:
    """Tell whether amounts whose figures the English has keep their value: 1.776,00 is not 1776,000."""
    english_figures, english_amounts = set(figures(english)), amounts(english, "en")
    return all(
        value in english_amounts or not set(figures(written)) <= english_figures
        for value, written in amounts(source, language).items()
    )


def _spelt_out(text: str, missing: Set[str], language: str) -> int:
    """Count the words that may stand for missing figures: number words, and months for one to twelve."""
    months = (
        len(_MONTHS.findall(text)) if all(len(figure) < 3 and int(figure) <= 12 for figure in missing) else 0
    )
    words = _NUMBER_WORDS.get(language)
    return (_count(words, text) if words else len(missing)) + months


def _lost_negation(source: str, english: str, language: str) -> bool:
    """Tell whether the English denies less often than the source.

    The English may express a "not" of the source by a word such as "without" or "invalid", as long as
    that does not translate such a word of the source.
    """
    if language not in _NEGATIONS:
        return False
    missing = _count(_NEGATIONS[language], source) - _count(_NEGATIONS["en"], english)
    if missing <= 0:
        return False
    return missing > max(0, _count(_NEGATIVE["en"], english) - _count(_NEGATIVE[language], source))


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))
