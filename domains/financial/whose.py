"""Whose the numbers and accounts of an invoice are, where it says of one that it is another's, too.

Data of an electronic invoice name their parties. In print a number counts as a party's only where the name
of that party stands with it, and no other: it may be a branch's, a group's or a carrier's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import re2
from stdnum.eu import vat

from docassay.domains import RuleInput, Span
from docassay.domains.financial import particulars
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.financial.party_lines import (
    FORMED,
    LABELS,
    bare_name,
    head_of,
    squashed,
)
from docassay.domains.financial.trading import holders
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.schemas.facts import Fact

_LINES_OF_PARTY, _CHARS_OF_PARTY = 6, 600
_LEAST_NAME, _LEAST_WORD = 5, 4
_START, _END = r"(?:^|[^\pL])", r"(?:[^\pL]|$)"
_THIRD, _OF_UNION, _NOT_PAID_THERE, _TAKER, _DEBITED, _FOR_OTHERS = (
    compiled(rf"(?i){start}(?:{'|'.join(map(re2.escape, LABELS[name]))}){end}")
    for name, start, end in (
        ("third", r"\b", ""),
        ("of_union", r"\b", ""),
        ("not_paid_there", _START, _END),
        ("taker", _START, _END),
        ("debited", "", ""),
        ("for_others", "", ""),
    )
)
"""The lists of `labels.toml`: what words begin with, words, and what may stand within one."""

_READERS = r"(?:your|ihr(?:e[mr])?|votre) (?:\pL+[ -]?){0,2}(?:account|konto|compte|bankverbindung)"
_OF_READER = compiled(
    rf"(?is)\b(?:(?:from|to|on|auf|von|de|sur) {_READERS}|{_READERS} (?:sera débit|belastet)"
    rf"|{_READERS} will be (?:charged|debited)"
    r"|(?:buch|zieh)(?:en|t)\b.{0,150}\b(?:ab|ein)|(?:we|will|to) debit|abbuchen|einziehen)\b"
    r"|prélev(?:é|er|ons)"
)
"""That the account is the reader's, who is debited or gets money back."""

_CREDITED = compiled(r"(?im)^\W*(?:credit note|gutschrift|note de crédit|avoir)\b")
_LINES_ABOVE, _LINES_BELOW, _CHARS_OF_ACCOUNT, _CHARS_OF_HEAD = 4, 3, 500, 1_000

_SIREN = re.compile(
    r"(?i)\b(?:SIRE[NT]|R\.?C\.?S)\b(?:(?!\bFR\b)[^\d\n]){0,30}(\d{3}(?:[ .]?\d{3}){2})(?:[ .]?\d{5})?(?!\d)"
)
_SIREN_CHARS, _SIREN_NEAR, _SIREN_LINES, _MOST = 9, 200, 3, 50
_OF_INVOICE = compiled(
    r"(?i)\b(?:kunden|rechnungs|customer|invoice)[ -]{0,3}(?:nummer|nr|no|number|datum|date)"
    r"|(?:n°|date|numéro)[ \pL]{0,8} (?:client|facture)"
)
"""What stands between an address and a number that need not be of it."""

_CONDITION = compiled(
    r"(?i)\b(?:bei|falls|soweit|sofern|if|in case of|for any|where|en cas|si|pour (?:les|toute)|nur"
    r"|werden|sind|gelten|setzen|only|are|must|requires?|sont|seulement|uniquement)\b"
)
_GOES_ON = re.compile(r"[^\n]{0,200}(?:\n[ \t]{0,20}[a-zß-ÿ][^\n]{0,200})?")
"""The rest of a line, with the next where that begins in a small letter."""
_CORPORATE = compiled(
    r"\b(?:GmbH|AG|SE|UG|Ltd|Limited|LLC|Inc|Corp|PLC|plc|SARL|SASU?|SA|S\.A|B\.?V|S\.r\.l|S\.p\.A)\b"
)
_BANK, _BANK_NEAR = compiled(r"(?i)\b(?:IBAN|BIC|SWIFT|sort code|routing|BLZ|Bankleitzahl|RIB)\b"), 200
_PERSON = re.compile(r"[^\W\d_a-z][\w.'’-]+(?: [^\W\d_a-z][\w.'’-]*){1,3}")


def clashing_number(view: RuleInput) -> Iterable[Span]:
    """Find a VAT number that is both parties', or another than the seller's that stands with its name."""
    yield from (span for span, _ in _clashes(view))


def number_said(view: RuleInput, span: Span) -> str:
    """Say what numbers clash, else what is wrong with one."""
    said = dict(_clashes(view))
    return " ".join(said.values()) if span in said else particulars.tax_number_said(view, span)


