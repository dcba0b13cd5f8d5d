"""Make text of a document or a file name safe to display."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that are invisible but change what is shown: terminal controls, bidirectional overrides
(https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing) and characters of zero width. Joiners and
soft hyphens are not among them: many scripts need them."""

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


def replace_with_ascii(error: UnicodeError) -> tuple[str, int]:
    """Replace what a terminal cannot encode: an error handler for `codecs`.

    The symbols that docassay prints have ASCII forms; any other character becomes a question mark.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    piece = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(character if character.isascii() else "?" for character in piece), error.end
