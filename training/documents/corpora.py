"""Documents of known kinds: public corpora that may be trained on, and what was invented for the rest."""

from __future__ import annotations

import csv
import json
import random
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath

from docassay.schemas.rows import UNKNOWN, Parsed, Source
from docassay.training.corpora import financial, medical
from docassay.training.corpora.archives import csv_rows, read_member, read_members
from docassay.training.corpora.legal import CUAD_METADATA, contract_key
from docassay.training.custom.text import squeeze, without_markup
from docassay.training.detector.groups import groups
from docassay.training.documents import forms
from docassay.training.documents.contracts import kind_of_contract
from docassay.transforms.formats import Limits
from docassay.transforms.kind import NONE
from docassay.transforms.parse import parse

DRAWS = 40
"""Documents drawn from each form."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a known kind.

    Attributes:
        kind: ``domain.kind``, or `NONE`.
        group: Documents that resemble each other.
        corpus: Where it is from; the figures are shown by it.
        invented: It is not measured on.
    """

    kind: str
    group: str
    corpus: str
    text: str
    title: str | None = None
    media_type: str = "text/plain"
    invented: bool = False
    weight: float = 1.0


TERMS = {
    "terms_of_service": (
        "Terms of Service", "Commercial Terms", "General Conditions of Sale", "Developer Terms", "Conditions of Carriage",
        "Marketplace Sellers Conditions", "Marketplace Buyers Conditions", "Condition of Carriage", "Affiliate Agreement",
        "Parent Organization Terms", "Premium Partner Conditions", "Seller Warranty", "Service Level Agreement",
    ),
    "privacy_policy": ("Privacy Policy", "Parent Organization Privacy Policy", "Business Privacy Policy"),
    "cookie_policy": ("Trackers Policy",),
    "data_processing_agreement": ("Data Processor Agreement", "Data Controller Agreement"),
    "legal_notice": ("Imprint",),
    "": ("Ad Publishing Policy", "In-App Purchases Policy", "Content Monetisation Policy"),
}  # fmt: skip
"""The types of Open Terms Archive by kind; "" is left out, as some are terms and some are rules. Others are policies."""


def texts(data: Path) -> Iterator[Text]:
    """Read every corpus under the data folder, and draw every form."""
    loaders: tuple[Callable[[Path], Iterator[Text]], ...] = (
        _terms, _german_terms, _contracts, _ndas, _filings, _fomc, _broadcasters, _sections, _receipts, _e_invoices, _complaints,
        _notes, _records, _labels, _abstracts, _enforcement, _letters_of_the_fda, _courts, _others, _real,
    )  # fmt: skip
    for loader in loaders:
        yield from loader(data)
    for kind, language, group, text in forms.documents(DRAWS):
        yield Text(kind, group, f"invented_{language}", text, invented=True)


def _more(data: Path, name: str, member: str) -> list[dict[str, object]]:
    body = read_member(data / f"more/{name}.tar.xz", member).decode("utf-8")
    return [json.loads(line) for line in body.split("\n") if line]


def _terms(data: Path) -> Iterator[Text]:
    """Open Terms Archive, without the services that are measured on."""
    with (data / "real/manifest.tsv").open(encoding="utf-8") as file:
        measured = {
            _service(row["file"]) for row in csv.DictReader(file, delimiter="\t") if row["set"] == "terms"
        }
    kinds = {name: kind for kind, names in TERMS.items() for name in names}
    for row in _more(data, "kind-opentermsarchive", "*.jsonl"):
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


def _german_terms(data: Path) -> Iterator[Text]:
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


def _contracts(data: Path) -> Iterator[Text]:
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


