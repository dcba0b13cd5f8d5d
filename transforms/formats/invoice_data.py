"""Give what an electronic invoice states as data: names and values of EN 16931, of CII and of UBL.

ZUGFeRD 1, 2 and Factur-X are written in CII (CrossIndustryDocument, CrossIndustryInvoice), XRechnung in that
or in UBL (Invoice, CreditNote). EN 16931-1 numbers the terms: BT-1, BT-2 and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from docassay.transforms.formats import Stated

Syntax = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of values, and the paths of elements that give each."""

MOST_LINES = 1_000
"""Lines of an invoice that are kept, and rates of its tax."""

_CII_TOTALS = (
    "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementHeaderMonetarySummation",
)
_VAT = ("[@schemeID='VA']", "")
_NAMES = ("PartyLegalEntity/RegistrationName", "PartyName/Name")
_CII: Syntax = (
    ("number", ("HeaderExchangedDocument/ID", "ExchangedDocument/ID")),  # BT-1
    ("date", ("HeaderExchangedDocument/IssueDateTime/*", "ExchangedDocument/IssueDateTime/*")),  # BT-2
    ("due_date", ("*/*/SpecifiedTradePaymentTerms/DueDateDateTime/*",)),  # BT-9
    ("delivery_date", ("*/*/ActualDeliverySupplyChainEvent/OccurrenceDateTime/*",)),  # BT-72
    (
        "order",
        tuple(f"*/*/BuyerOrderReferencedDocument/{name}" for name in ("ID", "IssuerAssignedID")),
    ),  # BT-13
    ("seller", ("*/*/SellerTradeParty/Name",)),  # BT-27
    (
        "seller_tax_number",
        tuple(f"*/*/SellerTradeParty/SpecifiedTaxRegistration/ID{of}" for of in _VAT),
    ),  # BT-31
    ("buyer", ("*/*/BuyerTradeParty/Name",)),  # BT-44
    (
        "buyer_tax_number",
        tuple(f"*/*/BuyerTradeParty/SpecifiedTaxRegistration/ID{of}" for of in _VAT),
    ),  # BT-48
    ("currency", ("*//InvoiceCurrencyCode",)),  # BT-5
    ("net", tuple(f"*//{totals}/TaxBasisTotalAmount" for totals in _CII_TOTALS)),  # BT-109
    ("tax", tuple(f"*//{totals}/TaxTotalAmount" for totals in _CII_TOTALS)),  # BT-110
    ("gross", tuple(f"*//{totals}/GrandTotalAmount" for totals in _CII_TOTALS)),  # BT-112
    ("prepaid", tuple(f"*//{totals}/TotalPrepaidAmount" for totals in _CII_TOTALS)),  # BT-113
    ("due", tuple(f"*//{totals}/DuePayableAmount" for totals in _CII_TOTALS)),  # BT-115
    ("iban", ("*//PayeePartyCreditorFinancialAccount/IBANID",)),  # BT-84
    ("bic", ("*//PayeeSpecifiedCreditorFinancialInstitution/BICID",)),  # BT-86
    ("debtor_iban", ("*//PayerPartyDebtorFinancialAccount/IBANID",)),  # BT-91
)
_UBL: Syntax = (
    ("number", ("ID",)),
    ("date", ("IssueDate",)),
    ("due_date", ("DueDate", "PaymentMeans/PaymentDueDate")),
    ("delivery_date", ("Delivery/ActualDeliveryDate",)),
    ("order", ("OrderReference/ID",)),
    ("seller", tuple(f"AccountingSupplierParty/Party/{name}" for name in _NAMES)),
    ("seller_tax_number", ("AccountingSupplierParty/Party/PartyTaxScheme/CompanyID",)),
    ("buyer", tuple(f"AccountingCustomerParty/Party/{name}" for name in _NAMES)),
    ("buyer_tax_number", ("AccountingCustomerParty/Party/PartyTaxScheme/CompanyID",)),
    ("currency", ("DocumentCurrencyCode",)),
    ("net", ("LegalMonetaryTotal/TaxExclusiveAmount",)),
    ("tax", ("TaxTotal/TaxAmount",)),
    ("gross", ("LegalMonetaryTotal/TaxInclusiveAmount",)),
    ("prepaid", ("LegalMonetaryTotal/PrepaidAmount",)),
    ("due", ("LegalMonetaryTotal/PayableAmount",)),
    ("iban", ("PaymentMeans/PayeeFinancialAccount/ID",)),
    ("bic", ("PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID",)),
    ("debtor_iban", ("PaymentMeans/PaymentMandate/PayerFinancialAccount/ID",)),
)
_SYNTAXES = {"CrossIndustryDocument": _CII, "CrossIndustryInvoice": _CII, "Invoice": _UBL, "CreditNote": _UBL}
_CII_RATES = (
    ("tax_rate", ("ApplicablePercent", "RateApplicablePercent")),  # BT-119
    ("tax_base", ("BasisAmount",)),  # BT-116
    ("tax_amount", ("CalculatedAmount",)),  # BT-117
)
_CII_LINE = (
    ("line_text", ("SpecifiedTradeProduct/Name",)),  # BT-153
    ("line_quantity", ("*/BilledQuantity",)),  # BT-129
    ("line_unit_price", ("*/NetPriceProductTradePrice/ChargeAmount",)),  # BT-146
    ("line_amount", ("*/*/LineTotalAmount",)),  # BT-131
)
_UBL_LINE = (
    ("line_text", ("Item/Name", "Item/Description")),
    ("line_quantity", ("InvoicedQuantity", "CreditedQuantity")),
    ("line_unit_price", ("Price/PriceAmount",)),
    ("line_amount", ("LineExtensionAmount",)),
)
_REPEATED: dict[str, tuple[tuple[str, Syntax], ...]] = {
    "CrossIndustryDocument": (
        ("*/ApplicableSupplyChainTradeSettlement/ApplicableTradeTax", _CII_RATES),
        ("*/IncludedSupplyChainTradeLineItem", _CII_LINE),
    ),
    "CrossIndustryInvoice": (
        ("*/ApplicableHeaderTradeSettlement/ApplicableTradeTax", _CII_RATES),
        ("*/IncludedSupplyChainTradeLineItem", _CII_LINE),
    ),
    "Invoice": (
        (
            "TaxTotal/TaxSubtotal",
            (
                ("tax_rate", ("TaxCategory/Percent",)),
                ("tax_base", ("TaxableAmount",)),
                ("tax_amount", ("TaxAmount",)),
            ),
        ),
        ("InvoiceLine", _UBL_LINE),
    ),
}
_REPEATED["CreditNote"] = (_REPEATED["Invoice"][0], ("CreditNoteLine", _UBL_LINE))
_PRICED = ("{*}*/{*}NetPriceProductTradePrice/{*}BasisQuantity", "{*}Price/{*}BaseQuantity")
"""For how many units the price of a line is (BT-149)."""

_SEVERAL = frozenset({"iban", "debtor_iban", "seller_tax_number", "buyer_tax_number", "bic"})
_LONGEST = 200


def is_invoice(root: etree._Element) -> bool:
    """Tell whether an XML is an electronic invoice by its root."""
    return etree.QName(root).localname in _SYNTAXES


def values_of(root: etree._Element) -> Stated:
    """Give the values of an electronic invoice; none of any other XML.

    Dates are written as in ISO 8601, amounts as in the XML.
    """
    name = etree.QName(root).localname
    return (*_values(root, _SYNTAXES.get(name, ())), *_repeated(root, _REPEATED.get(name, ())))


def _values(root: etree._Element, syntax: Syntax) -> Iterator[tuple[str, str]]:
    currency = ""
    for name, paths in syntax:
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


def _repeated(root: etree._Element, repeated: tuple[tuple[str, Syntax], ...]) -> Iterator[tuple[str, str]]:
    """Give what is stated of each line, and of each rate of the tax; no price that is of several units."""
    for path, syntax in repeated:
        steps = [(name, tuple(map(_any_namespace, paths))) for name, paths in syntax]
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
