"""Contracts, terms, policies and court files of known kinds."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.legal import CUAD_METADATA, contract_key
from research.corpora.text import squeeze
from research.documents.contracts import kind_of_contract
from research.documents.text import Text, cited, read_file, read_rows

TERMS = {
    "terms_of_service": (
        "Terms of Service",
        "Commercial Terms",
        "General Conditions of Sale",
        "Developer Terms",
        "Conditions of Carriage",
        "Marketplace Sellers Conditions",
        "Marketplace Buyers Conditions",
        "Condition of Carriage",
        "Affiliate Agreement",
        "Parent Organization Terms",
        "Premium Partner Conditions",
        "Seller Warranty",
        "Service Level Agreement",
    ),
    "privacy_policy": ("Privacy Policy", "Parent Organization Privacy Policy", "Business Privacy Policy"),
    "cookie_policy": ("Trackers Policy",),
    "data_processing_agreement": ("Data Processor Agreement", "Data Controller Agreement"),
    "legal_notice": ("Imprint",),
    "": ("Ad Publishing Policy", "In-App Purchases Policy", "Content Monetisation Policy"),
}
"""The types of Open Terms Archive by kind. What is "" is left out: some are terms, some are rules. Others are
policies."""


def terms(data: Path) -> Iterator[Text]:
    """Open Terms Archive, without the services that are measured on."""
    with (data / "real/manifest.tsv").open(encoding="utf-8") as file:
        measured = {
            _service(row["file"]) for row in csv.DictReader(file, delimiter="\t") if row["set"] == "terms"
        }
    kinds = {name: kind for kind, names in TERMS.items() for name in names}
    for row in read_rows(data, "kind-opentermsarchive", "*.jsonl"):
        service, kind = str(row["service"]), kinds.get(str(row["type"]), "policy")
        if kind and not row["duplicate"] and _plain(service) not in measured:
            yield Text(
                f"legal.{kind}",
                f"ota {_plain(service)}",
                f"ota_{row['language']}",
                str(row["text"]),
                media_type="text/markdown",
            )


def _service(file: str) -> str:
    """Name the service of a file of the set `terms`: what stands before the type of its document."""
    name = PurePosixPath(file).stem
    kind = re.search(
        r"_(?:Terms|Privacy|Trackers|Commercial|General|Conditions|Community|Acceptable|Developer|Imprint|Law|Content|Copyright|Brand|Ad_|Advertising|Marketplace|Restricted|In-App|Seller|Parent)",
        name,
    )
    return _plain(name[: kind.start()] if kind else name)


def _plain(service: str) -> str:
    return re.sub(r"[^a-z0-9]", "", service.lower())


def german_terms(data: Path) -> Iterator[Text]:
    """Read German terms and conditions, clause by clause, and rental agreements."""
    contracts: dict[str, list[str]] = defaultdict(list)
    for row in csv_rows(read_member(data / "more/legal-agb_de.tar.xz", "*anonym.csv")):
        contracts[row["contract"]].append(f"{row['title']}\n{row['text']}")
    for number, clauses in contracts.items():
        opening = ("Allgemeine Geschäftsbedingungen", "AGB", "")[int(number) % 3]
        yield Text(
            "legal.terms_of_service", f"agb {number}", "agb_de", "\n\n".join([opening, *clauses]).strip()
        )
    leases = json.loads(read_member(data / "more/legal-mietrecht_de.tar.xz", "*mietvertraege*.json"))
    for lease in leases["documents"]:
        yield Text(
            "legal.lease",
            f"mietvertrag {lease['_id']}",
            "mietvertrag",
            f"{lease['name']}\n\n{lease['plainText']}",
        )


def contracts(data: Path) -> Iterator[Text]:
    """CUAD: whole contracts, and of the others the title and the clauses that were marked."""
    whole = read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*/full_contract_txt/*.txt")
    for name, body in sorted(whole.items()):
        kind = kind_of_contract(PurePosixPath(name).stem)
        if kind:
            text = body.decode("utf-8", errors="replace")
            yield Text(f"legal.{kind}", f"cuad {contract_key(name)}", "cuad", text)
    known = {contract_key(name) for name in whole}
    for row in csv_rows(read_member(data / "labelled/legal-cuad_v1.tar.xz", "*/master_clauses.csv")):
        kind = kind_of_contract(row["Filename"])
        if contract_key(row["Filename"]) in known or not kind:
            continue
        spans = [
            squeeze(found[0] or found[1])
            for column, value in row.items()
            if value.startswith("[")
            and (column not in CUAD_METADATA or column in ("Document Name", "Parties"))
            for found in re.findall(r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""", value)[:8]
        ]
        yield Text(
            f"legal.{kind}",
            f"cuad {contract_key(row['Filename'])}",
            "cuad",
            "\n\n".join(dict.fromkeys(spans)),
        )


def ndas(data: Path) -> Iterator[Text]:
    """Read non-disclosure agreements."""
    for name in ("train_truncated", "dev", "test"):
        contents = json.loads(read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json"))
        for document in contents["documents"]:
            yield Text("legal.nda", f"nli {document['file_name']}", "contract_nli", document["text"])


JUDGMENTS = ("broken-mime", "ca10_", "ca1_", "ca5_", "missouri", "word-doc.doc", "gov.uscourts.cacd")
"""What the names of opinions and orders hold; the other files were filed with a court."""


def courts(data: Path) -> Iterator[Text]:
    """Read court files in English, whole and in passages as cited, and sentences of German decisions."""
    members = read_members(data / "documents/legal-court.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".pdf", ".doc", ".docx")):
            kind = "judgment" if any(part in name for part in JUDGMENTS) else "court_filing"
            for whole in read_file(f"legal.{kind}", f"court {name}", "court", name, body):
                yield whole
                yield from cited(whole)
    tokens = read_member(data / "more/pii-german_ler.tar.xz", "*ler_dev.conll").decode("utf-8")
    sentences = [
        " ".join(line.split(" ")[0] for line in block.split("\n"))
        for block in tokens.replace("\r", "").split("\n\n")
    ]
    for start in range(0, 1_200, 30):
        text = "\n".join(sentences[start : start + 30])
        yield Text("legal.judgment", f"ler {start // 120}", "german_ler", text)
