"""The folders of domains: find them, and read each once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from docassay.domains.calls import module_of, split_of
from docassay.domains.domain import Domain, Later
from docassay.domains.entries import (
    Source,
    check_keys,
    headings_of,
    kind_of,
    matchers_of,
    read_state,
    read_toml,
    section_of,
    task_flag_of,
    whole_pattern,
)
from docassay.domains.facts import FILE as FACTS
from docassay.domains.facts import FactField, fields_of
from docassay.domains.outline import outline
from docassay.domains.overlay import Overlay, extended, laid_over
from docassay.domains.overlay import read as read_overlay
from docassay.domains.patterns import Patterns, compiled
from docassay.domains.rule_entries import RuleReader, title_of
from docassay.domains.rules import CheckRule, FlagRule, Kind
from docassay.domains.sections import Section
from docassay.domains.signs import FOLDER as FRAUD
from docassay.domains.signs import signs_of
from docassay.domains.terms import FILE as SHARED
from docassay.domains.terms import Terms
from docassay.languages import lists
from docassay.schemas.errors import DomainError

_SETTINGS = frozenset(
    ["title", "tasks", "least_words", "empty", "task_flag", "cues", "kind", "headings", "every_mail",
     "document_flag", "terms"]
)  # fmt: skip

SHIPPED = Path(__file__).parent
"""The folder of the shipped domains, whose patterns tests and `docassay check` check."""


class _Folders(NamedTuple):
    """The folders by name, in alphabetical order."""

    domains: Mapping[str, Path]
    overlays: Mapping[str, Path]

    @property
    def all(self) -> dict[str, Path]:
        return dict(sorted({**self.domains, **self.overlays}.items()))


def names() -> list[str]:
    """List the domains by their folders, in alphabetical order.

    Raises:
        DomainError: A folder that `DOCASSAY_DOMAINS` names is not there, or two domains have one name.
    """
    return list(_folders().domains)


def overlays(name: str = "") -> list[Overlay]:
    """Read the overlays of a domain, or of all, in alphabetical order of their folders.

    Raises:
        DomainError: One of them is wrong, or extends no domain that is there.
    """
    domains = _folders().domains
    found = [read_overlay(folder) for folder in _folders().overlays.values()]
    for overlay in found:
        if overlay.extends not in domains:
            raise DomainError(
                f"{overlay.folder / 'domain.toml'}: extends = {overlay.extends!r} names no domain; there are"
                f" {', '.join(domains)}"
            )
    return [overlay for overlay in found if name in ("", overlay.extends)]


def overlay_in(folder: Path) -> Overlay:
    """Read the overlay in a folder, and have this process see it among its domains.

    Raises:
        DomainError: There is none, or it is wrong.
    """
    if not (folder / "domain.toml").is_file():
        raise DomainError(
            f"{folder} is not an overlay; make one with: docassay rules new {folder} --extends legal"
        )
    if extended(folder) is None:
        raise DomainError(f"{folder} is a domain, and extends none; its rules are its own")
    here = folder.resolve()
    if here not in {one.folder.resolve() for one in overlays()}:
        roots = os.environ.get("DOCASSAY_DOMAINS", "")
        os.environ["DOCASSAY_DOMAINS"] = os.pathsep.join(filter(None, (roots, str(here))))
    overlay = next(one for one in overlays() if one.folder.resolve() == here)
    load(overlay.extends)
    return overlay


def own_folders() -> list[Path]:
    """List the folders of the domains and overlays that did not come with docassay."""
    return [folder for folder in _folders().all.values() if folder.parent != SHIPPED]


def overlay_folders() -> dict[str, Path]:
    """Give the folders of the overlays by name, without reading their rules."""
    return dict(_folders().overlays)


def read_anew() -> None:
    """Have the next `load` read what the folders hold now."""
    for known in (load, _found, _rule_entries, _digest):
        known.cache_clear()


def document_domains() -> list[Domain]:
    """Load the domains that documents are of."""
    return [domain for domain in map(load, names()) if not domain.every_mail]


def mail_domains() -> list[Domain]:
    """Load the domains that are asked of every mail."""
    return [domain for domain in map(load, names()) if domain.every_mail]


def _folders() -> _Folders:
    return _found(os.environ.get("DOCASSAY_DOMAINS", ""))


@cache
def _found(extra_roots: str) -> _Folders:
    """Find the folders that docassay ships, and those that are named or lie in a folder that is named."""
    named = [SHIPPED, *(Path(p) for p in extra_roots.split(os.pathsep) if p)]
    # Each once, however it is spelt; a shipped one by its own name.
    roots = list({os.path.realpath(root): root for root in reversed(named)}.values())[::-1]
    if absent := [root for root in roots if not root.is_dir()]:
        raise DomainError(
            f"{absent[0]} is not a folder; DOCASSAY_DOMAINS names domains, overlays, and folders that"
            " hold them"
        )
    folder_of: dict[str, Path] = {}
    for root in roots:
        within = [root] if (root / "domain.toml").is_file() else sorted(root.iterdir())
        for folder in within:
            if not (folder / "domain.toml").is_file():
                continue
            if folder.name in folder_of:
                raise DomainError(
                    f"{folder} is a domain of the name of {folder_of[folder.name]}; rename it,"
                    " or take its folder out of DOCASSAY_DOMAINS"
                )
            if folder.parent != SHIPPED and (SHIPPED / f"{folder.name}.py").exists():
                raise DomainError(
                    f"{folder}: {folder.name} is the name of a module of docassay; rename the folder"
                )
            folder_of[folder.name] = folder
    extending = {name for name, folder in folder_of.items() if _is_overlay(folder)}
    of_domains = {name: folder for name, folder in sorted(folder_of.items()) if name not in extending}
    return _Folders(of_domains, {name: folder_of[name] for name in sorted(extending)})


def _is_overlay(folder: Path) -> bool:
    """Tell whether a folder extends a domain; one that cannot be read is a domain that fails to load."""
    try:
        return extended(folder) is not None
    except DomainError:
        return False


def rule_title(rule: str) -> str | None:
    """Give the title of a rule of any domain or overlay by its id, or None; no domain is loaded for it.

    Raises:
        DomainError: A ``rules.toml`` that names the rule is no TOML, or one is missing.
    """
    return _rule_title(rule, (*_folders().all.values(), FRAUD))


def asks_for_statement(check: str) -> bool:
    """Tell whether a check of any domain or overlay, by its id, asks for a statement: words, or a fact.

    Raises:
        DomainError: As `rule_title`.
    """
    entries, _ = _rule_entries(check, (*_folders().all.values(), FRAUD))
    return any("requires" in entry or "is known" in str(entry.get("expect")) for entry in entries)


def _rule_title(rule: str, folders: tuple[Path, ...]) -> str | None:
    entries, changes = _rule_entries(rule, folders)
    titles = [title_of(entry) for entry in entries]
    titles += [change["title"] for change in changes if "title" in change]
    return titles[-1] if titles else None


@cache
def _rule_entries(rule: str, folders: tuple[Path, ...]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Read the entries of a rule, and the changes that overlays make to it."""
    paths = [folder / "rules.toml" for folder in folders]
    rules = [read_toml(path) for path in paths if rule in path.read_text(encoding="utf-8")]
    entries = [entry for one in rules for key in ("flag", "check") for entry in one.get(key, [])]
    changes = [change for one in rules for change in one.get("change", []) if change.get("rule") == rule]
    return [entry for entry in entries if entry.get("id") == rule], changes


