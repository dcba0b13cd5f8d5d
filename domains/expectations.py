r"""Expectations: what a rule expects of the facts of a document, read and checked.

    expect = "term <= P3Y and governing_law in [DE, CH]"
    expect = "gross == net + tax +- 0.02"
    expect = "expiration_date is not known or effective_date < expiration_date"

The grammar, in which a literal is a date (2026-12-31 or 2026-12), a duration (P3Y, P18M, P30D, indefinite), a
number that may have a currency or % (10000.50 EUR), a code (US-NY, EUR) or a text in quotation marks:

    expectation = both {"or" both}         both = one {"and" one}
    one         = "not" one | "(" expectation ")" | claim
    claim       = FIELD "is" ["not"] "known" | LITERAL ["not"] "in" FIELD
                | sum ["not"] "in" "[" LITERAL {"," LITERAL} "]"
                | sum ("<" | "<=" | "==" | "!=" | ">=" | ">") sum ["+-" LITERAL]
    sum         = term {("+" | "-") term}
    term        = FIELD | LITERAL | ("count" | "sum" | "country") "(" FIELD ")"

Nothing of it is run as code. ``not`` is pushed down to the claims as they are read, so that what is missing
is never taken for what is contradicted; `domains.outcomes` holds the facts against them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from docassay.domains.claims import Claim, Expectation, Group, Sum, Term
from docassay.domains.measures import ORDERED, SAME_AS, Measure, fold, is_had, measure
from docassay.schemas.errors import DomainError, did_you_mean
from docassay.schemas.facts import FactType

MOST_CHARS = 500
MOST_DEPTH = 12
"""How deep parentheses and ``not`` may be nested."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\n]*"|'[^'\n]*')|(?P<date>\d{4}-\d\d(?:-\d\d)?)(?![\w-])|(?P<number>\d+(?:\.\d+)?)(?![\w.])
    |(?P<duration>P(?:\d{1,5}[YMWD])+|indefinite)(?!\w)|(?P<code>[A-Z]{2,3}(?:-[A-Z0-9]{1,3})?)(?![\w-])|(?P<word>[a-z][a-z0-9_]*)
    |(?P<mark>\+-|<=|>=|==|!=|[-<>()\[\],+%]))""",
    re.VERBOSE,
)
_OPPOSITE = {"<": ">=", "<=": ">", "==": "!=", "!=": "==", ">=": "<", ">": "<="}
_WORDS = frozenset({"and", "or", "not", "in", "is", "known", "count", "sum", "country"})
_HELP = "write for example: term <= P3Y"


class _Token(NamedTuple):
    sort: str
    text: str
    start: int
    end: int


class _Operand(NamedTuple):
    """A term of a sum as it is written: a field, or a literal before the other terms tell its type.

    Attributes:
        sign: 1, or -1 where it is taken away.
        sort: Of a literal, the sort of its token; ``""`` of a field.
        text: The name of the field, or what is written.
        unit: What is written behind a number.
        counts: The number of the field's values is meant.
        adds: All of the field's values together are meant.
        country: The country is meant with whose code the field's values begin.
    """

    sign: int
    sort: str
    text: str
    unit: str = ""
    counts: bool = False
    adds: bool = False
    country: bool = False

    @property
    def is_field(self) -> bool:
        """Tell whether it is a field, of which each value is meant."""
        return not (self.sort or self.counts or self.adds or self.country)


def parse(
    written: object, fields: Mapping[str, FactType], location: str, most: Mapping[str, int] | None = None
) -> Expectation:
    """Read an expectation.

    Args:
        written: As the file has it.
        fields: The types of the fields of facts that there are, by name.
        location: Where it stands, as errors name it.
        most: How many values of a field a document has at most, by name; 1 of those that are not named.

    Raises:
        DomainError: It is none, names a field that is not there, or compares what cannot be compared.
    """
    if not isinstance(written, str) or not written.strip():
        raise DomainError(f"{location}: expect is a text; {_HELP}")
    if len(written) > MOST_CHARS:
        raise DomainError(
            f"{location}: expect is longer than {MOST_CHARS} characters; make two checks of it, or more"
        )
    return _Parser(written, fields, f"{location}: expect", most or {}).whole()


class _Parser:
    """A parser of one expectation, by recursive descent; it looks one token ahead."""

    def __init__(
        self, written: str, fields: Mapping[str, FactType], location: str, most: Mapping[str, int]
    ) -> None:
        self.written, self.fields, self.location, self.most = written, fields, location, most
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterator[_Token]:
        start = 0
        end = len(self.written.rstrip())
        while start < end:
            match = _TOKEN.match(self.written, start)
            if match is None:
                what = f"{self.written[start:].split()[0][:30]!r} is not understood"
                hint = "write ==" if what.startswith("'='") else f"a text stands in quotation marks; {_HELP}"
                raise self.wrong(f"{what}; {hint}")
            sort = match.lastgroup or ""
            yield _Token(sort, match[sort], match.start(sort), match.end())
            start = match.end()
        yield _Token("end", "", end, end)

    def wrong(self, says: str) -> DomainError:
        return DomainError(f"{self.location}: {' '.join(says.split())}")

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> str:
        """Take the next token if it is one of these words and marks; give ``""`` where it is none."""
        token = self.next
        if token.sort in ("word", "mark") and token.text in texts:
            self.at += 1
            return token.text
        return ""

    def need(self, *texts: str) -> str:
        if taken := self.take(*texts):
            return taken
        raise self.wrong(f"{' or '.join(texts)} is missing {self._place()}")

    def _place(self) -> str:
        return f"before {self.next.text!r}" if self.next.text else "at the end"

    def whole(self) -> Expectation:
        found = self.any_of(negated=False, depth=0)
        if self.next.sort != "end":
            raise self.wrong(f"'and' or 'or' is missing {self._place()}")
        return found

    def any_of(self, negated: bool, depth: int) -> Expectation:
        parts = [self.each_of(negated, depth)]
        while self.take("or"):
            parts.append(self.each_of(negated, depth))
        return parts[0] if len(parts) == 1 else Group(negated, tuple(parts))

    def each_of(self, negated: bool, depth: int) -> Expectation:
        parts = [self.one(negated, depth)]
        while self.take("and"):
            parts.append(self.one(negated, depth))
        return parts[0] if len(parts) == 1 else Group(not negated, tuple(parts))

    def one(self, negated: bool, depth: int) -> Expectation:
        if depth > MOST_DEPTH:
            raise self.wrong(f"it is nested more than {MOST_DEPTH} deep; make two checks of it")
        if self.take("not"):
            return self.one(not negated, depth + 1)
        if self.take("("):
            found = self.any_of(negated, depth + 1)
            self.need(")")
            return found
        return self.claim(negated)

    def claim(self, negated: bool) -> Claim:
        first = self.next.start
        left = self.sum()
        of = self.since(first)
        if self.take("is"):
            negated ^= bool(self.take("not"))
            self.need("known")
            if len(left) > 1 or not left[0].is_field:
                raise self.wrong(
                    "is known is said of a field alone; write for example: invoice_number is known"
                )
            return Claim("not known" if negated else "known", (Term(field=left[0].text),))
        if self.next.text in ("not", "in") and self.next.sort == "word":
            negated ^= bool(self.take("not"))
            self.need("in")
            return self.among(left, negated, of)
        operator = self.need(*_OPPOSITE)
        start = self.next.start
        right = self.sum()
        tolerance = self.literal() if self.take("+-") else None
        claim = self.compared(left, _OPPOSITE[operator] if negated else operator, right, tolerance)
        return replace(claim, of=of, written=self.since(start))

    def since(self, start: int) -> str:
        """Give what is written from a place to the token that was taken last, in one line."""
        return " ".join(self.written[start : self.tokens[self.at - 1].end].split())

    def among(self, left: list[_Operand], negated: bool, of: str) -> Claim:
        start = self.next.start
        if not self.take("["):
            token = self.next
            held = self.operand()
            if len(left) > 1 or not left[0].sort or not held.is_field:
                raise self.wrong(
                    f"a list stands in brackets, {token.text!r} does not; write for example: in [DE, CH]"
                )
            literal = self.term(left[0], self.type_of(held))
            operator = "lacks" if negated else "holds"
            return Claim(
                operator, (Term(field=held.text),), ((literal,),), of=self.since(token.start), written=of
            )
        literals = [self.literal()]
        while self.take(","):
            literals.append(self.literal())
        self.need("]")
        if all(operand.sort for operand in left):
            raise self.wrong("it names no field of facts")
        of_left, terms = self.typed(left)
        right = tuple((self.term(one, of_left),) for one in literals)
        return Claim("not in" if negated else "in", terms, right, of=of, written=self.since(start))

    def sum(self) -> list[_Operand]:
        operands = [self.operand()]
        while sign := self.take("+", "-"):
            operands.append(self.operand()._replace(sign=1 if sign == "+" else -1))
        if len(operands) > 1 and any(one.sort in ("text", "code") for one in operands):
            raise self.wrong("texts and codes are not added up")
        return operands

    def operand(self) -> _Operand:
        if of := self.take("count", "sum", "country"):
            self.need("(")
            field = self.operand()
            if not field.is_field:
                raise self.wrong(f"{of} is of a field; write for example: count(party) >= 2")
            if of == "sum" and self.fields[field.text] not in ("amount", "number", "percentage"):
                raise self.wrong(f"{field.text} is not an amount or number, whose values can be added up")
            if of == "country" and self.fields[field.text] not in ("account", "identifier"):
                raise self.wrong(f"{field.text} is not an account or number, which begin with a country code")
            self.need(")")
            return field._replace(counts=of == "count", adds=of == "sum", country=of == "country")
        token = self.next
        if token.sort != "word" or token.text in _WORDS:
            return self.literal()
        self.at += 1
        if token.text not in self.fields:
            known = f"there are {', '.join(sorted(self.fields)) or 'none'}"
            there = did_you_mean(token.text, self.fields, known)
            raise self.wrong(f"{token.text!r} is not the name of a fact; {there}")
        return _Operand(1, "", token.text)

    def literal(self) -> _Operand:
        minus = "-" if self.take("-") else ""
        token = self.next
        if token.sort not in _TYPES or (minus and token.sort != "number"):
            raise self.wrong(f"a field or a value is missing {self._place()}; {_HELP}")
        self.at += 1
        unit = ""
        if token.sort == "number" and self.take("%"):
            unit = "%"
        elif token.sort == "number" and self.next.sort == "code":
            unit = self.next.text
            self.at += 1
        return _Operand(1, token.sort, minus + token.text, unit)

    def type_of(self, field: _Operand) -> FactType:
        """Tell as what a field, or the number of its values, is compared."""
        of = self.fields[field.text]
        return "number" if field.counts else "jurisdiction" if field.country else SAME_AS.get(of, of)

    def typed(self, operands: list[_Operand], other: FactType | None = None) -> tuple[FactType, Sum]:
        """Tell what a sum is, and read its literals as that.

        Args:
            operands: The sum.
            other: What the other side of the comparison is, where that is known: a literal alone is that.
        """
        types = {self.type_of(one) for one in operands if not one.sort}
        if other and len(operands) == 1 and not types:
            return other, (self.term(operands[0], other),)
        if types and types <= {"date", "duration"}:
            dates = sum(one.sign for one in operands if (one.sort or self.type_of(one)) == "date")
            of_sum: FactType = "date" if dates == 1 else "duration"
            if dates not in (0, 1) or (dates == 0 and "date" in types and len(operands) < 2):
                raise self.wrong(
                    "of dates one may be taken from another, and a duration added; write for example:"
                    " due_date - issue_date <= P30D"
                )
            return of_sum, tuple(
                self.term(one, "date" if one.sort == "date" else "duration") for one in operands
            )
        if len(types) != 1:
            what = " and ".join(sorted(types)) or "values without a field"
            raise self.wrong(
                f"{what} are not added up; name fields of one type, and write days as 2026-12-31"
            )
        (of_sum,) = types
        if len(operands) > 1 and of_sum not in ("amount", "number", "percentage", "quantity"):
            raise self.wrong(f"values of type {of_sum} are not added up")
        return of_sum, tuple(self.term(one, of_sum) for one in operands)

    def compared(
        self, left: list[_Operand], operator: str, right: list[_Operand], within: _Operand | None
    ) -> Claim:
        known = next((side for side in (left, right) if not all(one.sort for one in side)), None)
        if known is None:
            raise self.wrong(f"it names no field of facts; {_HELP}")
        of_known, _ = self.typed(known)
        meant: dict[str, _Operand] = {}
        for one in (*left, *right):
            same = meant.setdefault(one.text, one._replace(sign=1))
            if not one.sort and same != one._replace(sign=1):
                raise self.wrong(f"{one.text} is counted, added up, or each value of it taken; choose one")
        (of_left, left_sum), (of_right, right_sum) = (self.typed(side, of_known) for side in (left, right))
        if of_left != of_right:
            raise self.wrong(
                f"{_article(of_left)} is not compared with {_article(of_right)}; name fields of one type"
            )
        if operator not in ("==", "!=") and of_left not in ORDERED:
            raise self.wrong(f"a {of_left} is not more or less than another; write == or in")
        tolerance = None
        if within is not None:
            if of_left not in ORDERED or operator in ("<", ">"):
                raise self.wrong("+- must come after ==, !=, <= or >= of dates, durations and numbers")
            if within.text[0] == "-":
                raise self.wrong("the value after +- must not be below zero")
            tolerance = self.measured(within, "duration" if of_left == "date" else of_left)
        return Claim(operator, left_sum, (right_sum,), tolerance)

    def term(self, operand: _Operand, of: FactType) -> Term:
        """Make a term of a field, or of a literal, read as a value of a type."""
        if operand.sort:
            return Term(operand.sign, literal=self.measured(operand, of))
        return Term(
            operand.sign,
            operand.text,
            operand.counts,
            operand.adds,
            operand.country,
            most=self.most.get(operand.text, 1),
        )

    def measured(self, literal: _Operand, of: FactType) -> Measure:
        text = literal.text.strip("\"'")
        found = None
        if literal.sort == "text" or of in _TYPES[literal.sort]:
            found = measure(of, text, literal.unit or None)
        written = f"{literal.text} {literal.unit}".rstrip()
        if found is None or (of == "text" and not fold(text)):
            raise self.wrong(f"{written} is not a valid {of}; write {_SHAPES[of]}")
        if not is_had(of, found):
            raise self.wrong(f"no fact has {written}; write {_SHAPES[of]}")
        return found


def _article(of: str) -> str:
    return f"{'an' if of[0] in 'aeiou' else 'a'} {of}"


_TYPES: Mapping[str, tuple[FactType, ...]] = {
    "text": (),
    "date": ("date",),
    "duration": ("duration",),
    "number": ("amount", "number", "percentage", "quantity"),
    "code": ("currency", "jurisdiction"),
}
"""The sorts of literals, and of which types each may be; a text may be of any."""

_SHAPES: Mapping[FactType, str] = {
    "date": "2026-12-31",
    "duration": "P3Y, P18M, P30D or indefinite",
    "amount": "10000, or 10000.50 EUR",
    "number": "2 or 0.5",
    "percentage": "19 %",
    "quantity": '"5.4 mmol/L", in quotation marks, with a unit of UCUM',
    "currency": "EUR, as in ISO 4217",
    "jurisdiction": "DE, GB or US-NY, as in ISO 3166",
    "text": 'it in quotation marks, "..."',
}
