"""Extract: what a document states, as typed values with their evidence, before any check judges it.

A fact is read from the original, never from a translation; data beside the text (an electronic invoice, the
header of a clinical document) state it without evidence. The readers are those of the checks, which keep what
they have read of the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.calls import CallError
from docassay.domains.facts import FactField, Found
from docassay.domains.financial.figures import plain_decimal, shortest_decimal
from docassay.domains.quantities import is_quantity
from docassay.domains.rules import occurs
from docassay.domains.values import (
    DECIMALS,
    LONGEST,
    Habits,
    Value,
    fits,
    read,
)
from docassay.schemas.facts import Fact
from docassay.schemas.rows import EARLIEST_DAY, LATEST_DAY, UNDETERMINED, UNKNOWN
from docassay.transforms.budget import BUDGET, Budget, Clock, Unread
from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import DATA, XML
from docassay.transforms.parts.stretch import stretch
from docassay.transforms.split import asked_kinds

MOST_TRIED = 1_000
"""Places at which the value of a field may stand that are looked at."""

MOST_ROLE = 60
"""Characters of a role that are kept."""

_Named = tuple[str, int | None, str]
"""Role, group and value of what data state."""

_MOST_GROUPS = 1_000_000
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")


def extract(document: Document, budget: Budget = BUDGET) -> Document:
    """Give a document with its facts: what its data state of each field, then what its text does.

    Whether there is a doubt about the document itself is not looked at: see `in_doubt`. A document that is
    told no kind is asked for the facts of the kinds that its text hints at; they are hints.

    Args:
        document: The document.
        budget: How much of its text is read, and how long.

    Raises:
        OutOfTime: It took more time.
    """
    clock = Clock(budget.rule_seconds)
    view = rule_input(opening_of(document, budget.rule_chars))
    habits = Habits(view.text, document.language)
    facts: dict[str, list[Fact]] = {}
    named = _by_name(document.embedded_values)
    asked = [(domain, kind, False) for domain, kind in asked_kinds(document)]
    for domain, kind, is_hinted in (*asked, *((*one, True) for one in _hinted_kinds(document, view))):
        is_own = domain.every_mail or domain.name == document.domain
        for field in domain.facts:
            if field.name in facts:
                continue
            found = list(_stated(document, field, named.get(field.stated, ()), habits))
            if field.most == 1:
                found = _disputed(found)
            # The text of an XML is its data; it may hold prose, too.
            is_told = document.media_type in DATA or (bool(found) and document.media_type == XML)
            if not is_told and (kind in field.kinds if field.kinds else is_own):
                as_kind = view if kind == view.kind else replace(view, kind=kind)
                found += _in_text(document.doc_id, field, as_kind, habits)
                if field.ranked:
                    from docassay.transforms.rank import ranked  # which few fields need

                    base = _fact(document.doc_id, field, "", Value(0, 0, None), None)
                    found += ranked(base, field, as_kind, habits, clock.check)
            if found:
                if field.most == 1:
                    found = _compared(found)
                elif field.type == "account":
                    found = _compared_accounts(found, named.get("debtor_iban", ()))
                facts[field.name] = [_hint(fact) if is_hinted else _trusted(fact, field) for fact in found]
            clock.check()
    listed = (fact for found in facts.values() for fact in found)
    return replace(document, facts=tuple(replace(fact, ordinal=n) for n, fact in enumerate(listed)))


def _hinted_kinds(document: Document, view: RuleInput) -> list[tuple[domains.Domain, str]]:
    """List the kinds, with their domains, at which the text of a document hints that is told none."""
    if document.kind:
        return []
    names = [one.name for one in domains.document_domains()]
    return [
        (domain, kind.name)
        for domain in map(domains.load, names if document.domain == UNKNOWN else [document.domain])
        for kind in domain.kinds
        if any(occurs(matcher, view) for matcher in kind.hinted)
    ]


def _hint(fact: Fact) -> Fact:
    """Give a fact that a document states which may be of another kind: how often it is right is not known."""
    if fact.source == "stated":
        return fact
    return replace(fact, abstained=True, probability=fact.probability if fact.source == "model" else None)


def _trusted(fact: Fact, field: FactField) -> Fact:
    """Give what a rule has read with how often such a value of its field is right."""
    return fact if fact.source != "rule" else replace(fact, probability=field.trust[not fact.abstained])


def _compared(found: list[Fact]) -> list[Fact]:
    """Give each of a value that data state and another that the text does as the alternative of the other.

    The text's is a hint then. Names are not compared: a party is written in many ways.
    """
    stated = next((fact for fact in found if fact.source == "stated" and not fact.abstained), None)
    read = next((fact for fact in found if fact.source != "stated" and not fact.abstained), None)
    if stated is None or read is None or stated.type in ("name", "text") or _bare(stated) == _bare(read):
        return found
    clash = {
        id(stated): replace(stated, alternative=read.normalised),
        id(read): replace(read, alternative=stated.normalised, abstained=True),
    }
    return [clash.get(id(fact), fact) for fact in found]


def _compared_accounts(found: list[Fact], debtors: Sequence[_Named]) -> list[Fact]:
    """Do the same for accounts, of which there may be several, where the text has none of those of the data.

    Args:
        found: What data and text state.
        debtors: Accounts of who pays, which are no others to be paid to.
    """
    stated = [fact for fact in found if fact.source == "stated" and not fact.abstained]
    paying = {"".join(filter(str.isalnum, number)).casefold() for _, _, number in debtors}
    # One whose check digits are wrong is another, too; one that is debited is the payer's.
    printed = [
        fact for fact in found if fact.source != "stated" and not fact.role and _bare(fact) not in paying
    ]
    if not stated or not printed or {_bare(fact) for fact in stated} & {_bare(fact) for fact in printed}:
        return found
    clash = {id(fact): replace(fact, alternative=stated[0].normalised, abstained=True) for fact in printed}
    clash[id(stated[0])] = replace(stated[0], alternative=printed[0].normalised)
    return [clash.get(id(fact), fact) for fact in found]


def _bare(fact: Fact) -> Decimal | str:
    """Give a value without what makes no other: zeros at its end, a credit's sign, blanks, capitals."""
    value = fact.normalised or ""
    if fact.type in DECIMALS:
        return abs(Decimal(value))
    return value if fact.type == "date" else "".join(filter(str.isalnum, value)).casefold()