def check_rankers() -> None:
    """Check the ranker of every field that has candidates, in overlays and in domains that have a ranker.

    Raises:
        ModelError: A ranker is missing, differs from its card, or was trained on other candidates.
        DomainError: A domain's folder is wrong.
    """
    own = {
        name
        for name, folder in _folders().all.items()
        if folder.parent != SHIPPED or (folder / "ranker").is_dir()
    }
    extending = {overlay.name: overlay.extends for overlay in overlays()} if own else {}
    for name in sorted({extending.get(name, name) for name in own}):
        for field in load(name).facts:
            if field.ranked:
                field.ranked.ranker()


def digests() -> dict[str, str]:
    """Give the digest of the rules of each domain and overlay, by name: SHA-256, in hex.

    It is over the TOML files of its folder, the card of its ranker and every Python file, in order of their
    paths, each with its path and length; examples and samples do not count. Those of the pack ``fraud`` count
    where it has signs for the domain.
    """
    return {name: _digest(folder) for name, folder in _folders().all.items()}


@cache
def _digest(folder: Path) -> str:
    checksum = hashlib.sha256()
    for root in (folder, FRAUD) if signs_of(folder.name) else (folder,):
        files = {*root.glob("*.toml"), *root.glob("ranker/model.toml"), *root.rglob("*.py")}
        for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
            if path.is_file():
                content = path.read_bytes()
                checksum.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
                checksum.update(content)
    return checksum.hexdigest()


