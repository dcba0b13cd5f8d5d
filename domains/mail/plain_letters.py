"""Letters without accents: expressions and names of brands are sought without."""

from __future__ import annotations

import unicodedata

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
