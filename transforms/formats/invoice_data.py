"""Give what an electronic invoice states as data: names and values of EN 16931, of CII and of UBL.

Both have further papers of trade, such as orders, whose root says what they are (`kind_of`).

ZUGFeRD 1, 2 and Factur-X are written in CII (CrossIndustryDocument, CrossIndustryInvoice), XRechnung in that
or in UBL (Invoice, CreditNote). EN 16931-1 numbers the terms: BT-1, BT-2 and so on.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lxml import etree

from docassay.transforms.formats import DOCUMENT_KIND, Stated

Paths = Mapping[str, Sequence[str]]
"""Names of values, and the paths of elements that give each."""

MOST_LINES = 1_000
"""Lines of an invoice that are kept, and rates of its tax."""

_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ROOTS: dict[str, dict[str, str]] = _TABLE["roots"]
_KINDS = {one: kind for kind, listed in _TABLE["kinds"].items() for one in listed}
_OF_TRADE = re.compile(r"urn:(?:oasis:names:(?:specification|tc):(ubl)|un:unece:uncefact:data|ferd):")
"""Namespaces of UBL and of CII."""
_CODES = (
    "InvoiceTypeCode",
    "CreditNoteTypeCode",
    "ExchangedDocument/TypeCode",
    "HeaderExchangedDocument/TypeCode",
)
_PRICED = ("{*}*/{*}NetPriceProductTradePrice/{*}BasisQuantity", "{*}Price/{*}BaseQuantity")
"""For how many units the price of a line is (BT-149)."""

_SEVERAL = frozenset(
    {"iban", "debtor_iban", "seller_tax_number", "buyer_tax_number", "bic", "tax_category", "account_name"}
)
_LONGEST = 200


def is_invoice(root: etree._Element) -> bool:
    """Tell whether an XML is an electronic invoice by its root."""
    return etree.QName(root).localname in _ROOTS


def kind_of(root: etree._Element) -> Stated:
    """Give what a paper of trade is, as ``domain.kind``, by its root or the code of its type (BT-3).

    A root of UBL that is of no kind tells the domain alone; of any other XML nothing is given.
    """
    name = etree.QName(root)
    if (of_trade := _OF_TRADE.match(name.namespace or "")) is None:
        return ()
    codes = (root.findtext(_any_namespace(path), "").strip() for path in _CODES)
    names = (*filter(str.isdigit, codes), name.localname)
    told = next((_KINDS[one] for one in names if one in _KINDS), "")
    told = told or ("financial." if of_trade[1] else "")
    return ((DOCUMENT_KIND, told),) if told else ()


def values_of(root: etree._Element) -> Stated:
    """Give the values of an electronic invoice; none of any other XML.

    Dates are written as in ISO 8601, amounts as in the XML.
    """
    known = _ROOTS.get(etree.QName(root).localname)
    if known is None:
        return ()
    paths = _TABLE[known["syntax"]]
    repeated = (_repeated(root, known[each], paths[each]) for each in ("rates", "lines"))
    return (*_values(root, paths["values"]), *chain.from_iterable(repeated))


def _values(root: etree._Element, paths_of: Paths) -> Iterator[tuple[str, str]]:
    currency = ""
    for name, paths in paths_of.items():
        found = [element for path in paths for element in root.findall(_any_namespace(path))]
        # The tax may stand a second time, in the currency of the accounts (BT-111).
        found = [
            element for element in found if element.get("currencyID", currency) in (currency, "")
        ] or found
        texts = [text for element in found if (text := _text(element))]
        if name == "currency" and texts:
            currency = texts[0]
        for text in dict.fromkeys(texts if name in _SEVERAL else texts[:1]):
            yield name, _iso_date(text) if name.endswith("date") else text


def _repeated(root: etree._Element, path: str, paths_of: Paths) -> Iterator[tuple[str, str]]:
    """Give what is stated of each line, or of each rate of the tax; no price that is of several units."""
    steps = [(name, tuple(map(_any_namespace, paths))) for name, paths in paths_of.items()]
    for group, element in enumerate(islice(root.iterfind(_any_namespace(path)), MOST_LINES)):
        for name, paths in steps:
            found = (one for inner in paths for one in element.iterfind(inner))
            if name == "line_unit_price" and not _is_of_one(element):
                continue
            if text := next(filter(None, map(_text, found)), ""):
                yield f"{name}/{group}", text


def _is_of_one(line: etree._Element) -> bool:
    of = next((one for path in _PRICED if (one := line.findtext(path)) is not None), "1").strip()
    return re.fullmatch(r"0*1(?:\.0*)?", of) is not None


def _text(element: etree._Element) -> str:
    return " ".join((element.text or "").split())[:_LONGEST]


def _any_namespace(path: str) -> str:
    """Write a path of local names for `findall`, whatever their namespaces.

    >>> _any_namespace("*//TaxTotal/ID")
    '{*}*//{*}TaxTotal/{*}ID'
    """
    return "/".join(f"{{*}}{step}" if step else step for step in path.split("/"))


def _iso_date(text: str) -> str:
    """Write a date of format 102 (``YYYYMMDD``) as in ISO 8601; others are so written.

    >>> _iso_date("20180305"), _iso_date("2018-03-05")
    ('2018-03-05', '2018-03-05')
    """
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if text[:8].isdigit() else text[:10]