def own_day(facts: Sequence[Fact], fields: Iterable[FactField]) -> tuple[date | None, str | None]:
    """Give the day that a document states as its own, and what that day is; (None, None) where none is sure.

    Data come before text, then a field before those declared behind it. A field that has several days, such
    as the days of a stay, gives none of them.

    Args:
        facts: What the document states.
        fields: The fields that it was asked, in the order of their declaration.
    """
    sources = {field.name: (n, field.document_date) for n, field in enumerate(fields) if field.document_date}
    days: dict[tuple[bool, int, str], set[str]] = {}
    for fact in facts:
        # A month without its day is no day; of a time, the day where it was written counts.
        if fact.name in sources and not fact.abstained and len(day := (fact.normalised or "")[:10]) == 10:
            days.setdefault((fact.source != "stated", *sources[fact.name]), set()).add(day)
    for (_, _, source), some in sorted(days.items()):
        if len(some) == 1 and EARLIEST_DAY <= (own := date.fromisoformat(*some)) <= LATEST_DAY:
            return own, source
    return None, None


def read_facts(domain: str, view: RuleInput, language: str = UNDETERMINED) -> tuple[Fact, ...]:
    """Read what a text states that was not parsed: an example of a rule, or text from tables.

    Raises:
        OutOfTime: It took too much time.
    """
    document = Document(
        doc_id="",
        uri="",
        text=view.text,
        media_type=view.media_type,
        segments=tuple(view.segments),
        embedded_values=view.stated,
        tables=view.tables,
        language=language,
        domain=domain,
        kind=view.kind,
    )
    return extract(document).facts


def opening_of(document: Document, most_chars: int) -> Document:
    """Leave out what lies beyond so many characters of a document: text, English, segments and readings."""
    if len(document.text) <= most_chars:
        return document
    return replace(
        stretch(document, 0, most_chars),
        unread=(*document.unread, Unread("conclude", most_chars)),
        boundary_candidates=tuple(at for at in document.boundary_candidates if at < most_chars),
    )


def rule_input(document: Document) -> RuleInput:
    """Give what rules may look at of a document."""
    return RuleInput(
        document.text,
        document.kind,
        document.media_type,
        document.segments,
        stated=() if document.media_type in DATA else document.embedded_values,
        tables=document.tables,
        disguised=document.disguised,
        facts=document.facts,
        pages=document.pages,
    )


def in_doubt(document: Document) -> tuple[Fact, ...]:
    """Give its facts as rows have them: text gives hints only where the kind or the end is not sure.

    How often a rule is right is not known of such documents.
    """
    if document.kind_confident and not document.boundary_candidates:
        return document.facts
    return tuple(map(_hint, document.facts))


