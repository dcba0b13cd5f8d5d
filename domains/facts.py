r"""Fields of facts: what a domain's ``facts.toml`` declares, read and checked.

    [[fact]]
    name = "due_date"
    title = "Due date"
    type = "date"                       # one of schemas.facts.FACT_TYPES
    kinds = ["invoice", "credit_note"]  # without it those at the top of the file, or documents of any kind
    most = 1                            # so many values a document has; 1 unless it says otherwise
    stated = "due_date"                 # the name of the value in the file's data
    document_date = "issue"             # what it is of a document whose own day it is; without it, it is not
    headline = false                    # readers see it beside the name of the document
    find = ['due date:? *\S+']           # expressions and call:MODULE.NAME; the first that gives any counts
    candidates = "date"                 # in place of find: what a trained ranker chooses from (`candidates`)
    cues = ['(?i)payable']              # of candidates = "line": what the lines stand after
    valid = ["eu.vat", "de.stnr"]       # modules of python-stdnum: a number that none accepts is a hint

A function gives spans, or `Found`, which says more of a place. What is written there is read as the field's
type (`domains.values`), which also leaves out the words before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from docassay.domains.entries import Source, check_keys, finder_of, kinds_of, matchers_of, read_toml, texts_of
from docassay.domains.patterns import compiled
from docassay.domains.rules import Kind, RuleInput, Span
from docassay.domains.trust import UNKNOWN, Trust, trust_in
from docassay.schemas.errors import DomainError, ModelError
from docassay.schemas.facts import FACT_TYPES, FactType

if TYPE_CHECKING:  # imported where a field has a ranker
    from docassay.models.ranker import FieldRanker

FILE = "facts.toml"

_KEYS = (
    "name", "title", "type", "kinds", "most", "stated", "document_date", "headline", "find", "candidates",
    "cues", "valid",
)  # fmt: skip
_MOST = 10_000
_COLUMNS = frozenset(
    {
        "uri",
        "kind",
        "domain",
        "doc_id",
        "run_id",
        "document_date",
        "document_date_source",
        "doubtful",
        "other_fields",
    }
)
"""Columns beside the fields where facts stand side by side."""

_NAME = compiled(r"[a-z][a-z0-9_]{0,59}")


class Found(NamedTuple):
    """Where a fact stands, and what its words alone do not say.

    Attributes:
        normalised: Its value, where it was worked out already.
        role: As what it is named.
        group: Ordinal of what it belongs to.
        alternative: Another value that it may have; then it is not sure.
        sure: Nothing speaks against it.
    """

    start: int
    end: int
    normalised: str | None = None
    role: str | None = None
    group: int | None = None
    alternative: str | None = None
    sure: bool = True


Finder = Callable[[RuleInput], Iterable[Found | Span]]
"""What an entry of ``find`` becomes."""

T = TypeVar("T")


def of_each(rows: Callable[[RuleInput], Iterable[T]], part: Callable[[T], Found | Span | None]) -> Finder:
    """Make what finds one part of each row, such as the amount; the parts of a row have one group."""

    def finder(view: RuleInput) -> Iterator[Found]:
        for group, row in enumerate(rows(view)):
            if found := part(row):
                yield Found(*found)._replace(group=group)

    return finder


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a ranker chooses from, and where it lies.

    Attributes:
        candidates: As ``facts.toml`` has it, after the type of the field and how many a document has, with
            the cues: what a ranker was trained on.
        find: Finds the candidates in a text.
        folder: That of the domain or overlay, in which the model's folder lies.
        ranker: Opens the ranker of the field; raises ModelError where it has none that can be used.
    """

    candidates: str
    find: Finder
    folder: Path
    ranker: Callable[[], FieldRanker]


@dataclass(frozen=True, slots=True)
class FactField:
    """A field: what may be stated, in which documents, and how it is found.

    Attributes:
        title: What readers see as its name.
        kinds: The kinds of document that have it; empty for all.
        most: Values that a document has at most.
        stated: The name of the value where a file gives it as data; ``""`` where none does.
        document_date: What it is where it is the document's own day, such as `issue`; ``""`` where it is not.
        headline: Readers see it beside the name of the document, or in its place.
        find: What finds it in a text; the first that gives a value counts.
        decided_by: As rows name it.
        ranked: What a ranker chooses from, in place of `find`.
        trust: How probable it is that what `find` gives is right: a hint, and what is sure.
        valid: Tell whether check digits are right, each of the numbers of one sort; one is enough.
    """

    name: str
    title: str
    type: FactType
    kinds: frozenset[str]
    most: int
    stated: str
    document_date: str
    headline: bool
    find: tuple[Finder, ...]
    decided_by: str
    ranked: Ranked | None = None
    trust: Trust = UNKNOWN
    valid: tuple[Callable[[str], bool], ...] = ()

    def accepts(self, normalised: str | None) -> bool:
        """Tell whether the check digits of a value are right, as far as it must have any."""
        return not self.valid or (normalised is not None and any(one(normalised) for one in self.valid))