def _clashes(view: RuleInput) -> Iterator[tuple[Span, str]]:
    text = plain(view.text)
    buyers = {squashed(value) for name, value in view.stated if name == "buyer_tax_number"}
    for name, of in (("seller_tax_number", "seller"), ("representative_tax_number", "tax representative")):
        for value in (value for other, value in view.stated if other == name):
            if squashed(value) in buyers and sum(map(str.isdigit, value)) >= particulars.LEAST_DIGITS:
                start = text.rfind(value)
                if start >= 0:
                    says = f"{value} is given as the number of the {of} and of the buyer."
                    yield (start, start + len(value)), says
    yield from _of_other_siren(text)
    if not is_electronic(text):
        known = {
            _written(value): party
            for party in ("seller", "buyer")
            for name, value in view.stated
            if name == f"{party}_tax_number"
        }
        yield from _in_print(text, view.facts, known)


def _of_other_siren(text: str) -> Iterator[tuple[Span, str]]:
    """Find French numbers, which end in their holder's SIREN, that end in none, beside another."""
    stated = [(match.end(), squashed(match[1])) for match in islice(_SIREN.finditer(text), _MOST)]
    known = {siren for _, siren in stated}
    end = 0
    for match in particulars.tax_numbers(text):
        number, before, end = _written(match[1]), end, match.end()
        own = number[-_SIREN_CHARS:]
        if not number.startswith("FR") or len(number) != len("FR") + 2 + _SIREN_CHARS or own in known:
            continue
        from_here = max(before, match.start() - _SIREN_NEAR)
        near = [(at, siren) for at, siren in stated if from_here < at <= match.start()]
        between = text[near[-1][0] : match.start()] if near else "\n" * _MOST
        is_own = particulars.is_sellers(text, match.span(1)) and not _THIRD.search(between)
        if is_own and between.count("\n") <= _SIREN_LINES and own.isdigit() and own[:3] != "000":  # Monaco's
            yield match.span(1), f"{match[1]} does not end in the SIREN beside it, {near[-1][1]}."


def _in_print(text: str, facts: Iterable[Fact], known: dict[str, str]) -> Iterator[tuple[Span, str]]:
    """Compare the numbers that stand with the parties' names, also with those that data give them."""
    sellers, buyers = _names(facts, "seller"), _names(facts, "buyer")
    if not sellers or not buyers:
        return
    end = 0
    for match in particulars.tax_numbers(text):
        number, party = _written(match[1]), _party_of(text, match, end, sellers, buyers)
        end = match.end()
        if not party:
            continue
        if known.get(number, party) != party:
            yield match.span(1), f"{number} stands with the name of the seller and with that of the buyer."
        for other in (one for one, of in known.items() if party == of == "seller"):
            if other != number and other[:2] == number[:2] and len(other) == len(number):
                yield match.span(1), f"{number} and {other} are both given as the seller's."
        known.setdefault(number, party)


def _names(facts: Iterable[Fact], field: str) -> set[str]:
    """Give the names of a party that are sure, in small letters."""
    sure = [fact.value for fact in facts if fact.name == field and not fact.abstained]
    return {bare for one in sure if len(bare := bare_name(one, (0, len(one)))) >= _LEAST_NAME}


def _party_of(text: str, number: re.Match[str], before: int, sellers: set[str], buyers: set[str]) -> str:
    """Tell whose name stands alone on the line of a number, else above it and below the number before."""
    start = max(before, number.start() - _CHARS_OF_PARTY)
    above = text[start : number.start()].split("\n")[-_LINES_OF_PARTY:]
    rest = text[number.end() : number.end() + _CHARS_OF_PARTY].partition("\n")[0]
    own = [above[-1], "" if particulars.tax_numbers(rest) else rest]
    lines = own if any(_named(own, sellers, buyers)) else [*above, own[1]]
    named = _named(lines, sellers, buyers)
    is_vat = particulars.is_named_vat(text, number.start())
    if not is_vat or sum(named) != 1 or any(_THIRD.search(one) for one in (*above, rest)):
        return ""
    names = sellers if named[0] else buyers
    at = max((place for place, one in enumerate(lines) if any(_named([one], names))), default=0)
    if any(_OF_INVOICE.search(one) for one in lines[at + 1 :]):
        return ""
    formed = (bare_name(one, match.span()) for one in lines for match in FORMED.finditer(one))
    if any(not any(other.endswith(name) for name in names) for other in formed):
        return ""
    is_sellers = particulars.is_sellers(text, number.span(1))
    return ("seller" if is_sellers else "") if named[0] else ("" if is_sellers else "buyer")


def _named(lines: list[str], *parties: set[str]) -> list[bool]:
    """Tell which parties have a name in some lines."""
    written = squashed("\n".join(lines))
    return [any(name in written for name in names) for names in parties]


def _written(number: str) -> str:
    """Write a number without blanks, and without words that follow it."""
    groups = number.split()
    while len(groups) > 1 and not any(map(str.isdigit, groups[-1])):
        groups.pop()
    return "".join(filter(str.isalnum, "".join(groups))).upper()


