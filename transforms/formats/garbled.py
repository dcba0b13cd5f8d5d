"""Garbled text: what comes out of a PDF whose fonts do not say which letters they show.

Such a font gives other letters, often all shifted by the same number, characters of private use (U+E000 to
U+F8FF), or none. In every European language some pairs of letters make up most words; in garbled text they do
not. Texts of other scripts, figures, codes and short texts are not judged.
"""

from __future__ import annotations

import re
import unicodedata

COMMON_PAIRS = frozenset(
    """
aa ab ac ad ag ai ak al am an ao ap ar as at au av az ba be bi bl bo br ca ce ch ci cl co ct cu da
de di do dr du ea eb ec ed ee ef eg ei ek el em en ep er es et eu ev ex ez fa fe fi fo ga ge gi go
gr gu ha he hi ho ht ia ic id ie if ig ij ik il im in io ir is it iv iz ja je ka ke ko kt la le li
ll lo lt lu ma me mi mm mo mp mu na nc nd ne nf ng ni nn no ns nt nu ny ob oc od og oi ol om on oo
op or os ot ou ov pa pe pi pl po pr pu qu ra rc rd re ri rm rn ro rs rt ru rv sa sc se si so sp ss
st su sz ta te th ti to tr ts tt tu ua uc ud ue ui ul um un up ur us ut va ve vi vo we wi yo za ze
zi zo
""".split()
)
"""The 200 commonest pairs of letters, without accents, of terms and policies in English, French, German, Spanish,
Italian, Dutch and Polish and of Portuguese news, each language counted alike: nine in ten pairs of a text."""

LEAST_PAIRS = 200
"""Pairs of letters below which a text is not judged."""
LEAST_SHARE = 0.45
"""Share of common pairs: of 11,000 passages none that was written to be read had less than .5; garbled ones have .24."""
MOST_UNMAPPED = 0.3
"""Share of characters that stand for no letter; a list has a few of private use, as its bullets."""
_LEAST_CHARS = 20

_WORD = re.compile(r"(?<![A-Za-z])(?:[A-Z]?[a-z]{2,}|[A-Z]{3,})(?![A-Za-z])")
_UNMAPPED = re.compile(r"[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd]")
_SAMPLE = 20_000


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
    plain = unicodedata.normalize("NFKD", sample.replace("ß", "ss"))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    words = [word.lower() for word in _WORD.findall(letters)]
    pairs = [word[at : at + 2] for word in words for at in range(len(word) - 1)]
    common = sum(pair in COMMON_PAIRS for pair in pairs)
    return len(pairs) >= LEAST_PAIRS and common < LEAST_SHARE * len(pairs)