def _ndas(data: Path) -> Iterator[Text]:
    for name in ("train_truncated", "dev", "test"):
        contents = json.loads(read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json"))
        for document in contents["documents"]:
            yield Text("legal.nda", f"nli {document['file_name']}", "contract_nli", document["text"])


def _filings(data: Path) -> Iterator[Text]:
    archive = data / "labelled/financial-sec_items.tar.xz"
    with zipfile.ZipFile(BytesIO(read_member(archive, "*/8-K.zip"))) as zipped:
        for name in sorted(zipped.namelist()):
            body = zipped.read(name)
            start = body.upper().find(b"<HTML")
            if start >= 0:
                yield from _parsed(
                    "financial.current_report_8k", f"8k {_company(name)}", "sec_8k", name, body[start:]
                )
    covers = {form.kind: form for form in forms.finance.FORMS}
    with zipfile.ZipFile(BytesIO(read_member(archive, "*/10-K.zip"))) as zipped:
        for name in sorted(zipped.namelist()):
            filing = json.loads(zipped.read(name))
            items = [
                text for key, text in filing.items() if key.startswith("item_") and isinstance(text, str)
            ]
            kind = "financial.annual_report_10k"
            cover = forms.form.draw(covers[kind], forms.finance.BANK, name)
            yield Text(kind, f"10k {filing['cik']}", "sec_10k", cover + "\n\n" + "\n\n".join(items))
            for other in ("annual_report_20f", "quarterly_report_10q"):
                cover = forms.form.draw(covers[f"financial.{other}"], forms.finance.BANK, name)
                text = cover + "\n\n" + "\n\n".join(items[zlib.crc32(name.encode()) % 3 :])
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
            yield from _parsed(f"financial.{kinds[form[0]]}", f"pdf {company}", "sec_pdf", name, body)


def _company(name: str) -> str:
    return PurePosixPath(name).name.split("_")[0]


def _fomc(data: Path) -> Iterator[Text]:
    members = read_members(data / "documents/financial-fomc.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".pdf", ".htm")):
            yield from _parsed("financial.central_bank_statement", f"fomc {name}", "fomc", name, body)


def _broadcasters(data: Path) -> Iterator[Text]:
    """Orders, contracts and invoices of broadcasters, where their name says which."""
    for row in _more(data, "kie-fcc_adbuy", "*.jsonl"):
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


def _receipts(data: Path) -> Iterator[Text]:
    for row in _more(data, "kie-sroie", "*.jsonl"):
        text = str(row["text"])
        kind = (
            "invoice"
            if re.search(r"(?i)\btax invoice\b", text[:600])
            and not re.search(r"(?i)\b(?:cash|change|cashier|card)\b", text)
            else "receipt"
        )
        yield Text(f"financial.{kind}", f"sroie {text[:24]}", "sroie", text, weight=0.5)


def _e_invoices(data: Path) -> Iterator[Text]:
    members = read_members(data / "more/kie-einvoices.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".xml", ".pdf")) and "invalid" not in name:
            credit = b"CreditNote" in body[:3000] or re.search(rb"TypeCode>(?:381|384)<", body[:6000])
            kind = "credit_note" if credit else "invoice"
            yield from _parsed(f"financial.{kind}", f"einvoice {name}", "einvoices", name, body)


def _complaints(data: Path) -> Iterator[Text]:
    for number, example in enumerate(financial.complaint_issue(data)):
        if number % 4 == 0:
            yield Text("financial.complaint", f"cfpb {number}", "cfpb", example.text, weight=0.5)


def _notes(data: Path) -> Iterator[Text]:
    for name, body in sorted(read_members(data / "documents/medical-aci_bench.tar.xz", "*.csv").items()):
        if "metadata" not in name:
            for row in csv_rows(body):
                yield Text("medical.visit_note", f"aci {row['encounter_id']}", "aci_bench", row["note"])
    for name, body in sorted(read_members(data / "more/med-primock57.tar.xz", "*notes/*.json").items()):
        note = json.loads(body)
        text = f"{note['presenting_complaint']}\n\n{note['note']}"
        yield Text("medical.visit_note", f"primock {name}", "primock57", text)


SECTIONS = {
    "medical.visit_note": ("CC", "GENHX", "PASTMEDICALHX", "PASTSURGICAL", "MEDICATIONS", "ALLERGY", "FAM/SOCHX", "ROS", "EXAM", "ASSESSMENT"),
    "medical.consult": ("CONSULT", "GENHX", "PASTMEDICALHX", "MEDICATIONS", "ALLERGY", "FAM/SOCHX", "ROS", "EXAM", "ASSESSMENT"),
    "medical.progress_note": ("SUBJECTIVE", "EXAM", "ASSESSMENT", "PLAN"),
    "medical.discharge_summary": ("DIAGNOSIS", "DISCHARGEDX", "GENHX", "PASTMEDICALHX", "EDCOURSE", "DISPOSITION", "DISCHARGEMED"),
}  # fmt: skip
"""The sections of notes that are put together from those of MTS-Dialog, in their order."""

HEADINGS = {
    "CC": ("CHIEF COMPLAINT", "CC", "REASON FOR VISIT", "Chief complaint"),
    "CONSULT": ("REASON FOR CONSULTATION", "REASON FOR CONSULT", "CONSULTATION REQUESTED FOR", "Reason for referral", "REQUESTING PHYSICIAN"),
    "SUBJECTIVE": ("SUBJECTIVE", "S", "Interval history", "PROGRESS NOTE", "SOAP NOTE\nSUBJECTIVE"),
    "GENHX": ("HISTORY OF PRESENT ILLNESS", "HPI", "HISTORY", "History of present illness", "HX"),
    "PASTMEDICALHX": ("PAST MEDICAL HISTORY", "PMH", "Past medical history"),
    "PASTSURGICAL": ("PAST SURGICAL HISTORY", "SURGICAL HISTORY"),
    "MEDICATIONS": ("MEDICATIONS", "CURRENT MEDICATIONS", "Medications"),
    "ALLERGY": ("ALLERGIES", "DRUG ALLERGIES"),
    "FAM/SOCHX": ("SOCIAL HISTORY", "FAMILY HISTORY", "Social history", "SHX/FHX"),
    "ROS": ("REVIEW OF SYSTEMS", "ROS"),
    "EXAM": ("PHYSICAL EXAMINATION", "EXAM", "OBJECTIVE", "Physical exam"),
    "ASSESSMENT": ("IMPRESSION", "ASSESSMENT", "ASSESSMENT AND PLAN", "Assessment"),
    "PLAN": ("PLAN", "P", "Plan"),
    "DIAGNOSIS": ("ADMISSION DIAGNOSES", "ADMITTING DIAGNOSIS", "REASON FOR ADMISSION", "DATE OF ADMISSION: 3/4/2021\nADMISSION DIAGNOSIS"),
    "DISCHARGEDX": ("DISCHARGE DIAGNOSES", "DISCHARGE DIAGNOSIS", "FINAL DIAGNOSIS"),
    "EDCOURSE": ("HOSPITAL COURSE", "BRIEF HOSPITAL COURSE", "COURSE"),
    "DISPOSITION": ("DISPOSITION", "CONDITION ON DISCHARGE", "DISCHARGE INSTRUCTIONS", "DISCHARGE CONDITION"),
    "DISCHARGEMED": ("DISCHARGE MEDICATIONS", "MEDICATIONS ON DISCHARGE"),
}  # fmt: skip
SAME = {"CONSULT": "CC", "SUBJECTIVE": "GENHX", "DISCHARGEDX": "DIAGNOSIS", "DISCHARGEMED": "MEDICATIONS"}
"""Sections that MTS-Dialog does not have, and whose texts stand in for them."""

ASSEMBLED = 150
"""Notes of each kind that are put together."""


def _sections(data: Path) -> Iterator[Text]:
    """Put notes together from sections of MTS-Dialog, without those that stand in the notes measured on."""
    measured = " ".join(
        squeeze(body.decode("utf-8", errors="replace")).lower()
        for body in read_members(data / "real/note.tar.xz", "*.txt").values()
    )
    pieces: dict[str, list[str]] = defaultdict(list)
    for row in csv_rows(read_member(data / "labelled/medical-mts_dialog.tar.xz", "*TrainingSet.csv")):
        text = squeeze(row["section_text"])
        if len(text) < 20 or text[:60].lower() not in measured:
            pieces[row["section_header"]].append(text)
    for kind, names in SECTIONS.items():
        for number in range(ASSEMBLED):
            chance = random.Random(f"{kind} {number}")
            glue = chance.choice((":\n", ": ", "\n"))
            parts = [
                f"{chance.choice(HEADINGS[name])}{glue}{chance.choice(pieces[SAME.get(name, name)])}"
                for place, name in enumerate(names)
                if place == 0 or chance.random() < 0.75
            ]
            yield Text(kind, f"mts {kind} {number % 10}", "assembled", "\n\n".join(parts), invented=True)


def _records(data: Path) -> Iterator[Text]:
    for archive in ("more/kind-hl7_ccda_examples.tar.xz", "documents/medical-ccda.tar.xz"):
        for name, body in sorted(read_members(data / archive, "*.xml").items()):
            if b"<ClinicalDocument" in body[:4_000]:
                group = PurePosixPath(name).parent.name
                for text in _parsed("medical.ccda_record", f"ccda {group}", "ccda", name, body):
                    yield text
                    yield from _stretches(text, 4)


def _stretches(text: Text, count: int) -> Iterator[Text]:
    """Take stretches of a document: a record may hold a section or two."""
    blocks = text.text.split("\n\n")
    for number in range(count):
        chance = random.Random(f"{text.group} {len(blocks)} {number}")
        start = chance.randrange(len(blocks))
        piece = "\n\n".join(blocks[start : start + chance.randint(1, 6)])
        if len(piece) > 100:
            yield replace(text, text=piece, title=None, invented=True)


def _labels(data: Path) -> Iterator[Text]:
    for name, body in sorted(read_members(data / "documents/medical-spl_labels.tar.xz", "*.xml").items()):
        yield from _parsed("medical.drug_label", f"spl {name}", "spl", name, body)
    for split in ("train", "test"):
        drugs: dict[str, list[str]] = defaultdict(list)
        for section in json.loads(
            read_member(data / "labelled/medical-spl_adr.tar.xz", f"*fushman-{split}-labels.json")
        ):
            drugs[str(section["label_id"])].append(section["section_text"])
        for drug, sections in drugs.items():
            yield Text("medical.drug_label", f"spl {split} {drug}", "spl", "\n\n".join(sections))


def _abstracts(data: Path) -> Iterator[Text]:
    for number, example in enumerate(medical.cancer_hallmark(data)):
        if number % 4 == 0:
            yield Text("medical.research_abstract", f"hoc {number}", "hoc", example.text, weight=0.5)


def _enforcement(data: Path) -> Iterator[Text]:
    for number, example in enumerate(medical.health_fraud(data)):
        if number % 8 == 0:
            yield Text("medical.enforcement_notice", f"oig {number}", "hhs_oig", example.text, weight=0.5)
    pages = read_members(data / "labelled/medical-hhs_oig.tar.xz", "*/oas/reports/*")
    for name in sorted(pages)[::30]:
        lines = [squeeze(line) for line in without_markup(pages[name].decode("latin-1")).splitlines()]
        text = "\n".join(line for line in lines if len(line.split()) >= 3)
        yield Text("medical.audit_report", f"audit {name}", "hhs_oig", text, weight=0.5)


def _letters_of_the_fda(data: Path) -> Iterator[Text]:
    for name, body in sorted(read_members(data / "documents/medical-fda_crl.tar.xz", "*.pdf").items()):
        yield from _parsed("medical.complete_response_letter", f"crl {name}", "fda_crl", name, body)


def _courts(data: Path) -> Iterator[Text]:
    members = read_members(data / "documents/legal-court.tar.xz", "*.*")
    for name, body in sorted(members.items()):
        if name.endswith((".pdf", ".doc", ".docx")):
            yield from _parsed("legal.court_filing", f"court {name}", "court", name, body)
    tokens = read_member(data / "more/pii-german_ler.tar.xz", "*ler_dev.conll").decode("utf-8")
    sentences = [
        " ".join(line.split(" ")[0] for line in block.split("\n"))
        for block in tokens.replace("\r", "").split("\n\n")
    ]
    for start in range(0, 1_200, 30):
        text = "\n".join(sentences[start : start + 30])
        yield Text("legal.court_filing", f"ler {start // 120}", "german_ler", text)


def _others(data: Path) -> Iterator[Text]:
    """What the detector of domains learned as of none, and acts: of the law, but of no kind here."""
    for group in groups(data):
        acts = group.corpus.startswith(("canlaw", "swiss-law"))
        place = zlib.crc32(f"{group.corpus}/{group.name}/{group.language}".encode()) % 100
        share = 25 if acts else 60
        if (group.label == UNKNOWN or acts) and group.corpus != "own" and place < share and group.passages:
            length = 1 + place % 40
            yield Text(
                NONE,
                f"{group.corpus} {group.name}",
                f"others_{group.language}",
                "\n".join(group.passages[:length])[:9_000],
            )


def _real(data: Path) -> Iterator[Text]:
    """Half of the real documents that may be trained on, with the kind that a reader gave them."""
    path = Path(__file__).parents[2] / "benchmarks/judged/kinds.tsv"
    with path.open(encoding="utf-8") as file:
        judged = {row["file"]: row["kind"].split("|")[0] for row in csv.DictReader(file, delimiter="\t")}
    with (data / "real/manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    by_set: dict[str, dict[str, bytes]] = {}
    domains = {
        "invoice_pdf": "financial",
        "invoice_xml": "financial",
        "letter_german": "medical",
        "terms": "legal",
        "policy": "legal",
    }
    for row in rows:
        name, of = row["file"], row["set"]
        trainable = of in domains and row["licence"].startswith(("Apache-2.0", "ODC-By", "CC0", "CC BY 4.0"))
        if not trainable or zlib.crc32(name.encode()) % 2 or judged[name] == NONE:
            continue
        if of not in by_set:
            by_set[of] = read_members(data / f"real/{of}.tar.xz", "*")
        body = next(
            content for member, content in by_set[of].items() if member.endswith(name.split("/", 1)[1])
        )
        group = re.sub(
            r"[\d_]+|zugferd|BASIC|EN16931|EXTENDED|MINIMUM|XRECHNUNG|FX|CII|UBL|intarsys|Beispiele", "", name
        )
        yield from _parsed(f"{domains[of]}.{judged[name]}", f"real {group}", f"real_{of}", name, body)


def _parsed(kind: str, group: str, corpus: str, name: str, content: bytes) -> Iterator[Text]:
    """Read a file as docassay does; what it rejects is left out."""
    for outcome in parse(Source(f"file:///{PurePosixPath(name).name}", content), Limits())[:1]:
        if isinstance(outcome, Parsed):
            yield Text(kind, group, corpus, outcome.text, outcome.title, outcome.media_type)