def exempt_at_home(view: RuleInput) -> Iterable[Span]:
    """Find an exempt intra-Community supply between parties, and to a place, in one country.

    A sentence that says when such supplies are exempt does not say that this one is.
    """
    text = plain(view.text)
    stated: dict[str, list[str]] = {}
    for name, value in view.stated:
        stated.setdefault(name, []).append(value.strip())
    if stated:
        parties = [stated.get(f"{one}_country", [""])[0] for one in ("seller", "buyer")]
        numbers = [one for of in ("seller", "buyer") for one in stated.get(f"{of}_tax_number", ())]
        home = {*parties, *stated.get("delivery_country", ()), *map(_country, filter(_country, numbers))}
        is_home = len(home) == 1 and "K" in stated.get("tax_category", ())
    else:
        home = {_country(_written(match[1])) for match in particulars.tax_numbers(text)} - {""}
        sure = {
            fact.name
            for fact in view.facts
            if not fact.abstained and _country(fact.value) and "tax" in fact.name
        }
        taxed = any(total.amount.value for total in read_invoice(view.text, view.tables).of("tax"))
        is_home = len(home) == 1 and len(sure) > 1 and not taxed
    if is_home and home.pop().lower() in vat.MEMBER_STATES:
        for match in islice(_OF_UNION.finditer(text), _MOST):
            line = max(text.rfind("\n", 0, match.start()) + 1, match.start() - _CHARS_OF_PARTY)
            rest = _GOES_ON.match(text, match.end())
            if not _CONDITION.search(text[line : rest.end() if rest else match.end()]):
                yield match.span()


def _country(number: str) -> str:
    """Give the country of a VAT number of the EU; nothing of another number."""
    match = particulars.TAX_NUMBER.fullmatch(number.strip())
    return number.strip()[:2].upper().replace("EL", "GR") if match else ""


def account_of_another(view: RuleInput) -> Iterable[Span]:
    """Find who holds the account to be paid to, where that is the buyer, or a stranger to the invoice.

    A name in print that stands there three times, as in mails and at the foot, may be that of the seller.
    """
    text = plain(view.text)
    stated = {name for name, _ in view.stated}
    is_other = _DEBITED.search(text) or _CREDITED.search(text[:_CHARS_OF_HEAD])
    if is_other or stated & {"debtor_iban", "payee"}:
        return
    sellers, buyers = _names(view.facts, "seller"), _names(view.facts, "buyer")
    held = _holders(view, text) if sellers else ()
    if not held:
        return
    names = [fact.value for fact in view.facts if fact.name == "seller" and not fact.abstained]
    words = Counter(_words(text))
    for span in held:
        name, bare = text[slice(*span)], bare_name(text, span)
        own = {word for word in _words(name) if len(word) >= _LEAST_WORD}
        if len(bare) < _LEAST_NAME or not own or any(bare in one or one in bare for one in sellers):
            continue
        near = _around(text, span)
        if _NOT_PAID_THERE.search(near) or _OF_READER.search(near):
            continue
        is_takers = _FOR_OTHERS.search(name) or _TAKER.search(name)
        is_like = is_takers or any(bare[:_LEAST_WORD] == one[:_LEAST_WORD] for one in sellers)
        is_buyers = bare in buyers or (not is_like and any(one.startswith(bare) for one in buyers))
        first = name.split()[0]
        may_shorten = not name.isupper() or bare[0] in {one[0] for one in sellers}
        is_short = len(first) <= _LEAST_WORD and first.isupper() and may_shorten  # the seller's initials
        is_name = (FORMED.fullmatch(name) or _PERSON.fullmatch(name)) and not is_short and not is_like
        is_stranger = all(words[word] == 1 for word in own) and any(map(_CORPORATE.search, names))
        if (is_buyers and ("buyer" in stated or min(words[word] for word in own) <= 2)) or (
            is_name and is_stranger
        ):
            yield span


def _holders(view: RuleInput, text: str) -> tuple[Span, ...]:
    """List who holds the accounts: by the data of the invoice, behind the account, and by labels in print."""
    found: list[Span] = []
    named = [value for name, value in view.stated if name == "account_name"]
    accounts = [value for name, value in view.stated if name == "iban"]
    for name in named:
        start = text.find(name, max((text.find(one) for one in accounts), default=0))
        if accounts and start >= 0:
            found.append((start, start + len(name)))
    if not is_electronic(text):
        for start, end in holders(head_of(text)):
            if _BANK.search(text[max(0, start - _BANK_NEAR) : end + _BANK_NEAR]):
                found.append((start, end))
    return tuple(dict.fromkeys(found))


def _around(text: str, span: Span) -> str:
    """Give the lines of an account: those around its holder's name, without the name."""
    above = text[max(0, span[0] - _CHARS_OF_ACCOUNT) : span[0]].split("\n")[-1 - _LINES_ABOVE :]
    below = text[span[1] : span[1] + _CHARS_OF_ACCOUNT].split("\n")[: 1 + _LINES_BELOW]
    return "\n".join((*above, *below))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())