@cache
def load(name: str) -> Domain:
    """Read and check the domain in the folder `name`, with the overlays that extend it.

    Raises:
        DomainError: No such domain, or one of its files is wrong; says which entry, and how to mend it.
    """
    there = _folders().domains
    if name not in there:
        raise DomainError(f"there is no domain {name!r}; there are {', '.join(there) or 'none'}")
    folder = there[name]
    settings = read_toml(folder / "domain.toml")
    file = f"{folder.name}/domain.toml"
    check_keys(settings, _SETTINGS, file)
    patterns = Patterns(checked=folder.parent != SHIPPED)
    told = Source(module_of(name, folder), patterns, terms_of(folder, "domain.toml"))
    told = told._replace(sections=_sections(folder, told))
    kinds = tuple(kind_of(entry, told, file) for entry in settings.get("kind", []))
    headings = headings_of(settings.get("headings", []), told, file)

    facts = Later(lambda: _facts(folder, told._replace(patterns=Patterns(patterns.checked)), kinds))

    def made() -> tuple[Sequence[FlagRule], Sequence[CheckRule]]:
        """Make signs and checks together: all their patterns are there before a thread uses the first."""
        entries = _rules(folder)
        source = told._replace(terms=terms_of(folder, "rules.toml"))
        own = RuleReader(folder, source, kinds, facts, tuple(settings.get("tasks", [])))
        of_any = told._replace(terms=terms_of(FRAUD, "rules.toml", own.source.terms))
        flags = own.flags(entries.get("flag", []))
        flags += own._replace(folder=FRAUD, source=of_any).flags(signs_of(name))
        return flags, own.checks(entries.get("check", []))

    rules = Later(made)
    domain = Domain(
        name=name,
        title=settings.get("title", name),
        tasks=tuple(settings.get("tasks", [])),
        least_words=settings.get("least_words", 1),
        empty=tuple(whole_pattern(pattern, told, f"{file}: empty") for pattern in settings.get("empty", [])),
        task_flags=tuple(task_flag_of(entry, file) for entry in settings.get("task_flag", [])),
        cues=matchers_of(settings.get("cues", []), told, f"{file}: cues"),
        kinds=kinds,
        flags=Later(lambda: rules[0]),
        checks=Later(lambda: rules[1]),
        sections=told.sections,
        split=split_of(told.module) or (lambda view: outline(view.text, headings)),
        folder=folder,
        document_flags=tuple(task_flag_of(entry, file) for entry in settings.get("document_flag", [])),
        every_mail=settings.get("every_mail", False),
        patterns=patterns,
        facts=facts,
    )
    if patterns.checked:
        for of_domain in (rules, facts):
            len(of_domain)
    for overlay in overlays(name):
        has_code = (overlay.folder / "__init__.py").is_file()
        own = module_of(overlay.name, overlay.folder) if has_code else None
        added = terms_of(overlay.folder, "rules.toml", terms_of(folder, "rules.toml"))
        own_source = told._replace(terms=added, own=own, patterns=Patterns(checked=True))
        fields = _facts(overlay.folder, own_source, kinds, added)
        stated = tuple({one.name: one for one in (*domain.facts, *fields)}.values())
        domain = laid_over(replace(domain, facts=stated), overlay, own_source)
    return domain


def _rules(folder: Path) -> dict[str, Any]:
    entries = read_toml(folder / "rules.toml")
    check_keys(entries, {"terms", "flag", "check"}, f"{folder.name}/rules.toml")
    return entries


def _facts(
    folder: Path, source: Source, kinds: tuple[Kind, ...], outer: Terms | None = None
) -> tuple[FactField, ...]:
    """Read the fields of a domain, or of an overlay, which may use the lists of `outer`, too."""
    if not (folder / FACTS).is_file():
        return ()
    return fields_of(folder, source._replace(terms=terms_of(folder, FACTS, outer)), kinds)


def _sections(folder: Path, source: Source) -> tuple[Section, ...]:
    path = folder / "sections.toml"
    if not path.is_file():
        return ()
    entries = read_toml(path)
    file = f"{folder.name}/sections.toml"
    check_keys(entries, {"terms", "section"}, file)
    source = source._replace(terms=terms_of(folder, "sections.toml"))
    return tuple(section_of(entry, source, file) for entry in entries.get("section", []))


def terms_of(folder: Path, file: str, outer: Terms | None = None) -> Terms:
    """Read the lists of terms that the expressions of a file of a domain or overlay may use.

    Args:
        folder: The domain's or overlay's.
        file: The file's name.
        outer: The lists that they may use beside those of the file and of the folder's ``terms.toml``.

    Raises:
        DomainError: A list is wrong.
    """
    outer = outer or _of_languages()
    if (folder / SHARED).is_file():
        outer = _terms(folder / SHARED, outer, *read_state(folder / SHARED))
    return _terms(folder / file, outer, *read_state(folder / file))


def compiler(folder: Path, file: str) -> Callable[[str], Any]:
    """Make what compiles expressions of a domain's module that use the lists of terms of a file."""
    terms = terms_of(folder, file)
    return lambda expression: compiled(terms.expand(expression, file))


@cache
def _of_languages() -> Terms:
    return Terms(lists(), "languages")


@lru_cache(maxsize=64)
def _terms(path: Path, outer: Terms, *_: int) -> Terms:
    lists = read_toml(path)
    terms = Terms(
        lists if path.name == SHARED else lists.get("terms", {}), f"{path.parent.name}/{path.name}", outer
    )
    terms.check()
    return terms
