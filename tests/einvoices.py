"""Electronic invoices and tiny official rules for them, written for the tests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from docassay.transforms.einvoice.rule_sets import MANIFEST, RuleSet, manifest

EN16931 = "urn:cen.eu:en16931:2017"

_STYLESHEET = """<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
<xsl:template match="/"><svrl:schematron-output>%s</svrl:schematron-output></xsl:template>
<xsl:template name="loop"><xsl:call-template name="loop"/></xsl:template>
</xsl:stylesheet>"""

_ASSERTION = """<xsl:for-each select="%s"><svrl:failed-assert id="%s" flag="%s" location="{path(.)}">
  <svrl:text>%s</svrl:text></svrl:failed-assert></xsl:for-each>"""


def assertion(where: str, rule: str, says: str, flag: str = "fatal") -> str:
    """Write an assertion that fails at each node of a path."""
    return _ASSERTION % (where, rule, flag, says)


def stylesheet(*assertions: str) -> str:
    """Write rules as a compiler of Schematron would."""
    return _STYLESHEET % "".join(assertions)


WRONG_GROSS = assertion(
    "//*:SpecifiedTradeSettlementHeaderMonetarySummation"
    "[number(*:GrandTotalAmount) ne number(*:TaxBasisTotalAmount) + number(*:TaxTotalAmount)]"
    "| /*:Invoice[number(*:LegalMonetaryTotal/*:TaxInclusiveAmount) ne"
    " number(*:LegalMonetaryTotal/*:TaxExclusiveAmount) + number(*:TaxTotal/*:TaxAmount)]",
    "BR-CO-15",
    "[BR-CO-15]-Total with VAT (BT-112) is wrong",
)
LONG_NAME = assertion("//*:LineID[. > 3]", "BR-W-1", "[BR-W-1] A line number (BT-126) above three", "warning")
TINY = stylesheet(WRONG_GROSS, LONG_NAME)


def rules(
    folder: Path,
    xslt: str = TINY,
    profiles: tuple[str, ...] = (EN16931,),
    syntaxes: tuple[str, ...] = ("CII", "UBL"),
) -> str:
    """Make a folder of rules, the same for each syntax."""
    folder.mkdir(parents=True, exist_ok=True)
    content = xslt.encode()
    (folder / "tiny.xslt").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    sets = [RuleSet("tiny", "Tiny", "1.0", one, "tiny.xslt", digest, profiles) for one in syntaxes]
    (folder / MANIFEST).write_text(manifest(sets), encoding="utf-8")
    return str(folder)


def cii(gross: str = "119.00", profile: str = EN16931, lines: int = 1) -> bytes:
    """Write an invoice as Cross Industry Invoice."""
    items = "".join(
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"<ram:LineID>{n}</ram:LineID></ram:AssociatedDocumentLineDocument>"
        f"<ram:SpecifiedTradeProduct><ram:Name>Hinge {n}</ram:Name></ram:SpecifiedTradeProduct>"
        "</ram:IncludedSupplyChainTradeLineItem>"
        for n in range(1, lines + 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>R-2026-7</ram:ID><ram:TypeCode>380</ram:TypeCode></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{items}<ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount>19.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount><ram:DuePayableAmount>{gross}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>""".encode()


def ubl(gross: str = "119.00", profile: str = EN16931) -> bytes:
    """Write an invoice as UBL."""
    return f"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>{profile}</cbc:CustomizationID><cbc:ID>R-2026-8</cbc:ID>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>""".encode()
