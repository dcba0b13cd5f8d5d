"""Protect: placeholders, which the model carries over, for what a translation must not change.

Numbers mostly survive as they are, and are better translated in context ("1 570 euros" to "1,570
euros"), so they are only replaced when a first translation has lost one. Addresses, identifiers, names
and characters that a model hardly knows are replaced at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_NAME = r"[A-ZÀ-ÖØ-Ý][\w’'-]{0,40}"
_NAMES = rf"{_NAME}(?: (?:(?:de|du|des|d’|von|van|der|den|zu|la|le) ){{0,2}}{_NAME}){{0,4}}"
_LINK = r"& |et |und |d[’']|de |du |des |de la |für "
_FORM = (
    r"(?:SARL|SAS|SASU|SA|SCI|SNC|SCA|SCP|GmbH|AG|KG|KGaA|OHG|UG|SE|Ltd|LLC|Inc|plc|Sàrl|S\.A\.|S\.A\.S\.)"
)

FRAGILE = re.compile(
    "|".join(
        (
            r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
            r"(?P<url>(?:https?://|www\.)[^\s<>«»\"]{1,300}[\w/])",
            r"(?P<iban>\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b)",
            r"(?P<phone>(?<![\w.])\+?[0-9]{2,4}(?:[ .][0-9]{2,3}){3,5}(?![\w]))",
            rf"(?P<company>{_NAME}(?: (?:{_LINK})?{_NAME}){{0,4}} {_FORM}(?![\w]))",
            r"(?P<identifier>\b(?=[\w/-]{0,30}[0-9])(?=[\w/-]{0,30}[A-Za-z])[A-Za-z0-9]+(?:[/-][A-Za-z0-9]+){1,8}\b"
            r"|\b[A-Z]{1,6}[0-9]{3,20}[A-Z0-9]{0,10}\b|\b[0-9]{7,30}\b|\b[0-9]{2,12}-[0-9]{2,12}(?:-[0-9]{2,12}){0,4}\b)",
            rf"(?P<person>(?<=\bM\. ){_NAMES}|(?<=\bMme ){_NAMES}|(?<=\bMe ){_NAMES}|(?<=\bDr ){_NAMES}"
            rf"|(?<=\bDr\. ){_NAMES}|(?<=\bMadame ){_NAMES}|(?<=\bMonsieur ){_NAMES}|(?<=\bMaître ){_NAMES}"
            rf"|(?<=\bDocteur ){_NAMES}|(?<=\bHerr ){_NAMES}|(?<=\bHerrn ){_NAMES}|(?<=\bFrau ){_NAMES})",
            # Neither Latin letters nor the usual punctuation, currency and letter-like signs.
            r"(?P<foreign>[^\x00-\u024f\u1e00-\u206f\u20a0-\u20cf\u2100-\u214f\s\u27e6\u27e7]+)",
        )
    )
)
"""What a model must not change at all."""

NAMES = 100
"""Most names of a document that are remembered, the first ones."""

_WORD = re.compile(r"[^\W\d_][\w’'-]*")

_GROUPS = "\u00a0\u2009\u202f'’"
"""What stands between thousands, besides what only some languages put there."""
_GROUPS_OF = {"de": ".", "en": " ,", "fr": " "}
"""In a German table a space parts two numbers: 12 148,00 are twelve at 148."""


@lru_cache(maxsize=32)
def _numbers(language: str) -> re.Pattern[str]:
    """Give the pattern of a number, a date or a time as a language writes it."""
    groups = re.escape(_GROUPS + _GROUPS_OF.get(language, " "))
    return re.compile(
        rf"(?<![\w⟦])[0-9]{{1,3}}(?:[{groups}][0-9]{{3}})+(?:[.,][0-9]{{1,4}})?(?![0-9⟧])"
        r"|(?<![\w⟦])[0-9]+(?:[.,:/-][0-9]+)*(?![0-9⟧])"
    )


_DIGITS = re.compile(r"[0-9]+")
_SEPARATORS = re.compile(f"[{_GROUPS}{_GROUPS_OF['en']}]")
_ENGLISH = re.compile(rf"(?:[0-9]{{1,3}}(?:{_SEPARATORS.pattern}[0-9]{{3}})+|[0-9]+)(?:\.[0-9]+)?")
_AMBIGUOUS = re.compile(r"[0-9]{1,3},[0-9]{3}")
_THOUSANDS = re.compile(r"(?<![0-9])([0-9]{1,3})((?:[ \u00a0\u2009\u202f.,'’][0-9]{3})+)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Masked:
    """A sentence with placeholders.

    Attributes:
        replacements: Each placeholder, and what it stands for.
    """

    text: str
    replacements: tuple[tuple[str, str], ...]

    def restore(self, translated: str) -> str:
        """Put back what the placeholders stand for."""
        for placeholder, original in self.replacements:
            translated = translated.replace(placeholder, original)
        return translated

    def faults(self, translated: str) -> int:
        """Count the placeholders that a translation does not have exactly once, and those that it made up."""
        lost = sum(translated.count(placeholder) != 1 for placeholder, _ in self.replacements)
        placeholders = {placeholder for placeholder, _ in self.replacements}
        return lost + len(set(re.findall(r"⟦[0-9]+⟧", translated)) - placeholders)


def mask(
    sentence: str, placeholders: Sequence[str], numbers: bool, language: str, names: Sequence[str] = ()
) -> Masked:
    """Replace what is fragile, then `names`, then with `numbers` numbers, until placeholders run out.

    >>> mask("Écrire à a@b.ch avant le 5 mai.", ("⟦0⟧", "⟦1⟧"), False, "fr").text
    'Écrire à ⟦0⟧ avant le 5 mai.'
    """
    free = [placeholder for placeholder in placeholders if placeholder not in sentence]
    replacements: list[tuple[str, str]] = []

    def replace(match: re.Match[str], written: str) -> str:
        if len(replacements) >= len(free):
            return match[0]
        replacements.append((free[len(replacements)], written))
        return free[len(replacements) - 1]

    text = FRAGILE.sub(lambda match: replace(match, match[0]), sentence)
    if names:
        text = _any_of(tuple(names)).sub(lambda match: replace(match, match[0]), text)
    if numbers:
        text = _numbers(language).sub(lambda match: replace(match, in_english(match[0], language)), text)
    return Masked(text, tuple(replacements))


def names_in(text: str) -> tuple[str, ...]:
    """List the names that a text makes known by a title or a company's form, longest first.

    They are names without the title or form, too, as in a signature. The last word of a person's name is
    a name by itself; a single word is not, where the text also has it in lower case.

    >>> names_in("M. Jean Dupont, ci-après « le Preneur ». Dupont & Fils SARL. Madame Bail signe le bail.")
    ('Dupont & Fils SARL', 'Dupont & Fils', 'Jean Dupont', 'JEAN DUPONT', 'Dupont', 'DUPONT')
    """
    lower_case = {word for word in _WORD.findall(text) if word[0].islower()}
    names: dict[str, None] = {}
    for match in FRAGILE.finditer(text):
        if len(names) >= NAMES:
            break
        if match.lastgroup == "person":
            forms = [match[0], match[0].upper()]
            if len(match[0].split()) > 1:
                last = match[0].split()[-1]
                forms += [last, last.upper()]
        elif match.lastgroup == "company":
            forms = [match[0], match[0].rpartition(" ")[0]]
        else:
            continue
        names |= {name: None for name in forms if len(name) > 2 and name.lower() not in lower_case}
    return tuple(sorted(names, key=lambda name: -len(name)))


def named(sentence: str, names: Sequence[str]) -> tuple[str, ...]:
    """Choose the names that occur in a sentence."""
    if not names:
        return ()
    present = set(_any_of(tuple(names)).findall(sentence))
    return tuple(name for name in names if name in present)


@lru_cache(maxsize=256)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")


def in_english(number: str, language: str) -> str:
    """Write an amount as English does; what may be a date, a time or a section stays as it is.

    >>> [in_english(n, "fr") for n in ("1 570,50", "12,5", "2.1", "01/02/2026")]
    ['1,570.50', '12.5', '2.1', '01/02/2026']
    >>> [in_english(n, "de") for n in ("1.570,50", "1'200", "31.12.2026")]
    ['1,570.50', '1,200', '31.12.2026']
    """
    separators = _GROUPS + _GROUPS_OF.get(language, " ")
    match = re.fullmatch(
        rf"([0-9]{{1,3}})((?:[{re.escape(separators)}][0-9]{{3}})+)?(?:,([0-9]{{1,4}}))?", number
    )
    if match is None:
        plain = re.fullmatch(r"([0-9]+),([0-9]{1,4})", number)
        return f"{plain[1]}.{plain[2]}" if plain else number
    whole = match[1] + "".join(f",{group}" for group in _DIGITS.findall(match[2] or ""))
    return f"{whole}.{match[3]}" if match[3] else whole


def amounts(text: str, language: str) -> dict[float, str]:
    """Give a text's amounts by value, as English writes them.

    In English every number is an amount; in another language only those that English writes otherwise are,
    and not 80,000, which may be eighty thousand.

    >>> amounts("am 31.12.2026: 12 zu 148,00 macht 1.776,00", "de")
    {148.0: '148.00', 1776.0: '1,776.00'}
    >>> amounts("12 at 148.00 make 1,776.00, not 1776,000 or 1.776.00", "en")
    {12.0: '12', 148.0: '148.00', 1776.0: '1,776.00'}
    """
    numbers = _numbers("en").findall(text) if language == "en" else _rewritten(text, language).values()
    return {float(_SEPARATORS.sub("", number)): number for number in numbers if _ENGLISH.fullmatch(number)}


def respelt(english: str, source: str, language: str) -> str:
    """Write amounts that a translation has left as the source writes them as English does.

    >>> respelt("The rent is 1.250,00 EUR.", "Die Miete beträgt 1.250,00 EUR.", "de")
    'The rent is 1,250.00 EUR.'
    """
    for number, written in _rewritten(source, language).items():
        english = re.sub(rf"(?<![\w.,]){re.escape(number)}(?![\w]|[.,][0-9])", written, english)
    return english


def _rewritten(text: str, language: str) -> dict[str, str]:
    """Map a text's numbers that English surely writes otherwise to their English forms."""
    pairs = ((number, in_english(number, language)) for number in _numbers(language).findall(text))
    return {
        number: written for number, written in pairs if written != number and not _AMBIGUOUS.fullmatch(number)
    }


def figures(text: str) -> list[str]:
    """List the runs of digits of a text, thousands joined, leading zeros dropped.

    >>> figures("le 05/02/2026, 1 570,50 euros")
    ['5', '2', '2026', '1570', '50']
    """
    joined = _THOUSANDS.sub(lambda match: match[1] + "".join(_DIGITS.findall(match[2])), text)
    return [digits.lstrip("0") or "0" for digits in _DIGITS.findall(joined)]