def fields_of(folder: Path, source: Source, kinds: tuple[Kind, ...]) -> tuple[FactField, ...]:
    """Read the fields that ``facts.toml`` in the folder of a domain or overlay declares.

    Raises:
        DomainError: An entry is wrong; says which, and how to mend it.
    """
    file = f"{folder.name}/{FILE}"
    settings = read_toml(folder / FILE)
    check_keys(settings, ("terms", "fact", "kinds"), file)
    entries = settings.get("fact", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DomainError(f"{file}: facts are written as [[fact]], with two brackets")
    shared = {"kinds": settings["kinds"]} if "kinds" in settings else {}
    trust = trust_in(folder)
    fields = tuple(_field(shared | entry, source, kinds, folder, trust) for entry in entries)
    names = [field.name for field in fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DomainError(f"{file}: fact {twice!r} stands there twice; put its expressions into one entry")
    return fields


def _field(
    entry: dict[str, Any], source: Source, kinds: tuple[Kind, ...], folder: Path, trust: Mapping[str, Trust]
) -> FactField:
    name = entry.get("name")
    location = f"{folder.name}/{FILE}: fact {name!r}"
    check_keys(entry, _KEYS, location)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DomainError(f"{location}: name is a word of small letters, digits and _, such as due_date")
    if name in _COLUMNS:
        raise DomainError(f"{location}: tables have a column of that name already; choose another")
    if not isinstance(entry.get("title"), str) or not entry["title"]:
        raise DomainError(f"{location}: title is missing; it is what readers see as its name")
    if entry.get("type") not in FACT_TYPES:
        raise DomainError(f"{location}: type {entry.get('type')!r} is none of {', '.join(FACT_TYPES)}")
    most = entry.get("most", 1)
    if type(most) is not int or not 1 <= most <= _MOST:
        raise DomainError(f"{location}: most is a number from 1 to {_MOST}")
    own = kinds_of(entry, kinds, location)
    if not isinstance(entry.get("stated", ""), str):
        raise DomainError(f"{location}: stated is the name of a value in the file's data, a text")
    own_day = entry.get("document_date", "")
    if not isinstance(own_day, str) or (own_day and not _NAME.fullmatch(own_day)):
        raise DomainError(f"{location}: document_date is a word of small letters, such as issue")
    if own_day and entry["type"] not in ("date", "time"):
        raise DomainError(f"{location}: document_date is for the types date and time")
    if not isinstance(entry.get("headline", False), bool):
        raise DomainError(f"{location}: headline is true or false")
    find = texts_of(entry, "find", location)
    ranked = _ranked(entry, source, folder, location)
    if find and ranked:
        raise DomainError(f"{location}: a ranker chooses from candidates; write these, or find")
    if not (find or ranked or entry.get("stated")):
        raise DomainError(f"{location}: nothing gives it; write find, stated, or both")
    finders = tuple(finder_of(pattern, "facts", source, location) for pattern in find)
    return FactField(
        name=name,
        title=entry["title"],
        type=entry["type"],
        kinds=own,
        most=most,
        stated=entry.get("stated", ""),
        document_date=own_day,
        headline=entry.get("headline", False),
        find=finders,
        decided_by=f"rule {folder.name}.{name}",
        ranked=ranked,
        trust=trust.get(name, UNKNOWN),
        valid=tuple(_validator(one, location) for one in texts_of(entry, "valid", location)),
    )


def _validator(name: str, location: str) -> Callable[[str], bool]:
    """Give the test of check digits of a module of python-stdnum, such as ``eu.vat``."""
    try:
        found: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    except (ImportError, AttributeError):
        raise DomainError(
            f"{location}: valid has {name!r}, no module of python-stdnum; write eu.vat or iban"
        ) from None
    return found


def _ranked(entry: dict[str, Any], source: Source, folder: Path, location: str) -> Ranked | None:
    if "candidates" not in entry:
        if "cues" in entry:
            raise DomainError(f"{location}: cues say where candidates stand; write candidates, too")
        return None
    from docassay.domains.candidates import FORMS, of_form  # as few fields have any

    form, cues = entry["candidates"], entry.get("cues", [])
    if not isinstance(form, str):
        raise DomainError(f"{location}: candidates is one of {', '.join(FORMS)}, or an expression")
    if cues and form != "line":
        raise DomainError(f'{location}: cues belong to candidates = "line"')
    matchers = matchers_of(cues, source, location)
    find = of_form(form, matchers) if form in FORMS else finder_of(form, "facts", source, location)
    several = "several" if entry.get("most", 1) > 1 else "one"
    candidates = " ".join([entry["type"], several, form, *map(repr, cues)])
    return Ranked(candidates, find, folder, partial(_ranker, folder, entry["name"], candidates))


def _ranker(folder: Path, name: str, candidates: str) -> FieldRanker:
    """Open the ranker of a field.

    Raises:
        ModelError: There is none, it was trained on other candidates, or its folder is damaged.
    """
    from docassay.models.ranker import FOLDER, load

    train = f"train it: docassay train --facts LABELS --out {folder}"
    if not (folder / FOLDER / "model.toml").is_file():
        raise ModelError(f"{folder}: no ranker chooses among the candidates of {name}; {train}")
    ranker = load(folder / FOLDER).get(name)
    if ranker is None:
        raise ModelError(f"{folder / FOLDER} has no ranker of {name}; {train}")
    if ranker.candidates != candidates:
        raise ModelError(
            f"{folder}: type, most or candidates of {name} were others when its ranker was trained; {train}"
        )
    return ranker
