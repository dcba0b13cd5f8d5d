"""Guards: what can be told to be wrong with a translation without knowing the right one.

Each looks at a sentence, its translation, and the model's score. How many broken translations they
catch, and how many good ones they doubt, is measured by ``python -m benchmarks.guards``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from transforms.translation.protect import figures

WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a translation is doubted; a model's card may say other figures than these.

    Attributes:
        shortest: Least length of the English, as a share of the source's characters.
        longest: Most of it.
        slack: Characters added to both sides first, since a ratio of short texts says little.
        copied: Share of the source's words that stand in the English, from which on it is a copy.
        repeated: Share of the English's word triples that say again what stood there, beyond the source's.
        score: Least mean log probability of a token.
    """

    shortest: float = 0.55
    longest: float = 1.9
    slack: float = 12.0
    copied: float = 0.7
    repeated: float = 0.25
    score: float = -2.5

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> Bounds:
        """Take the bounds that a card gives in its table `guards`."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: float(value) for key, value in about.get("guards", {}).items() if key in known})


_NEGATIONS: Mapping[str, re.Pattern[str]] = {
    "fr": re.compile(
        r"(?i)\bn(?:e\b|[’'])(?:[^\W_]|[ ’',-]){1,60}?"
        r"\b(?:pas|point|jamais|aucune?s?|rien|personne|nulle?|guère)\b"
        r"|\b(?:aucune?|nul(?:le)?|personne|rien)\b(?:[^\W_]|[ ’'-]){1,60}?\bn(?:e\b|[’'])"
        r"|\bne (?:pas|jamais)\b"
    ),
    "de": re.compile(
        r"(?i)\b(?:nicht(?! nur\b)|kein(?:e[mnrs]?)?|nie(?:mals|mand(?:em|en)?)?|nichts|weder)\b"
    ),
}
_ENGLISH_NEGATION = re.compile(
    r"(?i)\b(?:no|not|never|none|nor|neither|nothing|nobody|nowhere|without|cannot|un\w{3,}|in(?:valid|eligible|"
    r"admissible|applicable|capable|ability|effective|complete|sufficient|operative|dependent\w*|existent|active)\w*|"
    r"im(?:possible|practicable|material)\w*|ir(?:respective|regular|relevant)\w*|non\w{0,20}|dis\w{4,}|"
    r"absen\w+|lacks?|lacking|fail(?:s|ed|ing|ure)?|refus\w+|prohibit\w*|exclu\w+|except\w*|unless|free|few\w*|little|"
    r"hardly|barely|rather|exempt\w*|avoid\w*|prevent\w*|forbid\w*|den(?:y|ies|ied)|ceas\w+|other|only|any|illegal\w*)\b"
    r"|n[’']t\b|\w+less\b|-free\b"
)
_SMALL = frozenset(str(n) for n in range(1, 32))
_NUMBER_WORDS = re.compile(
    r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|"
    r"billion|dozen|half|quarter|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\w+teenth|\w+tieth|"
    r"once|twice|both|single|double|noon|midnight|a|an|"
    r"un|une|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|"
    r"cinquante|soixante|cent|cents|mille|millions?|milliards?|premi[eè]re?s?|seconde?|\w+ième|"
    r"ein\w{0,2}|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\w+zehn|\w+zig|hundert|tausend|million\w*|"
    r"milliarde\w*|erste\w?|zweite\w?|dritte\w?|\w+te[nrs]?|januar|februar|märz|april|mai|juni|juli|august|september|"
    r"oktober|november|dezember|january|february|march|may|june|july|october|december|janvier|février|mars|avril|"
    r"juin|juillet|août|septembre|octobre|novembre|décembre)\b|[IVXLC]{2,}"
)


def faults(
    source: str,
    english: str,
    score: float | None,
    language: str,
    tongue: Callable[[str], tuple[str, float]],
    kept: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> tuple[str, ...]:
    """List what is wrong with a translation, worst first; nothing where nothing can be told.

    Args:
        source: The sentence.
        english: Its translation.
        score: The model's mean log probability of a token, or None.
        language: The sentence's language.
        tongue: Tells the language of a text and the probability of it.
        kept: What must stand in the English letter for letter.
        bounds: From where on it is doubted.
    """
    bounds = bounds or Bounds()
    found = {
        "empty": not english.strip(),
        "repetition": _repeats(source, english, bounds),
        "copy": _is_copy(source, english, language, tongue, bounds),
        "language": _is_foreign(english, tongue),
        "length": not _is_right_length(source, english, bounds),
        "numbers": not _same_figures(source, english),
        "names": any(text not in english for text in kept),
        "negation": _lost_negation(source, english, language),
        "score": score is not None and score < bounds.score,
    }
    return tuple(name for name, wrong in found.items() if wrong)


def _is_right_length(source: str, english: str, bounds: Bounds) -> bool:
    ratio = (len(english) + bounds.slack) / (len(source) + bounds.slack)
    return bounds.shortest <= ratio <= bounds.longest


def _repeats(source: str, english: str, bounds: Bounds) -> bool:
    words = english.lower().split()
    if len(words) >= 3 and any(words[n] == words[n + 1] == words[n + 2] for n in range(len(words) - 2)):
        return not _repeats(english, source, bounds) if source != english else False
    return _repetition(english) - _repetition(source) > bounds.repeated


def _repetition(text: str) -> float:
    words = text.lower().split()
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    total = sum(triples.values())
    return (total - len(triples)) / total if total >= 3 else 0.0


def _is_copy(
    source: str,
    english: str,
    language: str,
    tongue: Callable[[str], tuple[str, float]],
    bounds: Bounds,
) -> bool:
    before, after = WORD.findall(source.lower()), Counter(WORD.findall(english.lower()))
    plain = [word for word in before if len(word) > 1]
    if len(plain) < 4:
        return False
    shared = sum(min(count, after[word]) for word, count in Counter(plain).items()) / len(plain)
    return shared >= bounds.copied and tongue(source)[0] == language


def _is_foreign(english: str, tongue: Callable[[str], tuple[str, float]]) -> bool:
    if len(WORD.findall(english)) < 4:
        return False
    tag, probability = tongue(english)
    return tag not in ("en", "und") and probability >= 0.6


def _same_figures(source: str, english: str) -> bool:
    """Compare figures as multisets; one to thirty-one, and what is spelt out, may be words on one side."""
    before, after = Counter(figures(source)), Counter(figures(english))
    lost, gained = before - after, after - before
    if not lost and not gained:
        return True
    words_gained = len(_NUMBER_WORDS.findall(english))
    words_before = len(_NUMBER_WORDS.findall(source))
    odd_lost = sum(count for figure, count in lost.items() if figure not in _SMALL)
    odd_gained = sum(count for figure, count in gained.items() if figure not in _SMALL)
    if odd_lost or odd_gained:
        return False
    if lost and gained:
        return False
    return lost.total() <= words_gained if lost else gained.total() <= words_before


def _lost_negation(source: str, english: str, language: str) -> bool:
    pattern = _NEGATIONS.get(language)
    return bool(pattern and pattern.search(source) and not _ENGLISH_NEGATION.search(english))
