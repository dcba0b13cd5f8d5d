"""The plain form of a text: other characters, the same length, so that every offset holds.

Texts write a space in a dozen widths, a quotation mark in nine shapes and a dash in six, and RE2 knows white
space and word boundaries of ASCII only. Patterns are therefore matched against the plain form of a text, and
are made plain themselves: in a pattern a straight quotation mark, a hyphen and a space stand for all of
their kind.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import re2

_PLAIN = {
    " ": "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u200b\u2060\ufeff",  # the last three have no width
    "\n": "\u2028\u2029",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "'": "\u2018\u2019\u201a\u201b\u2032\u00b4",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u2039\u203a",
}
_PAIRS = tuple((character, plain) for plain, characters in _PLAIN.items() for character in characters)
# A bullet counts at the start of a line only: elsewhere it may be the blank of a form, as in "dated ●, 2008".
# The last two are what the fonts Symbol and Wingdings have for one.
_BULLET = (
    r"[\x{2022}\x{2023}\x{25aa}\x{25ab}\x{25cf}\x{25cb}\x{25e6}\x{2043}\x{2219}\x{b7}"
    r"\x{25ba}\x{27a2}\x{2713}\x{2714}\x{f0a7}\x{f0b7}]"
)
_BULLETS = re2.compile(rf"(?m)^[ \t]*({_BULLET}(?:[ \t]+{_BULLET})*)(?:[ \t]|$)")


_LETTER = r"[\x{c0}-\x{24f}]"
_NO_BOUNDARY = re2.compile(rf"({_LETTER})\\b|\\b({_LETTER})")
_IN_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:[a-zA-Z-]*:|P<\w+>)|[(|)]")
"""An escape, a class, or what begins or ends a group or an alternative; the first two hold none of these."""
_ACCENT_FIRST = re2.compile(rf"(?:\(\?[a-zA-Z]*:|\()*{_LETTER}|(?:\(\?[a-zA-Z]*:|\()+[^()]*\|{_LETTER}")
_ACCENT_LAST = re2.compile(rf"{_LETTER}\)*$|{_LETTER}\|[^()]*\)+$")


@lru_cache(maxsize=4)
def plain(text: str) -> str:
    r"""Write a text with straight quotation marks, hyphens and common spaces, and without bullets of lists.

    >>> plain("“Term”: 30\u2009days – « net »")
    '"Term": 30 days - " net "'
    >>> plain("shall\n• return ● copies")
    'shall\n  return ● copies'
    """
    if text.isascii():
        return text
    for character, replacement in _PAIRS:
        text = text.replace(character, replacement)
    pieces, end = [], 0
    for match in _BULLETS.finditer(text):
        pieces += [text[end : match.start(1)], " " * len(match.group(1))]
        end = match.end(1)
    return "".join([*pieces, text[end:]])


def plain_pattern(pattern: str) -> str:
    r"""Write an RE2 expression so that it matches plain texts; a dash becomes an escaped hyphen.

    RE2 takes a letter beyond ASCII for no part of a word, so a word boundary next to one is left out, also of
    a group one of whose alternatives begins or ends with it.

    >>> plain_pattern(r"\bautorité\b|\bänder")
    '\\bautorité|änder'
    >>> plain_pattern(r"\b(?:accord|état) de (?:secret|confidentialité)\b")
    '(?:\\baccord|état) de (?:secret\\b|confidentialité)'
    >>> plain_pattern("[“”–] ?‘")
    '[""\\-] ?\''
    """
    if pattern.isascii():
        return pattern
    pattern = _NO_BOUNDARY.sub(lambda match: match.group(1) or match.group(2), _bounded_within(pattern))
    for character, replacement in _PAIRS:
        pattern = pattern.replace(character, r"\-" if replacement == "-" else replacement)
    return pattern


def _bounded_within(pattern: str) -> str:
    """Move the word boundaries before and after groups into their alternatives, where one needs it."""
    if r"\b(" not in pattern and r")\b" not in pattern:
        return pattern
    opened: list[list[int]] = []
    for found in _IN_GROUP.finditer(pattern):
        mark = found.group()
        if mark.startswith("("):
            opened.append([found.start(), found.end()])
        elif mark == "|" and opened:
            opened[-1].append(found.end())
        elif mark == ")" and opened:
            start, *begins = opened.pop()
            ends = [*(begin - 1 for begin in begins[1:]), found.start()]
            inside = [pattern[begin:end] for begin, end in zip(begins, ends, strict=True)]
            head, rest = pattern[:start], pattern[found.end() :]
            before = head.endswith(r"\b") and any(_ACCENT_FIRST.match(one) for one in inside)
            after = rest.startswith(r"\b") and any(_ACCENT_LAST.search(one) for one in inside)
            before = before and not rest.startswith(("?", "*", "{0"))  # an empty group has no boundary
            if before or after:
                bounded = "|".join(r"\b" * before + one + r"\b" * after for one in inside)
                head = head.removesuffix(r"\b" * before) + pattern[start : begins[0]]
                return _bounded_within(f"{head}{bounded})" + rest.removeprefix(r"\b" * after))
    return pattern


_UNACCENTED = {
    code: base
    for code in range(0xC0, 0x250)
    if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii() and base.isalpha()
} | {ord("ß"): "s", ord("ø"): "o", ord("Ø"): "O", ord("ł"): "l", ord("’"): "'", ord("\u00a0"): " "}


def unaccented(text: str) -> str:
    """Write a text without accents, at the same offsets.

    >>> unaccented("déjà l’été")
    "deja l'ete"
    """
    return text if text.isascii() else text.translate(_UNACCENTED)


_SPELLINGS = {
    **{letter: f"[{letter}{_UNACCENTED[ord(letter)]}]" for letter in "àâçéèêëîïôùûÀÂÇÉÈÊËÎÏÔÙÛ"},
    **{letter: f"(?:{letter}|{base}e)" for letter, base in zip("äöüœ", "aouo", strict=True)},
    **{letter: f"(?:{letter}|{base}[Ee])" for letter, base in zip("ÄÖÜŒ", "AOUO", strict=True)},
    "ß": "(?:ß|ss)",
}
_SPELLED = re.compile(rf"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[{''.join(_SPELLINGS)}]")


def spelled(pattern: str) -> str:
    r"""Write an RE2 expression as `plain_pattern` does, and so that words may lack accents and umlauts.

    French leaves accents out in capitals, and file names and plain text write ``ue`` for ``ü``. A class stays
    as it is.

    >>> spelled("prêt|[éè]|Grün")
    'pr[êe]t|[éè]|Gr(?:ü|ue)n'
    """
    if pattern.isascii():
        return pattern
    return _SPELLED.sub(lambda found: _SPELLINGS.get(found.group(), found.group()), plain_pattern(pattern))
