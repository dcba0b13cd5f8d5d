"""A domain: the kinds, rules and tasks that its folder defines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from docassay.domains.facts import FactField
from docassay.domains.opening import opening_of
from docassay.domains.outline import Part
from docassay.domains.patterns import Patterns
from docassay.domains.rules import CheckRule, FlagRule, Kind, Matcher, RuleInput, TaskFlag, occurs
from docassay.domains.sections import Section

T = TypeVar("T")


class Later(Sequence[T]):
    """A sequence that is made once, when it is first looked at: the rules of a domain no document is of."""

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        """Take what makes it."""
        self._make, self._lock = make, Lock()
        self._made: tuple[T, ...] | None = None

    def _items(self) -> tuple[T, ...]:
        with self._lock:
            if self._made is None:
                self._made = tuple(self._make())
            return self._made

    def __getitem__(self, at: Any) -> Any:
        return self._items()[at]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items())

    def __len__(self) -> int:
        return len(self._items())


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as its folder defines it, read and checked.

    Attributes:
        tasks: Names of the models' tasks that are asked of its segments, unless the kind has its own.
        least_words: A segment of fewer words, such as a heading alone, is asked nothing.
        empty: Patterns of an empty section: a segment that is no more, below its heading, is asked nothing.
        cues: Patterns that tell a document of this domain, where the detector was not trained on it.
        document_flags: Labels of a head on whole documents that are signs of fraud.
        every_mail: No document is of it: it is asked of every mail, beside the mail's own domain.
        sections: What passages are by the headings above them.
        owners: The overlay that added a rule, by the rule's id; the domain's own rules have none.
        changed: The rules that an overlay changes.
        patterns: The expressions of the domain's own rules and kinds.
        facts: What its documents state, as `extract` reads it.
        split: Cuts a view (without segments) into parts, in order, not overlapping.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    least_words: int
    empty: tuple[Any, ...]
    task_flags: tuple[TaskFlag, ...]
    cues: tuple[Matcher, ...]
    kinds: tuple[Kind, ...]
    flags: Sequence[FlagRule]
    checks: Sequence[CheckRule]
    sections: tuple[Section, ...]
    split: Callable[[RuleInput], list[Part]]
    folder: Path
    document_flags: tuple[TaskFlag, ...] = ()
    every_mail: bool = False
    owners: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    patterns: Patterns = field(default_factory=Patterns)
    facts: Sequence[FactField] = ()

    def decided_by(self, rule: str) -> str:
        """Name a rule as rows do: ``rule DOMAIN.ID``, or ``rule OVERLAY.ID`` where an overlay added it."""
        return f"rule {self.owners.get(rule, self.name)}.{rule}"

    def kind_of(self, title: str | None, text: str) -> str:
        """Name the kind of a document, or ``""``; the first kind listed whose patterns match wins."""
        return next((kind.name for kind in chain(self.titled(title, text), self.worded(text))), "")

    def is_titled(self, title: str | None, text: str) -> bool:
        """Tell whether a document bears the title of a kind that only this domain has."""
        return any(not kind.generic for kind in self.titled(title, text))

    def titled(self, title: str | None, text: str) -> Iterator[Kind]:
        """Yield the kinds whose title a document bears, in the order of `kinds`."""
        opening = RuleInput(f"{title or ''}\n{opening_of(text)}")
        return (
            kind for kind in self.kinds if any(occurs(matcher, opening) for matcher in kind.title_patterns)
        )

    def worded(self, text: str) -> Iterator[Kind]:
        """Yield the kinds whose wording a text has, in the order of `kinds`."""
        view = RuleInput(text)
        worded = (kind for kind in self.kinds if kind.body and not kind.overrules)
        return (kind for kind in worded if kind.is_worded(view))

    def overruling(self, kinds: Collection[str], text: str) -> str:
        """Name the kind that a text is told instead of those that it was taken for, or ``""``."""
        view = RuleInput(text)
        about = (one for one in self.kinds if not one.overrules.isdisjoint(kinds))
        return next((one.name for one in about if one.is_worded(view)), "")

    def says_something(self, text: str, heading: Sequence[str] = ()) -> bool:
        """Tell whether a segment holds enough, below the headings that it begins with, to be asked about."""
        if len(text.split()) < self.least_words:
            return False
        body = text.strip()
        for title in heading if self.empty else ():
            body = body.removeprefix(title).lstrip(" \t\n:#*_")
        return not any(pattern.fullmatch(body) for pattern in self.empty)

    def asking(self, kinds: Collection[str]) -> Domain:
        """Give the domain with those checks alone that are asked of each of these kinds."""
        silent = {kind.name for kind in self.kinds if not kind.asked}
        if not silent.isdisjoint(kinds):
            return replace(self, checks=())
        if len(kinds) < 2:
            return self
        return replace(
            self, checks=tuple(rule for rule in self.checks if not rule.kinds or rule.kinds.issuperset(kinds))
        )

    def without_flags(self, codes: frozenset[str]) -> Domain:
        """Give the domain without its signs of fraud of these names."""
        return replace(self, flags=tuple(rule for rule in self.flags if rule.id not in codes))

    @property
    def all_tasks(self) -> tuple[str, ...]:
        """List the models' tasks asked of any of its documents, each once."""
        kind_tasks = (task for kind in self.kinds for task in kind.tasks or ())
        return tuple(dict.fromkeys([*self.tasks, *kind_tasks]))

    @property
    def signs(self) -> int:
        """Count the signs of fraud that it looks for, by rules and by models."""
        return len(self.flags) + len(self.task_flags) + len(self.document_flags)

    def tasks_of(self, kind: str) -> tuple[str, ...]:
        """List the models' tasks asked of a document of this kind."""
        kind_tasks = next((k.tasks for k in self.kinds if k.name == kind), None)
        return self.tasks if kind_tasks is None else kind_tasks
