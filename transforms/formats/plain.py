"""Plain text: its charset, and the characters that a text may hold."""

from __future__ import annotations

import codecs
import re
import unicodedata

from docassay.transforms.formats import Limits, Read, Unusable
from docassay.transforms.formats.media_types import MARKDOWN, TEXTS

MEDIA_TYPES = TEXTS - {MARKDOWN}

SAMPLE = 65_536
"""Bytes from which a charset is guessed; more would cost time and not change the guess."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# No-break spaces count too: RE2's \s is ASCII, so that no rule would match across one.
_CONTROLS = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u2007\u202f]")
LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
"""Lone surrogates: halves of characters, as in a text that was cut or a file name that is not UTF-8."""
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")
_SHOWN = re.compile(r"[^\s\ufffd\ufeff\u200b-\u200f\u2060\u202a-\u202e\u2066-\u2069]")
_FRONT = re.compile(r"\s*(---|\+\+\+)[ \t]*\r?\n(?:[^\n]*\n){0,200}?\1[ \t]*(?:\r?\n|\Z)")
MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*[\s/>]|<!--|&(?:#\w{1,8}|[A-Za-z]\w{1,31});")
"""What may be HTML in Markdown: how a tag or a comment begins, an entity."""
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def clean(text: str) -> str:
    r"""Make a text safe to store, index and show, changing nothing that a person sees.

    Line ends become ``\n``, NULs and lone surrogates U+FFFD, other control characters and no-break
    spaces a space. Everything else stays, zero-width and bidirectional characters too: an offset
    must point into what stands in the document, and a hidden character is evidence.

    >>> clean("a\r\nb\x00c\x07d\u200be")
    'a\nb\ufffdc d\u200be'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    return _CONTROLS.sub(" ", _UNFIT.sub("\ufffd", text))


def is_blank(text: str) -> bool:
    """Tell whether a cleaned text shows nothing: white space, replaced NULs, zero-width characters."""
    return _SHOWN.search(text) is None


def is_binary(content: bytes) -> bool:
    """Tell from their control characters whether bytes are not text in any charset.

    NULs alone do not make a file binary: they are replaced. UTF-16 without a byte order mark is
    recognised by its NULs in every second byte.
    """
    sample = content[:SAMPLE]
    if any(sample.startswith(bom) for bom, _ in _BOMS) or _utf16(sample):
        return False
    visible = len(sample) - sample.count(0)
    return len(_BINARY.findall(sample)) > max(2, visible * 0.02) or 0 < visible < len(sample) * 0.7


def as_utf8(content: bytes, most: int) -> bytes:
    """Give the beginning of a text in a charset that extends ASCII, without a byte order mark."""
    start = content[:most]
    if start.startswith(codecs.BOM_UTF8):
        return start.removeprefix(codecs.BOM_UTF8)
    if any(start.startswith(bom) for bom, _ in _BOMS) or _utf16(start[:SAMPLE]):
        return decode(start).encode("utf-8", "replace")
    return content


def decode(content: bytes, declared: str | None = None) -> str:
    """Decode bytes: byte order mark, then UTF-8, then the declared charset, then a guess.

    UTF-8 comes before what is declared, since text that is valid UTF-8 by accident is rare and a
    wrong label is not (https://datatracker.ietf.org/doc/html/rfc3629#section-1). Never raises:
    bytes that fit nothing become U+FFFD.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            return content.decode(name, "replace")
    wide = _utf16(content[:SAMPLE])
    if wide:
        return content.decode(wide, "replace")
    escapes = declared is not None and declared.lower().startswith(("iso-2022", "hz", "utf-7"))
    if not escapes:  # those are pure ASCII, and so would pass for UTF-8
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        if declared:
            return content.decode(declared)
    except (LookupError, ValueError):  # a NUL in the name of a charset, too
        pass
    return content.decode(_guess(content), "replace")


def may_have_markup(content: bytes) -> bool:
    """Tell whether Markdown may have HTML in it; if not, nothing parses it."""
    return MARKUP.search(decode(content)) is not None


def front_matter(text: str) -> int:
    r"""Tell where the lines of data end that a page or Markdown may begin with; 0 if it has none.

    >>> front_matter("---\ntitle: Lease\n---\n<p>Rent")
    21
    """
    found = _FRONT.match(text)
    return found.end() if found else 0


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read plain text.

    Raises:
        Unusable: Longer than `Limits.chars`.
    """
    return Read(bounded(decode(content), limits))


def bounded(text: str, limits: Limits) -> str:
    """Return the text, unless it is longer than `Limits.chars`.

    Raises:
        Unusable: ``too_long``.
    """
    if len(text) > limits.chars:
        raise Unusable("too_long", f"{len(text):,} characters; at most {limits.chars:,} are read")
    return text


def _utf16(sample: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: one byte of each pair is nearly always zero."""
    pairs = len(sample) // 2
    if pairs < 8:
        return None
    low, high = sample[0 : pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    if high > pairs * 0.7 and low < pairs * 0.1:
        return "utf-16-le"
    if low > pairs * 0.7 and high < pairs * 0.1:
        return "utf-16-be"
    return None


def _guess(content: bytes) -> str:
    """Guess a single- or multi-byte charset; of several that fit alike, windows-1252, the commonest."""
    from charset_normalizer import from_bytes  # costs 40 ms, seldom needed

    sample = content if len(content) <= SAMPLE else _around_odd_bytes(content)
    matches = list(from_bytes(sample))
    if not matches:
        return "windows-1252"
    best = matches[0]
    for match in matches:
        alike = match.chaos <= best.chaos and match.coherence >= best.coherence - 0.1
        if match.encoding == "cp1252" and alike:
            return "windows-1252"
    return str(best.encoding)


def _around_odd_bytes(content: bytes) -> bytes:
    """Take a sample that begins shortly before the first byte beyond ASCII."""
    odd = re.search(rb"[\x80-\xff]", content)
    start = max(0, odd.start() - 1_000) if odd else 0
    return content[start : start + SAMPLE]


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

    Such is what comes out of a PDF whose fonts do not say which letters they show: often other letters, all
    shifted by the same number. Texts of other scripts, figures, codes and short texts are not judged.

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
