"""Languages: the words by which documents of each are read, a folder a language.

``languages/CODE/words.toml`` holds lists: months, number words, company forms, greetings, headers of mails. A
language has what is known of it, and may leave lists out. Code asks for the words of one language, or of all:
a further folder is read wherever all are. Expressions of rules name the lists as ``{en_months}`` or
``{any_months}`` (`domains/terms.py`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from docassay.schemas.errors import DomainError

FILE = "words.toml"
HEADERS = ("from", "to", "copy", "date", "subject")
"""The headers of a mail that have words in a language."""


@dataclass(frozen=True, slots=True)
class Language:
    """The words of a language.

    Attributes:
        name: Its name in English.
        months: The spellings of each month, January first: the full name, the short form (or the full
            name again), others.
        units: Number words from zero on, without a gap.
        tens: Those of twenty, thirty and so on.
        company_forms: What ends the name of a company, in small letters, without points.
        greetings: Expressions for how a letter begins.
        mail_headers: The names of each header of a mail, in small letters.
        hyphenation: Words, in small letters, beside which a hyphen at a line's end is no parting of a word:
            ``own``, the first halves of words whose hyphen is their own (``non-``); ``suspended``, what
            follows a hyphen that stands for the rest of a word ("pre- and post-").
        periods: The words for ``years``, ``months``, ``weeks`` and ``days``, in all forms.
    """

    name: str
    months: tuple[tuple[str, ...], ...] = ()
    units: tuple[str, ...] = ()
    tens: tuple[str, ...] = ()
    company_forms: tuple[str, ...] = ()
    greetings: tuple[str, ...] = ()
    mail_headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hyphenation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    periods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def languages() -> Mapping[str, Language]:
    """Read the languages, by their codes (ISO 639-1), in alphabetical order."""
    return {path.parent.name: _read(path) for path in sorted(Path(__file__).parent.glob(f"*/{FILE}"))}


def language(code: str) -> Language:
    """Give the words of a language.

    Raises:
        DomainError: There is no such language.

    >>> language("fr").months[7]
    ('août', 'août', 'aout')
    """
    there = languages()
    if code not in there:
        raise DomainError(f"there is no language {code!r}; there are {', '.join(there)}")
    return there[code]


@cache
def months() -> Mapping[str, int]:
    """Give the number of each month, by every spelling of it in any language, in small letters.

    >>> months()["jänner"], months()["okt"], months()["févr"]
    (1, 10, 2)
    """
    return {
        spelling.lower(): number
        for one in languages().values()
        for number, spellings in enumerate(one.months, 1)
        for spelling in spellings
    }


@cache
def periods() -> Mapping[str, str]:
    """Give which of years, months, weeks and days each word for one is, in any language, in small letters.

    >>> periods()["jahren"], periods()["mois"]
    ('years', 'months')
    """
    return {
        word.lower(): name
        for one in languages().values()
        for name, words in one.periods.items()
        for word in words
    }


@cache
def headers(*names: str) -> frozenset[str]:
    """Give the words for headers of a mail in all languages, in small letters.

    Args:
        names: Names in `HEADERS`; all of them where none is given.

    >>> sorted(headers("subject"))
    ['assunto', 'asunto', 'betreff', 'objet', 'oggetto', 'onderwerp', 'subject']
    """
    return frozenset(
        word
        for one in languages().values()
        for name in names or HEADERS
        for word in one.mail_headers.get(name, ())
    )


@cache
def hyphenation(hyphen: str, code: str | None = None) -> frozenset[str]:
    """Give the words beside a hyphen at a line's end that parts no word.

    Args:
        hyphen: ``own`` or ``suspended``; see `Language`.
        code: The language; all of them where none is given. One without a folder has no such words.

    >>> "non" in hyphenation("own", "en"), "und" in hyphenation("suspended")
    (True, True)
    """
    among = [one for name, one in languages().items() if code in (None, name)]
    return frozenset(word for one in among for word in one.hyphenation.get(hyphen, ()))


def lists() -> dict[str, list[str]]:
    """Give the lists that expressions may name: ``CODE_LIST`` of one language, ``any_LIST`` of all.

    >>> lists()["it_company_forms"]
    ['srl', 'spa']
    """
    found: dict[str, list[str]] = {}
    for code, one in languages().items():
        spellings = [spelling for month in one.months for spelling in month]
        for name, words in (
            ("months", spellings),
            ("company_forms", [*one.company_forms]),
            ("greetings", [*one.greetings]),
            *((f"mail_{header}", [*words]) for header, words in one.mail_headers.items()),
        ):
            if words:
                found[f"{code}_{name}"] = words
                everywhere = found.setdefault(f"any_{name}", [])
                everywhere += [word for word in words if word not in everywhere]
    return found


def _read(path: Path) -> Language:
    """Read the file of a language; tests check that its lists have their shapes."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    named: dict[str, Any] = {
        key: {name: tuple(words) for name, words in entries.pop(key, {}).items()}
        for key in ("mail_headers", "hyphenation", "periods")
    }
    months = tuple(tuple(spellings) for spellings in entries.pop("months", []))
    name = entries.pop("name")
    named |= {key: tuple(words) for key, words in entries.items()}
    return Language(name, months, **named)
