"""Numbers in words, in English, French and German."""

from __future__ import annotations

from docassay.languages import language

_UNITS = {word: value for value, word in enumerate(language("en").units)}
_TENS = {word: 10 * value for value, word in enumerate(language("en").tens, 2)}
_SMALL = _UNITS | {word: value for value, word in enumerate(language("fr").units)} | {"une": 1}
_ROUND = _TENS | {word: 10 * value for value, word in enumerate(language("fr").tens, 2)}
_SCALES = {
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "mille": 1_000,
    "millions": 1_000_000,
    "milliard": 1_000_000_000,
    "milliards": 1_000_000_000,
}
_HUNDREDS = ("hundred", "cent", "cents")
WORDS = "|".join(sorted([*_SMALL, *_ROUND, *_SCALES, *_HUNDREDS, "vingts"], key=len, reverse=True))
"""Words of English and French numbers, for an expression."""

_GERMAN_SMALL = {word: value for value, word in enumerate(language("de").units)} | {
    word: 1 for word in ("ein", "eine", "einem", "einen", "einer")
}
_GERMAN_ROUND = {word: 10 * value for value, word in enumerate(language("de").tens, 2)}
GERMAN_WORDS = "|".join(
    sorted([*_GERMAN_SMALL, *_GERMAN_ROUND, "hundert", "tausend", "und", "dreissig"], key=len, reverse=True)
)
"""Parts of German numbers, for an expression."""

_ORDINAL_WORDS = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third
twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first
"""
ORDINALS = {word: number for number, word in enumerate(_ORDINAL_WORDS.split(), 1)}
"""English ordinal numbers as far as the days of a month go."""


def read(words: str) -> int | None:
    """Read a cardinal number in English, French or German words; None where they make no number.

    >>> read("one hundred and twenty-five thousand"), read("hundred"), read("two three")
    (125000, 100, None)
    >>> read("quatre-vingt-dix-sept"), read("soixante et onze"), read("mille cinq cents")
    (97, 71, 1500)
    >>> read("einundzwanzig"), read("zweihundertfünfzigtausend"), read("zweidrei")
    (21, 250000, None)
    """
    plain = " ".join(words.lower().replace("-", " ").split())
    if " " not in plain and plain not in _SMALL and plain not in _ROUND:
        value = _read_german(plain.replace("dreissig", "dreißig"))
        if value is not None:
            return value
    # Eighty is four times twenty; seventy and ninety are sixty and eighty with ten to nineteen on top.
    plain = plain.replace("quatre vingts", "eighty").replace("quatre vingt", "eighty")
    total, current, last, below = 0, 0, 0, 100
    for word in plain.split():
        if word in ("and", "et"):
            continue
        if word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current, last, below = 0, 0, 100
        elif word in _HUNDREDS:
            current, last, below = max(current, 1) * 100, 0, 100
        elif word in _ROUND:
            if last:
                return None
            current, last = current + _ROUND[word], _ROUND[word]
            below = 17 if word in ("soixante", "eighty") else 10
        elif word in _SMALL:
            value = _SMALL[word]
            if value >= below or (last == 10 and not 7 <= value <= 9) or 0 < last < 10:
                return None
            # Only dix-sept, dix-huit and dix-neuf are put together of units.
            current, last, below = current + value, (10 if word == "dix" else max(value % 10, 1)), 10
        else:
            return None
    return total + current


def _read_german(word: str) -> int | None:
    """Read a German number, one word: units stand before tens, joined by ``und``."""
    for scale, value in (("tausend", 1_000), ("hundert", 100)):
        before, separator, after = word.partition(scale)
        if separator:
            times = _read_german(before) if before else 1
            rest = _read_german(after.removeprefix("und")) if after else 0
            return None if times is None or rest is None else times * value + rest
    unit, joined, ten = word.partition("und")
    if joined:
        is_number = _GERMAN_SMALL.get(unit, 10) < 10 and ten in _GERMAN_ROUND
        return _GERMAN_SMALL[unit] + _GERMAN_ROUND[ten] if is_number else None
    return _GERMAN_SMALL.get(word, _GERMAN_ROUND.get(word))
