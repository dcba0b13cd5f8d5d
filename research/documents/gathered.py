"""Gathered documents of no kind in many languages, and of kinds that other corpora do not have.

They are the lines of `documents.jsonl` whose split is ``train``, as `research.corpora.gathered` makes it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from docassay.transforms.kind import NONE
from research.documents.forms import data
from research.documents.text import Text, cited

FILE = "documents.jsonl"

KINDS = {
    "association_rules": "legal",
    "bank_statement": "financial.bank_statement",
    "central_bank_statement": "financial.central_bank_statement",
    "consent": "medical.consent_form",
    "consult": "medical.consult",
    "cookie_policy": "legal.cookie_policy",
    "corporate_record": "legal.corporate_record",
    "court_filing": "legal.court_filing",
    "credit_paper": "financial",
    "data_processing_agreement": "legal.data_processing_agreement",
    "delivery_note": "financial.delivery_note",
    "demand_letter": "legal.demand_letter",
    "discharge_summary": "medical.discharge_summary",
    "earnings_call": "financial.earnings_call",
    "employment": "legal.employment",
    "eula": "legal.software_licence",
    "family_and_estate_paper": "legal",
    "imaging_report": "medical.imaging_report",
    "insurance_claim": "financial.insurance_claim",
    "insurance_policy": "financial.insurance_policy",
    "invoice": "financial.invoice",
    "judgment": "legal.judgment",
    "laboratory_report": "medical.laboratory_report",
    "leaflet": "medical.product_information",
    "lease": "legal.lease",
    "legal_notice": "legal.legal_notice",
    "loan": "legal.loan",
    "medical_paper": "medical",
    "nda": "legal.nda",
    "payslip": "financial.payslip",
    "policy": "legal.policy",
    "power_of_attorney": "legal.power_of_attorney",
    "prescription": "medical.prescription",
    "privacy_policy": "legal.privacy_policy",
    "progress_note": "medical.progress_note",
    "purchase": "legal.purchase",
    "purchase_order": "financial.purchase_order",
    "receipt": "financial.receipt",
    "services": "legal.services",
    "software_licence": "legal.software_licence",
    "statute": "legal.statute",
    "terms_of_service": "legal.terms_of_service",
    "trade_confirmation": "financial.trade_confirmation",
    "trial_registration": "medical.clinical_trial",
    "utility_bill": "financial.utility_bill",
    "visit_note": "medical.visit_note",
}
"""The kind of a genre, or its domain where it is of no kind.

Genres of a domain that are neither here nor in `BY_PATH` are left out.
"""

BY_PATH = (
    (re.compile(r"/(?:severance|separation)[^/]*$"), "legal.severance"),
    (re.compile(r"/(?:settlement|debt-settlement)[^/]*$"), "legal.settlement"),
    (re.compile(r"/partnership[^/]*$"), "legal.partnership"),
    (re.compile(r"/(?:shareholder|stock-purchase|equity)[^/]*$|^Series"), "legal.investment"),
    (
        re.compile(r"/(?:board-resolution|bylaws|articles-of-inc|operating-agreement)[^/]*$"),
        "legal.corporate_record",
    ),
    (re.compile(r"(?:insurance-|sample_|test_)claim[^/]*$"), "financial.insurance_claim"),
)
"""Kinds of genres that hold several, by the document's path."""

MOST = 50
"""Most documents of one genre of no kind in one language from one repository."""

MOST_OF_KIND = 150
"""Most of one kind and language from one repository."""

DRAWS = 2
"""Most draws of one template."""

FEW = 60
"""A repository with so few documents of a genre is one group; of a larger one, a template is."""

OF_FEW = 2.0
"""The weight of a document of such a repository: no two are alike, as documents from elsewhere are not."""


def texts(folder: Path) -> Iterator[Text]:
    """Read what may be trained on; a repository, or of known kinds a template, is a group.

    Code is given once more below the notice of a licence: that makes it no licence. A judgment is given again
    in passages, as it is cited.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    with (folder / FILE).open(encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    sizes = Counter((row["repository"], row["genre"]) for row in rows)
    for row in rows:
        kind = kind_of(row["genre"], row["domain"], row["path"])
        template = str(row["path"]).partition("#")[0]
        source = (row["repository"], row["genre"], row["language"])
        draws = (row["repository"], template, row["genre"])
        most = MOST if kind == NONE else MOST_OF_KIND
        if row["split"] != "train" or not kind or counts[source] >= most:
            continue
        if "#" in row["path"] and counts[draws] >= DRAWS:
            continue
        counts.update((source, draws))
        group = f"{row['repository']} {row['genre']}"
        few = sizes[row["repository"], row["genre"]] <= FEW
        if kind != NONE and ("#" in row["path"] or not few):
            group += f" {Path(template).stem[:12]}"
        text = re.sub(r"\b(?:UC|LC|CA|MC)(?=\w)", "", row["text"]) if _is_tagged(row["text"]) else row["text"]
        weight = OF_FEW if few else 1.0
        read = Text(kind, f"gathered {group}", f"gathered_{row['genre']}", text, weight=weight)
        yield read
        if row["genre"] == "code":
            yield replace(read, text=data.under_notice(text, row["path"]), invented=True)
        if kind == "legal.judgment" and row["language"] == "en":
            yield from cited(read, 2)


def kind_of(genre: str, domain: str, path: str) -> str:
    """Name the kind of a gathered document, `NONE` or ``""``: it is not known well enough.

    >>> kind_of("recipe", "none", "soup.md"), kind_of("lease", "legal", "a.md")
    ('none', 'legal.lease')
    """
    if domain == "none":
        return NONE
    by_path = (kind for pattern, kind in BY_PATH if pattern.search(path))
    return KINDS.get(genre) or next(by_path, "")


def _is_tagged(text: str) -> bool:
    """Tell whether the words of a transcript bear marks of how they are written."""
    return len(re.findall(r"\b(?:UC|LC)\w", text[:500])) > 20
