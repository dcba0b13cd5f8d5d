"""Passages of every corpus by document, for the domain detector."""

from __future__ import annotations

import json
import os
import random
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import pyarrow.parquet as pq

from docassay.schemas.rows import UNKNOWN
from docassay.train.score import Split
from research.corpora import financial, medical
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.example import Example
from research.corpora.legal import CUAD_METADATA, contract_key
from research.corpora.text import squeeze, text_key, without_markup

PASSAGES_A_GROUP = 40
GROUPS_A_CORPUS = 250
PASSAGES = Path(__file__).with_name("passages.tsv")
"""Our own passages, for kinds of text that no corpus here holds (judgments, invoices, recipes, poems)."""
SKIPPED_CORPORA = ("europarl-15k", "eurovoc", "franceterme")
"""Debates, a thesaurus of everything, a glossary of everything: their labels say little about a domain."""

MONEY = re.compile(
    r"(?i)\$ ?\d|\b(?:invoices?|payments?|wire|bank|credit|loan|interest"
    r" rate|price|cash|revenue|earnings|million|tax|account|trading"
    r"|hedge)\b"
)


@dataclass(frozen=True, slots=True)
class Group:
    """Passages of one document, or of one author or company: never on both sides of a split."""

    label: str
    corpus: str
    name: str
    language: str
    passages: tuple[str, ...]

    @property
    def split(self) -> Split:
        """A fifth of the groups is test, an eighth validation, by the name's checksum."""
        if self.corpus == "own":
            return "train"
        place = zlib.crc32(f"{self.corpus}/{self.name}".encode()) % 40
        return "test" if place < 8 else "validation" if place < 13 else "train"


def groups(data: Path) -> Iterator[Group]:
    """Read every corpus as groups of passages."""
    yield from _contracts(data)
    yield from _terms(data)
    yield from _filings(data)
    yield from _mails(data)
    yield from _health_pages(data)
    yield from _drug_labels(data)
    yield from _dialogues(data)
    yield from _code()
    yield from _own()
    single = {
        ("financial", "banking77"): financial.customers(data),
        ("financial", "cfpb"): financial.complaints(data),
        ("financial", "headlines"): financial.sentiment(data),
        ("medical", "hoc"): medical.cancer_hallmark(data),
    }
    for (label, corpus), examples in single.items():
        yield from _runs(
            label, corpus, "en", [example.text for example in examples], 1 if corpus in ("cfpb", "hoc") else 8
        )
    messages = financial.message_fraud(data)
    yield from _runs("financial", "smishing", "en", _with(messages, "smishing"), 3)
    yield from _runs(UNKNOWN, "ham", "en", _with(messages, "legitimate"), 8)
    news = json.loads(read_member(data / "labelled/financial-finentity.tar.xz", "*/FinEntity.json"))
    yield from _runs("financial", "finentity", "en", [row["content"] for row in news], 4)
    for code in ("fr", "de"):
        yield from _bitext(data, code)
        rows = _pairs(data / f"bitext/tests/newstest2013.{code}-en.tsv")
        yield from _runs(UNKNOWN, "newstest", code, [row[0] for row in rows], 12)
        if code == "fr":
            yield from _runs(UNKNOWN, "newstest", "en", [row[1] for row in rows], 12)


def _with(examples: Iterable[Example], label: str) -> list[str]:
    return [example.text for example in examples if label in example.labels]


def _runs(label: str, corpus: str, code: str, texts: Sequence[str], size: int) -> Iterator[Group]:
    for start in range(0, len(texts), size):
        yield Group(label, corpus, f"{code}{start}", code, tuple(texts[start : start + size]))


