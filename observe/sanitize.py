"""Escape: text from a document or a file name, made fit to be shown."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that show nothing but change what is shown: controls of a terminal, overrides of the
direction of writing (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing), characters of
no width. Joiners and soft hyphens are not among them: many scripts cannot do without."""

_PLAIN = str.maketrans(
    {"⟦": "[[", "⟧": "]]", "“": '"', "”": '"', "⟨": "<", "⟩": ">", "…": "...", "›": ">", "·": "-", "˒": ","}
    | {superior: str(digit) for digit, superior in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
)


def visible(text: str) -> str:
    r"""Show the characters of `UNSEEN` by their code points; line ends and tabs stay.

    >>> visible("pay\u202eevil")
    'pay⟨U+202E⟩evil'
    """
    return UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def line(text: str, most: int = 0) -> str:
    r"""Make a text one visible line, cut with an ellipsis after `most` characters where that is not 0.

    >>> line("Dear\n  Bo, \x1b[31mpay", 15)
    'Dear Bo, ⟨U+00…'
    """
    joined = visible(" ".join(text.split()))
    return joined if not most or len(joined) <= most else joined[: most - 1].rstrip() + "…"


def plainer(error: UnicodeError) -> tuple[str, int]:
    """Stand in for what a terminal cannot show: an error handler of `codecs`.

    Signs of docassay's own are written in ASCII, any other letter as a question mark.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    piece = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(letter if letter.isascii() else "?" for letter in piece), error.end
