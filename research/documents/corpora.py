"""Documents of known kinds: public corpora that may be trained on, and what was invented for the rest."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from docassay.schemas.rows import UNKNOWN
from docassay.transforms.kind import NONE
from research.corpora.archives import read_members
from research.detector.groups import groups
from research.documents import financial, forms, gathered, legal, medical
from research.documents.text import Text, read_file

KEPT_BACK = 10
"""One in so many of the real documents is never trained on, by the checksum of its name."""

DRAWS = 40
"""Documents drawn from each form."""

OTHERS = {
    "canlaw": ("legal.statute", 10),
    "swiss-law": ("legal.statute", 10),
    "emea": ("medical.product_information", 100),
    "own": ("", 100),
    "banking77": ("", 10),
    "finentity": ("", 40),
    "headlines": ("", 5),
    "bitcoin-org": ("", 60),
    "wmtbio": ("", 25),
}
"""Corpora of the detector of which a share, in per cent, is taken: the kind, or ``""`` for the domain alone.

The label of a document of a domain, but of no kind, is the domain's name.
"""


def texts(data: Path, gathered_in: Path) -> Iterator[Text]:
    """Read every corpus under the data folder and what was gathered, and draw every form."""
    loaders: tuple[Callable[[Path], Iterator[Text]], ...] = (
        legal.terms, legal.german_terms, legal.contracts, legal.ndas, financial.filings, financial.fomc,
        financial.broadcasters, medical.sections, financial.receipts, financial.e_invoices,
        financial.complaints,
        medical.notes, medical.records, medical.labels, medical.abstracts, medical.enforcement,
        medical.letters_of_the_fda, legal.courts, _others, _real,
    )  # fmt: skip
    for loader in loaders:
        yield from loader(data)
    yield from gathered.texts(gathered_in)
    for kind, language, group, text in forms.documents(DRAWS):
        yield Text(kind, group, f"invented_{language}", text, invented=True)


def _others(data: Path) -> Iterator[Text]:
    """Read what the detector learned as of none, or of a domain and no kind; and acts, and leaflets."""
    for group in groups(data):
        place = zlib.crc32(f"{group.corpus}/{group.name}/{group.language}".encode()) % 100
        none = (NONE, 40) if group.label == UNKNOWN else ("", 0)
        kind, share = next((found for name, found in OTHERS.items() if group.corpus.startswith(name)), none)
        if place < share and group.passages:
            yield Text(
                kind or group.label.replace(UNKNOWN, NONE),
                f"{group.corpus} {group.name}",
                f"others_{group.language}",
                "\n".join(group.passages[: 1 + place % 40])[:9_000],
                weight=0.5 if kind == "legal.statute" else 1.0,  # without its title, as no act is met
            )


def _real(data: Path) -> Iterator[Text]:
    """Read nine tenths of the real documents that may be trained on, with the kind that a reader gave."""
    path = Path(__file__).parents[2] / "research/judged/kinds.tsv"
    with path.open(encoding="utf-8") as file:
        judged = {row["file"]: row["kind"].split("|") for row in csv.DictReader(file, delimiter="\t")}
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
        kept_back = zlib.crc32(name.encode()) % KEPT_BACK == 0
        kinds = judged.get(name, [NONE])
        unclear = kinds[0] == "invoice" and len(kinds) > 1  # a self-billed invoice, a fare
        if not trainable or kept_back or unclear or NONE in kinds:
            continue
        if of not in by_set:
            by_set[of] = read_members(data / f"real/{of}.tar.xz", "*")
        body = next(
            content for member, content in by_set[of].items() if member.endswith(name.split("/", 1)[1])
        )
        group = re.sub(
            r"[\d_]+|zugferd|BASIC|EN16931|EXTENDED|MINIMUM|XRECHNUNG|FX|CII|UBL|intarsys|Beispiele", "", name
        )
        yield from read_file(f"{domains[of]}.{kinds[0]}", f"real {group}", f"real_{of}", name, body)