def _contracts(data: Path) -> Iterator[Group]:
    """Take CUAD without the contracts that lie among the whole documents, and ContractNLI."""
    whole = read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*/full_contract_txt/*.txt")
    apart = {contract_key(name) for name in whole}
    for row in csv_rows(read_member(data / "labelled/legal-cuad_v1.tar.xz", "*/master_clauses.csv")):
        if contract_key(row["Filename"]) in apart:
            continue
        spans = [
            squeeze(span)
            for column, value in row.items()
            if value.startswith("[") and column not in CUAD_METADATA
            for span in re.findall(r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""", value)[:8]
            for span in [span[0] or span[1]]
        ]
        if spans:
            yield Group("legal", "cuad", row["Filename"], "en", tuple(dict.fromkeys(spans)))
    for name in ("train_truncated", "dev", "test"):
        contents = json.loads(read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json"))
        for document in contents["documents"]:
            passages = tuple(document["text"][start:end] for start, end in document["spans"])
            yield Group("legal", "contract_nli", document["file_name"], "en", passages)


def _terms(data: Path) -> Iterator[Group]:
    files = read_members(
        data / "labelled/legal-claudette_multilingual_tos.tar.xz", "*/corpus/original_text/*/*.txt"
    )
    for name, body in files.items():
        path = PurePosixPath(name)
        lines = [line for line in body.decode("utf-8", errors="replace").splitlines() if line.strip()]
        yield Group("legal", "claudette", path.stem, path.parent.name, tuple(lines))


def _filings(data: Path) -> Iterator[Group]:
    archive = data / "labelled/financial-sec_items.tar.xz"
    for form, corpus in (("10-K", "10k"), ("8-K", "8k")):
        with zipfile.ZipFile(BytesIO(read_member(archive, f"*/{form}.zip"))) as zipped:
            for name in zipped.namelist():
                company = PurePosixPath(name).name.split("_")[0]
                body = zipped.read(name)
                if name.endswith(".json"):
                    contents = json.loads(body)
                    text = "\n".join(
                        value
                        for key, value in contents.items()
                        if key.startswith("item_") and isinstance(value, str)
                    )
                else:
                    text = without_markup(body.decode("utf-8", errors="replace"))
                lines = [squeeze(line) for line in text.splitlines() if len(line.split()) >= 4]
                if lines:
                    start = zlib.crc32(name.encode()) % max(1, len(lines) - 300)
                    yield Group("financial", corpus, company, "en", tuple(lines[start : start + 300]))


def _mails(data: Path) -> Iterator[Group]:
    """Call mail of Enron financial where three words of money stand in it, unknown where none does."""
    archive = data / "labelled/financial-fraud_email.tar.xz"
    for name, body in read_members(archive, "*/enron/*").items():
        text = body.decode("utf-8", errors="replace")
        words = {word.lower() for word in MONEY.findall(text)}
        if len(text.split()) >= 8 and len(words) in (0, 3, 4, 5, 6, 7, 8):
            lines = [line for line in text.splitlines() if line.strip()]
            yield Group("financial" if words else UNKNOWN, "enron", name, "en", tuple(lines))


def _health_pages(data: Path) -> Iterator[Group]:
    archive = data / "labelled/medical-hhs_oig.tar.xz"
    pages = read_members(archive, "*/oas/reports/*")
    for name in sorted(pages)[::8]:
        lines = [squeeze(line) for line in without_markup(pages[name].decode("latin-1")).splitlines()]
        yield Group(
            "medical", "oig_audit", name, "en", tuple(line for line in lines if len(line.split()) >= 10)
        )
    stories = [example.text for example in medical.notices(data)]
    yield from _runs("medical", "oig_news", "en", stories[::3], 2)


def _drug_labels(data: Path) -> Iterator[Group]:
    archive = data / "labelled/medical-spl_adr.tar.xz"
    for split in ("train", "test"):
        drugs: dict[str, list[str]] = defaultdict(list)
        for section in json.loads(read_member(archive, f"*fushman-{split}-labels.json")):
            if not re.search(r"(?i)humira|lipitor", str(section)[:2000]):
                drugs[section["label_id"]] += [
                    squeeze(p) for p in section["section_text"].split("\n\n") if p.strip()
                ]
        for drug, passages in drugs.items():
            yield Group("medical", "spl", f"{split}{drug}", "en", tuple(passages))


def _dialogues(data: Path) -> Iterator[Group]:
    for pattern in ("*TrainingSet.csv", "*ValidationSet.csv", "*TestSet-1*.csv", "*TestSet-2*.csv"):
        for row in csv_rows(read_member(data / "labelled/medical-mts_dialog.tar.xz", pattern)):
            note = (row["section_header"], row["section_text"])
            yield Group("medical", "mts", text_key(row["section_text"])[:80], "en", note)
            yield Group(
                "medical",
                "mts",
                text_key(row["section_text"])[:80],
                "en",
                tuple(row["dialogue"].splitlines()),
            )


def _code() -> Iterator[Group]:
    """Take Python's standard library: code and technical English belong to no domain."""
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        lines = [
            line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
        if lines:
            yield Group(UNKNOWN, "code", path.name, "en", tuple(lines))


def _own() -> Iterator[Group]:
    """Mix the passages of a label and a language, those of one kind together: they only ever train."""
    kinds: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for line in PASSAGES.read_text(encoding="utf-8").splitlines():
        label, kind, code, text = line.split("\t")
        kinds[label, kind, code].append(text)
    for (label, kind, code), passages in kinds.items():
        for number in range(3 * len(passages)):
            draw = random.Random(f"{kind}{code}{number}")
            mixed = draw.sample(passages, min(len(passages), draw.choice((1, 2, 4, 8))))
            yield Group(label, "own", f"{kind}{number}", code, tuple(mixed))


def _bitext(data: Path, code: str) -> Iterator[Group]:
    table = pq.read_table(
        data / f"bitext/{code}-en.train.parquet", columns=["corpus", "domain", "source", "target"]
    )
    kinds = list(zip(table["corpus"].to_pylist(), table["domain"].to_pylist(), strict=True))
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for start in range(0, len(kinds) - PASSAGES_A_GROUP, PASSAGES_A_GROUP):
        if kinds[start] == kinds[start + PASSAGES_A_GROUP - 1] and kinds[start][0] not in SKIPPED_CORPORA:
            blocks[kinds[start]].append(start)
    for (corpus, domain), starts in sorted(blocks.items()):
        random.Random(0).shuffle(starts)
        for start in starts[:GROUPS_A_CORPUS]:
            rows = table.slice(start, PASSAGES_A_GROUP)
            label = UNKNOWN if domain == "general" else domain
            yield Group(label, corpus, f"{code}{start}", code, tuple(rows["source"].to_pylist()))
            if start % (3 * PASSAGES_A_GROUP) == 0:
                yield Group(label, corpus, f"{code}{start}", "en", tuple(rows["target"].to_pylist()))


def _pairs(path: Path) -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(row[0], row[1]) for row in rows if len(row) == 2]
