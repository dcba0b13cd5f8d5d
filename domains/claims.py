"""Claims: what a rule expects of facts, as it has been read; `domains.expectations` has the grammar."""

from __future__ import annotations

from dataclasses import dataclass

from docassay.domains.measures import Measure


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a sum: a field, how many values it has, all of them added up, or a literal.

    Attributes:
        sign: 1, or -1 where it is taken away.
        field: The name of the field; ``""`` of a literal.
        counts: The number of its values is meant.
        adds: All of its values together are meant.
        country: The country is meant with whose code each begins: an IBAN, a VAT number.
        literal: What is written; none of a field.
        most: Values of the field that are kept of a document; where so many were, others may be left out.
    """

    sign: int = 1
    field: str = ""
    counts: bool = False
    adds: bool = False
    country: bool = False
    literal: Measure | None = None
    most: int = 1

    @property
    def is_whole(self) -> bool:
        """Tell whether all values of its field are taken together."""
        return self.counts or self.adds


Sum = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of facts.

    Attributes:
        operator: A comparison; ``in``, ``not in`` a list; ``holds``, ``lacks`` of a literal that is one of
            the values of a field; ``known`` or ``not known``.
        left: The sum that it is claimed of; a field alone where nothing is compared.
        right: The other sum, or the literals of the list, each a sum.
        tolerance: How far apart they may be; none where they may not.
        of: The left side as it is written.
        written: The right side, likewise, with the tolerance.
    """

    operator: str
    left: Sum
    right: tuple[Sum, ...] = ()
    tolerance: Measure | None = None
    of: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Expectations of which each, or any, must hold."""

    every: bool
    parts: tuple[Expectation, ...]


Expectation = Claim | Group


def named(expectation: Expectation) -> list[str]:
    """List the fields that an expectation names, each once, in its order."""
    if isinstance(expectation, Group):
        names = [name for part in expectation.parts for name in named(part)]
    else:
        names = [term.field for one in (expectation.left, *expectation.right) for term in one if term.field]
    return list(dict.fromkeys(names))
