"""What the XML of an electronic invoice states: its number, date, totals and account.

ZUGFeRD 1, 2 and Factur-X are written in CII (CrossIndustryDocument, CrossIndustryInvoice), XRechnung in that
or in UBL (Invoice, CreditNote). EN 16931-1 numbers the terms: BT-1, BT-2 and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from docassay.transforms.formats import Unusable
from docassay.transforms.formats.xml import tree

Stated = tuple[tuple[str, str], ...]
"""Names and values, in the order of `_CII` and `_UBL`; a name may stand several times."""

_CII_TOTALS = (
    "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementHeaderMonetarySummation",
)
_CII = (
    ("number", ("HeaderExchangedDocument/ID", "ExchangedDocument/ID")),  # BT-1
    ("date", ("HeaderExchangedDocument/IssueDateTime/*", "ExchangedDocument/IssueDateTime/*")),  # BT-2
    ("currency", ("*//InvoiceCurrencyCode",)),  # BT-5
    ("net", tuple(f"*//{totals}/TaxBasisTotalAmount" for totals in _CII_TOTALS)),  # BT-109
    ("tax", tuple(f"*//{totals}/TaxTotalAmount" for totals in _CII_TOTALS)),  # BT-110
    ("gross", tuple(f"*//{totals}/GrandTotalAmount" for totals in _CII_TOTALS)),  # BT-112
    ("due", tuple(f"*//{totals}/DuePayableAmount" for totals in _CII_TOTALS)),  # BT-115
    ("iban", ("*//PayeePartyCreditorFinancialAccount/IBANID",)),  # BT-84
    ("debtor_iban", ("*//PayerPartyDebtorFinancialAccount/IBANID",)),  # BT-91
)
_UBL = (
    ("number", ("ID",)),
    ("date", ("IssueDate",)),
    ("currency", ("DocumentCurrencyCode",)),
    ("net", ("LegalMonetaryTotal/TaxExclusiveAmount",)),
    ("tax", ("TaxTotal/TaxAmount",)),
    ("gross", ("LegalMonetaryTotal/TaxInclusiveAmount",)),
    ("due", ("LegalMonetaryTotal/PayableAmount",)),
    ("iban", ("PaymentMeans/PayeeFinancialAccount/ID",)),
    ("debtor_iban", ("PaymentMeans/PaymentMandate/PayerFinancialAccount/ID",)),
)
_SYNTAXES = {"CrossIndustryDocument": _CII, "CrossIndustryInvoice": _CII, "Invoice": _UBL, "CreditNote": _UBL}
_SEVERAL = frozenset({"iban", "debtor_iban"})
_LONGEST = 200


def stated_values(contents: Iterable[bytes]) -> Stated:
    """Give the values of the first electronic invoice among some files; none where there is none.

    Dates are written as in ISO 8601, amounts as in the XML.
    """
    for content in contents:
        if b"<" not in content[:200]:
            continue
        try:
            root = tree(content)
        except Unusable:
            continue
        syntax = _SYNTAXES.get(etree.QName(root).localname)
        if syntax:
            return tuple(_values(root, syntax))
    return ()


def _values(
    root: etree._Element, syntax: tuple[tuple[str, tuple[str, ...]], ...]
) -> Iterator[tuple[str, str]]:
    currency = ""
    for name, paths in syntax:
        found = [element for path in paths for element in root.findall(_any_namespace(path))]
        # The tax may stand a second time, in the currency of the accounts (BT-111).
        found = [
            element for element in found if element.get("currencyID", currency) in (currency, "")
        ] or found
        texts = [text for element in found if (text := " ".join((element.text or "").split())[:_LONGEST])]
        if name == "currency" and texts:
            currency = texts[0]
        for text in dict.fromkeys(texts if name in _SEVERAL else texts[:1]):
            yield name, _iso_date(text) if name == "date" else text


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
