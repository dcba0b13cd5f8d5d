"""Structure of a document as feature strings, for the head that tells its kind (`transforms/kind.py`).

What words alone do not say: the titles and wording of kinds that were met, the headings and first lines, how
lines are filled, whether amounts stand in columns, whether it is a letter. Everything is read of the opening.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from docassay import domains
from docassay.languages import language

READ_CHARS = 20_000
"""How far into a document structure and wording are looked at."""

_HEADINGS = 60
_FIRST_LINES = 4
_AMOUNT = re.compile(r"\d[.,]\d{2}\b\D{0,6}$")
_DOTTED_TIME = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}")
_WORD = re.compile(r"[^\W\d_]{2,40}")
_INLINE = re.compile(r"([A-Z][A-Za-zÀ-ÿ/&' -]{2,40}):(?:\s|$)")
# The head of kinds has learnt from these languages: what is counted does not grow with others.
_SALUTATION = re.compile(
    "(?m)^[ \t]*(?:" + "|".join(one for code in ("en", "de", "fr") for one in language(code).greetings) + ")"
)
_CLOSING = re.compile(
    r"(?im)^[ \t]*(?:(?:yours |best |kind |warm )?(?:sincerely|faithfully|regards)"
    r"|mit (?:\w+ ){0,2}gr(?:ü|ue)(?:ß|ss)en|(?:bien )?cordialement|confraternellement|veuillez agréer)"
)


def features(title: str | None, text: str, language: str, met: Sequence[str]) -> list[str]:
    """Give the feature strings of a document.

    Args:
        title: As the file gives it.
        text: The document's text.
        language: Its language, a BCP 47 tag.
        met: What `wording` met.
    """
    opening = text[:READ_CHARS]
    lines = [line.strip() for line in opening.split("\n")]
    filled = [line for line in lines if line]
    strings = [f"language {language}", f"length {len(text).bit_length()}"]
    strings += met
    strings += [f"first {word}" for line in filled[:_FIRST_LINES] for word in _words(line[:80])]
    strings += [f"title {word}" for word in _words((title or "")[:200])]
    for heading in list(_headings(lines))[:_HEADINGS]:
        strings.append(f"heading {heading}")
        strings += [f"in heading {word}" for word in heading.split()]
    count = max(1, len(filled))
    strings += [
        f"amounts {_share(sum(bool(_AMOUNT.search(line[-20:])) for line in filled), count)}",
        f"short lines {_share(sum(len(line) < 40 for line in filled), count)}",
        f"long lines {_share(sum(len(line) > 200 for line in filled), count)}",
        f"dates {_share(sum(bool(_DOTTED_TIME.search(line[:200])) for line in filled), count)}",
    ]
    if _SALUTATION.search(text[:3_000]):
        strings.append("salutation")
    if _CLOSING.search(text[-3_000:]):
        strings.append("closing")
    return strings


def wording(title: str | None, text: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """List the kinds, as ``domain.kind``, whose title a document bears, and those whose wording it has."""
    opening = text[:READ_CHARS]
    loaded = [domains.load(name) for name in names]
    titled = [f"{domain.name}.{kind}" for domain in loaded for kind in domain.titled(title, opening)]
    worded = [f"{domain.name}.{kind}" for domain in loaded for kind in domain.worded(opening)]
    return titled, worded


def proposals(titled: Sequence[str], worded: Sequence[str]) -> list[str]:
    """Turn what `wording` met into feature strings."""
    return [f"titled {kind}" for kind in titled] + [f"worded {kind}" for kind in worded]


def _headings(lines: Sequence[str]) -> Iterator[str]:
    """Give lines that look like headings, and what stands before a colon, in lower case without digits."""
    for number, line in enumerate(lines):
        if not line:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        marked = line.startswith(("#", "**")) or following[:3] in ("===", "---")
        if len(line) <= 80 and (marked or line.endswith(":") or (line.isupper() and len(line) > 3)):
            heading = " ".join(_words(line))
        elif match := _INLINE.match(line):
            heading = " ".join(_words(match[1]))
        else:
            continue
        if heading:
            yield heading


def _words(line: str) -> list[str]:
    return _WORD.findall(line.lower())


def _share(count: int, of: int) -> str:
    """Put a share into one of a few bands."""
    share = count / of
    return next(
        (name for name, limit in (("none", 0.001), ("few", 0.1), ("some", 0.3)) if share <= limit), "many"
    )