def _stated(document: Document, field: FactField, named: Sequence[_Named], habits: Habits) -> Iterator[Fact]:
    """Give what the data beside the text state of a field."""
    seen = set()
    for role, group, written in islice(named, max(2, field.most)):
        if group is None and (role, written) in seen:
            continue
        seen.add((role, written))
        value = read(field.type, written, habits)
        currency = None
        if field.type in DECIMALS:
            # Data have a point before cents, whatever the print has.
            number = Decimal(written) if _DECIMAL.fullmatch(written) else None
            shortened = plain_decimal if field.type == "amount" else shortest_decimal
            value = Value(
                0, len(written), None if number is None else shortened(number), sure=number is not None
            )
        if field.type == "amount":
            code = next((code for name, code in document.embedded_values if name == "currency"), "")
            of_all = read("currency", code, habits)
            currency = of_all.normalised if of_all.sure else None
        if field.type == "quantity":
            normalised = written if is_quantity(written) else None
            value = Value(0, len(written), normalised, sure=normalised is not None)
        fact = _fact(document.doc_id, field, written, value, currency)
        yield replace(fact, role=role[:MOST_ROLE] or None, group_id=group)


def _by_name(embedded: Iterable[tuple[str, str]]) -> dict[str, list[_Named]]:
    """Give data by their names: those called ``name/GROUP/ROLE`` with both."""
    named: dict[str, list[_Named]] = {}
    for whole, written in embedded:
        name, _, rest = whole.partition("/")
        group, _, role = rest.partition("/")
        named.setdefault(name, []).append((role, int(group) if group else None, written))
    return named


def _disputed(found: list[Fact]) -> list[Fact]:
    """Give the first of the values that data state of a field that has one; a second makes it a hint."""
    if len(found) < 2 or (found[0].normalised, found[0].group_id) == (found[1].normalised, found[1].group_id):
        return found[:1]
    return [replace(found[0], alternative=found[1].normalised, abstained=True)]


def _in_text(doc_id: str, field: FactField, view: RuleInput, habits: Habits) -> Iterator[Fact]:
    """Give what the text states of a field, each value once, by the first of its finders that gives any."""
    told: dict[tuple[int | None, str | None, str | None], Fact] = {}
    for finder in field.find:
        for item in islice(finder(view), MOST_TRIED):
            found = Found(*item)
            written = view.text[found.start : found.end]
            value = _value(found, written, field, habits)
            start, end = found.start + value.start, found.start + value.end
            written = view.text[start:end]
            # Two that measure the same of one patient are two.
            measured = found.role if field.type == "quantity" else None
            key = (found.group, measured, value.normalised)
            # What cannot be read is not stated: a blank to fill in, a paragraph where a name should be.
            if key in told or not value.normalised or len(written) > LONGEST:
                continue
            if told and field.most == 1:
                # A second value speaks against the first.
                (one,) = told.values()
                told = {key: replace(one, alternative=one.alternative or value.normalised, abstained=True)}
                break
            currency = habits.currency_at(start, end) if field.type == "amount" else None
            told[key] = replace(
                _fact(doc_id, field, written, value, currency),
                role=found.role[:MOST_ROLE] if found.role else None,
                group_id=found.group,
                start_char=start,
                end_char=end,
                source="rule",
            )
            if len(told) == field.most > 1:
                break
        if told:
            break
    yield from told.values()


def _value(found: Found, written: str, field: FactField, habits: Habits) -> Value:
    """Read what is written at a place, or take what was worked out for it.

    Raises:
        CallError: What was worked out is no value of the field's type, or a group or role is none.
    """
    given = [value for value in (found.normalised, found.alternative) if value is not None]
    if not all(fits(field.type, value) for value in given):
        raise CallError(
            f"{field.decided_by}: a value that it gives has not the form of a value of type {field.type}"
        )
    if found.group is not None and not 0 <= found.group < _MOST_GROUPS:
        raise CallError(
            f"{field.decided_by}: a group that it gives is no number from 0 to {_MOST_GROUPS - 1}"
        )
    if found.role and not _is_unicode(found.role):
        raise CallError(f"{field.decided_by}: a role that it gives is not valid Unicode")
    if found.normalised is not None:
        value = Value(0, len(written), found.normalised)
    else:
        value = read(field.type, written, habits)
    # What hangs on a condition is neither of two readings, perhaps.
    other = found.alternative or (value.alternative if found.sure else None)
    return value._replace(alternative=other, sure=value.sure and found.sure and found.alternative is None)


def _is_unicode(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _fact(doc_id: str, field: FactField, written: str, value: Value, currency: str | None) -> Fact:
    """Make a fact that data state; what stands in the text has more to say."""
    return Fact(
        doc_id=doc_id,
        ordinal=0,
        name=field.name,
        role=None,
        group_id=None,
        value=written,
        normalised=value.normalised,
        type=field.type,
        currency=currency,
        alternative=value.alternative,
        start_char=None,
        end_char=None,
        source="stated",
        probability=None,
        abstained=not (value.sure and field.accepts(value.normalised)),
        decided_by=field.decided_by,
    )
