"""Garbled text: what comes out of a PDF whose fonts do not say which letters they show.

Such a font gives other letters, often all shifted by the same number, characters of private use (U+E000 to
U+F8FF), or none. In every European language some pairs of letters make up most words; in garbled text they do
not. Texts of other scripts, figures, codes and short texts are not judged.
"""

from __future__ import annotations

import re
import unicodedata

_COMMON = """
aa ab ac ad af ag ai aj ak al am an ao ap ar as at au av az ba be bi bl bo br bs bu ca cc ce ch ci cl co
cr ct cu da de di dn do dr du ea eb ec ed ee ef eg eh ei ej ek el em en ep er es et eu ev ex ez fa fe fi
fo fr fu ga ge gi gl go gr gu ha he hi ho hr ht ia ib ic id ie if ig ii ij ik il im in io ip ir is it iv
iz ja je jo ju ka ke ki kl ko kt ku la ld le lg lh li lj ll lo ls lt lu ly ma mb me mi mm mo mp mu na nc
nd ne nf ng ni nk nn no ns nt nu ny nz ob oc od oe of og oi ok ol om on oo op or os ot ou ov ow oz pa pe
pi pl po pp pr pt pu qu ra rc rd re ri rk rm rn ro rr rs rt ru rv sa sc se si sk sl sm so sp ss st su sz
ta te th ti tn to tr ts tt tu ty ua ub uc ud ue ug ui ul um un up ur us ut uz va ve vi vo wa we wi yo za
ze zi zn zo zu
"""
COMMON_PAIRS = frozenset(_COMMON.split())
"""The 250 commonest pairs of letters, without accents, in English, French, German, Spanish, Italian, Dutch,
Polish and Portuguese, each weighing alike: 94 of 100 pairs of terms, policies, clinical cases and news."""

LEAST_PAIRS = 200
"""Pairs of letters below which a text is not judged."""
LEAST_SHARE = 0.6
"""Share of common pairs: of 10,000 passages written to be read none had less than .77; garbled ones, .3."""
MOST_UNMAPPED = 0.3
"""Share of characters that stand for no letter; a list has a few of private use, as its bullets."""
_LEAST_CHARS = 20

_WORD = re.compile(r"(?<![A-Za-z])(?:[A-Z]?[a-z]{2,}|[A-Z]{3,})(?![A-Za-z])")
_UNMAPPED = re.compile(r"[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd]")
_MARKS = re.compile(r"[\u0300-\u036f]")
_SAMPLE = 6_000


def is_garbled(text: str) -> bool:
    """Tell whether a text, as it was read and not yet cleaned, is no text of any language.

    >>> is_garbled("The tenant pays the rent on the first day of each month. " * 20)
    False
    >>> is_garbled("Wkh whqdqw sdbv wkh uhqw rq wkh iluvw gdb ri hdfk prqwk. " * 20)
    True
    """
    sample = text[:_SAMPLE]
    shown = "".join(sample.split())
    if len(shown) >= _LEAST_CHARS and len(_UNMAPPED.findall(shown)) > MOST_UNMAPPED * len(shown):
        return True
    letters = _MARKS.sub("", unicodedata.normalize("NFKD", sample.replace("ß", "ss")))
    words = [word.lower() for word in _WORD.findall(letters)]
    pairs = [word[at : at + 2] for word in words for at in range(len(word) - 1)]
    common = sum(pair in COMMON_PAIRS for pair in pairs)
    return len(pairs) >= LEAST_PAIRS and common < LEAST_SHARE * len(pairs)
