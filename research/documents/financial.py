"""Filings, invoices, orders, receipts and complaints of known kinds."""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath

from research.corpora import financial
from research.corpora.archives import read_member, read_members
from research.documents import forms
from research.documents.text import Text, read_file, read_rows

FORMS = ("annual_report_10k", "annual_report_20f", "quarterly_report_10q")
"""Forms under whose covers the items of annual reports are put: the cover tells them apart."""


def filings(data: Path) -> Iterator[Text]:
    """Read Form 8-K as filed, and the items of Form 10-K under invented covers of that and of other forms."""
    archive = data / "labelled/financial-sec_items.tar.xz"
    with zipfile.ZipFile(BytesIO(read_member(archive, "*/8-K.zip"))) as zipped:
        for name in sorted(zipped.namelist()):
            body = zipped.read(name)
            start = body.upper().find(b"<HTML")
            if start >= 0:
                yield from read_file(
                    "financial.current_report_8k", f"8k {_company(name)}", "sec_8k", name, body[start:]
                )
    bank, of_finance = forms.read("finance")
    covers = {form.kind: form for form in of_finance}
    with zipfile.ZipFile(BytesIO(read_member(archive, "*/10-K.zip"))) as zipped:
        for name in sorted(zipped.namelist()):
            filing = json.loads(zipped.read(name))
            items = [
                text for key, text in filing.items() if key.startswith("item_") and isinstance(text, str)
            ]
            kind = "financial.annual_report_10k"
            cover = forms.draw(covers[kind], bank, name)
            yield Text(kind, f"10k {filing['cik']}", "sec_10k", cover + "\n\n" + "\n\n".join(items))
            for number, other in enumerate(FORMS * 2):
                cover = forms.draw(covers[f"financial.{other}"], bank, f"{name} {number}")
                chance = random.Random(f"{name} {number}")
                pieces = [
                    item[: chance.choice((400, 2_000, 9_000))] for item in items if chance.random() < 0.4
                ]
                text = "\n\n".join([cover, *pieces])
                yield Text(f"financial.{other}", f"10k {filing['cik']}", "sec_10k", text, invented=True)
    for name, body in sorted(read_members(data / "documents/financial-sec_pdf.tar.xz", "*.pdf").items()):
        form = re.search(r"10K|10Q|8K|EARNINGS", name)
        kinds = {
            "10K": "annual_report_10k",
            "10Q": "quarterly_report_10q",
            "8K": "current_report_8k",
            "EARNINGS": "earnings_release",
        }
        if form:
            company = PurePosixPath(name).name.split("_")[0]
            yield from read_file(f"financial.{kinds[form[0]]}", f"pdf {company}", "sec_pdf", name, body)


def _company(name: str) -> str:
    return PurePosixPath(name).name.split("_")[0]


def fomc(data: Path) -> Iterator[Text]:
    """Read statements and press conferences of a central bank."""
    members = read_members(data / "documents/financial-fomc.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".pdf", ".htm")):
            yield from read_file("financial.central_bank_statement", f"fomc {name}", "fomc", name, body)


def broadcasters(data: Path) -> Iterator[Text]:
    """Orders, contracts and invoices of broadcasters, where their name says which."""
    for row in read_rows(data, "kie-fcc_adbuy", "*.jsonl"):
        title = str(row["title"]).lower()
        kind = (
            "invoice"
            if "invoice" in title
            else "purchase_order"
            if re.search(r"order|contract", title)
            else ""
        )
        if kind:
            key = row["key"]
            advertiser = str(key.get("advertiser", "")) if isinstance(key, dict) else ""
            yield Text(f"financial.{kind}", f"fcc {advertiser.lower()}", "fcc", str(row["text"]), weight=0.5)


def receipts(data: Path) -> Iterator[Text]:
    """Read receipts of shops."""
    for row in read_rows(data, "kie-sroie", "*.jsonl"):
        text = str(row["text"])
        kind = (
            "invoice"
            if re.search(r"(?i)\btax invoice\b", text[:600])
            and not re.search(r"(?i)\b(?:cash|change|cashier|card)\b", text)
            else "receipt"
        )
        yield Text(f"financial.{kind}", f"sroie {text[:24]}", "sroie", text, weight=0.5)


def e_invoices(data: Path) -> Iterator[Text]:
    """Read XRechnung and ZUGFeRD examples, XML and PDF."""
    members = read_members(data / "more/kie-einvoices.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".xml", ".pdf")) and "invalid" not in name:
            credit = b"CreditNote" in body[:3000] or re.search(rb"TypeCode>(?:381|384)<", body[:6000])
            kind = "credit_note" if credit else "invoice"
            for text in read_file(f"financial.{kind}", f"einvoice {name}", "einvoices", name, body):
                yield text
                yield from _credited(text)


def _credited(text: Text) -> Iterator[Text]:
    """Make a credit note of an invoice in XML: it differs by its code, and by its name where it is UBL."""
    ubl = text.text.replace("InvoiceTypeCode: 380", "CreditNoteTypeCode: 381")
    for changed in (
        ubl.replace("\nTypeCode: 380", "\nTypeCode: 381"),
        ubl.replace("TypeCode: 380", "TypeCode: 384"),
    ):
        if changed != text.text:
            yield replace(text, kind="financial.credit_note", text=changed, invented=True)


def complaints(data: Path) -> Iterator[Text]:
    """Read what customers told a regulator."""
    for number, example in enumerate(financial.complaints(data)):
        if number % 4 == 0:
            yield Text("financial.complaint", f"cfpb {number}", "cfpb", example.text, weight=0.5)
