"""Train, calibrate and measure the domain detector: `python -m training.detector --data ../shared/data`.

Passages of the labelled corpora and of the sentence pairs are joined to texts of 40 to 9,000
characters, a logistic regression on hashed words is fitted, and its weights are cut to eight bits.
Whole documents (contracts, companies, drugs, acts) lie either in train, or in validation, where the
temperature and the threshold are chosen, or in test. Minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import warnings
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from models.detector import BUCKETS, features, softmax
from schemas.rows import UNKNOWN
from training.corpora import financial, medical
from training.corpora.archives import csv_rows, read_member, read_members
from training.corpora.example import Example, Split
from training.corpora.legal import CUAD_METADATA
from training.corpora.text import squeeze, text_key, without_markup
from training.modelfile import digests, render

Floats = NDArray[np.float64]

LABELS = ("financial", "legal", "medical", UNKNOWN)
PASSAGES_A_GROUP = 40
GROUPS_A_CORPUS = 250
PASSAGES = Path(__file__).with_name("detector_passages.tsv")
"""Our own passages, for kinds of text that no corpus here holds (judgments, invoices, recipes, poems)."""

STATUTES = ("canlaw", "swiss-law")
"""Acts. One about banks or drugs is worded as a law and carries the label of its subject: half true, so it
weighs `STATUTE_WEIGHT` in training and is measured apart."""

STATUTE_WEIGHT = 0.15
OWN_WEIGHT = 4.0
"""Our own passages stand for whole kinds of documents, and are few."""
SKIPPED_CORPORA = ("europarl-15k", "eurovoc", "franceterme")
"""Debates, a thesaurus of everything, a glossary of everything: their labels say little about a document's"
" domain."""

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
        ("financial", "banking77"): financial.bank_intent(data),
        ("financial", "cfpb"): financial.complaint_issue(data),
        ("financial", "headlines"): financial.sentiment(data),
        ("medical", "hoc"): medical.cancer_hallmark(data),
    }
    for (label, corpus), examples in single.items():
        yield from _runs(
            label, corpus, "en", [item.text for item in examples], 1 if corpus in ("cfpb", "hoc") else 8
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
    return [item.text for item in examples if label in item.labels]


def _runs(label: str, corpus: str, code: str, texts: Sequence[str], size: int) -> Iterator[Group]:
    for start in range(0, len(texts), size):
        yield Group(label, corpus, f"{code}{start}", code, tuple(texts[start : start + size]))


def _contracts(data: Path) -> Iterator[Group]:
    """Take CUAD without the contracts that lie among the whole documents, and ContractNLI."""
    whole = read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*/full_contract_txt/*.txt")
    apart = {_contract_key(PurePosixPath(name).stem) for name in whole}
    for row in csv_rows(read_member(data / "labelled/legal-cuad_v1.tar.xz", "*/master_clauses.csv")):
        if _contract_key(row["Filename"].rsplit(".", 1)[0]) in apart:
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
        held = json.loads(read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json"))
        for document in held["documents"]:
            passages = tuple(document["text"][start:end] for start, end in document["spans"])
            yield Group("legal", "contract_nli", document["file_name"], "en", passages)


def _contract_key(name: str) -> str:
    return text_key(name).replace(" ", "")


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
                    held = json.loads(body)
                    text = "\n".join(
                        value
                        for key, value in held.items()
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
    stories = [item.text for item in medical.health_fraud(data)]
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


@dataclass(frozen=True, slots=True)
class Row:
    """A text to learn from or to be measured on; `size` is ``document``, ``passage`` or ``sentence``."""

    split: Split
    label: str
    corpus: str
    language: str
    size: str
    text: str

    @property
    def is_statute(self) -> bool:
        """Say whether the text comes from an act, whose label is that of its subject."""
        return self.corpus.startswith(STATUTES)


SIZES = {"document": (2_000, 9_000), "passage": (300, 2_000), "sentence": (60, 300)}
"""Characters, fewest and most, of the texts made."""


def rows(group: Group) -> list[Row]:
    """Make texts of several sizes from a group: its opening, a stretch, and a bit.

    The draw depends on the group's name only.
    """
    draw = random.Random(f"{group.corpus}/{group.name}/{group.language}")
    made: list[Row] = []
    for least, most in SIZES.values():
        start = draw.randrange(len(group.passages)) if made else 0
        length = int(np.exp(draw.uniform(np.log(least), np.log(most))))
        glue = "\n" if draw.random() < 0.7 else " "
        text = glue.join(group.passages[start : start + 1 + length // 20])[:length]
        if len(text) >= 40 and all(text != row.text for row in made):
            real = next((name for name, (fewest, _) in SIZES.items() if len(text) >= fewest), "sentence")
            made.append(Row(group.split, group.label, group.corpus, group.language, real, text))
    return made


def matrix(texts: Sequence[str]) -> csr_matrix:
    """Hash texts to a sparse matrix, one row a text."""
    found = [features(text) for text in texts]
    ends = np.cumsum([0] + [len(buckets) for buckets, _ in found])
    columns = np.concatenate([buckets for buckets, _ in found])
    return csr_matrix(
        (np.concatenate([values for _, values in found]), columns, ends), shape=(len(texts), BUCKETS)
    )


def weigh(made: Sequence[Row]) -> Floats:
    """Weigh texts so that labels count alike, and a corpus by the square root of its size."""
    sizes = Counter((row.label, row.language, row.corpus) for row in made)
    weights = np.array([sizes[row.label, row.language, row.corpus] ** -0.5 for row in made])
    weights *= [STATUTE_WEIGHT if row.is_statute else 1.0 for row in made]
    weights *= [OWN_WEIGHT if row.corpus == "own" else 1.0 for row in made]
    for label in LABELS:
        own = np.array([row.label == label for row in made])
        weights[own] *= len(made) / len(LABELS) / weights[own].sum()
    return weights


def rarities(hashed: csr_matrix) -> NDArray[np.uint8]:
    """Return the inverse document frequency of each bucket, from 1 to 255."""
    frequencies = np.bincount(hashed.indices, minlength=BUCKETS)
    inverse = np.log((1 + hashed.shape[0]) / (1 + frequencies))
    return np.maximum(1, np.round(255 * inverse / inverse.max())).astype(np.uint8)


def calibrate(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Find the temperature of the least negative log likelihood (Guo et al. 2017), to two decimals."""
    at = np.arange(len(truth))
    temperatures = np.arange(0.3, 3.0, 0.01)
    losses = [-np.log(np.clip(softmax(logits / t)[at, truth], 1e-6, 1)).mean() for t in temperatures]
    return round(float(temperatures[int(np.argmin(losses))]), 2)


def choose_threshold(probabilities: Floats, truth: NDArray[np.int64], precision: float = 0.99) -> float:
    """Find the least threshold from which the domains named are right with a precision, from 0.5 on."""
    named = probabilities.argmax(axis=1) != LABELS.index(UNKNOWN)
    for threshold in np.arange(0.5, 0.99, 0.01):
        kept = named & (probabilities.max(axis=1) >= threshold)
        if kept.any() and (probabilities.argmax(axis=1) == truth)[kept].mean() >= precision:
            return round(float(threshold), 2)
    return 0.99


def calibration_error(probabilities: Floats, truth: NDArray[np.int64], bins: int = 15) -> float:
    """Return the expected calibration error of the most probable label, in bins of equal width.

    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean()
        for b in set(place.tolist())
    ]
    return float(sum(gaps))


def report(name: str, probabilities: Floats, truth: NDArray[np.int64], threshold: float) -> dict[str, float]:
    """Measure the most probable label, and the domains named once the threshold is applied.

    `named_precision`: of the texts given a domain, how many are of it. `named_recall`: of the texts of
    a domain, how many are given it.
    """
    best, unknown = probabilities.argmax(axis=1), LABELS.index(UNKNOWN)
    named = (best != unknown) & (probabilities.max(axis=1) >= threshold)
    right = best == truth
    figures = {
        "texts": len(truth),
        "accuracy": right.mean(),
        "named_precision": right[named].mean(),
        "named_recall": (right & named)[truth != unknown].mean(),
        "ece": calibration_error(probabilities, truth),
    }
    return {f"{name}_{key}": round(float(value), 4) for key, value in figures.items()}


def train(data: Path, folder: Path) -> dict[str, float]:
    """Train on the archives under `data`, write the model folder, and measure on the test split."""
    made = [row for group in groups(data) if group.passages for row in rows(group)]
    hashed = matrix([row.text for row in made])
    truth = np.array([LABELS.index(row.label) for row in made])
    of = {split: np.array([row.split == split for row in made]) for split in ("train", "validation", "test")}
    rarity = rarities(hashed[of["train"]])
    hashed = normalize(hashed.multiply(rarity.astype(np.float64)).tocsr())
    model = LogisticRegression(C=30.0, max_iter=250, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # early stopping: more steps gain nothing measurable
        model.fit(
            hashed[of["train"]], truth[of["train"]], weigh([row for row in made if row.split == "train"])
        )
    scale = np.abs(model.coef_).max(axis=1) / 127
    weights = np.ascontiguousarray(np.round(model.coef_ / scale[:, None]).astype(np.int8).T)
    logits = hashed @ (weights * scale) + model.intercept_
    plain = np.array([not row.is_statute for row in made])
    chosen = of["validation"] & plain
    temperature = calibrate(logits[chosen], truth[chosen])
    probabilities = softmax(logits / temperature)
    threshold = choose_threshold(probabilities[chosen], truth[chosen])
    figures: dict[str, float] = {}
    for size in SIZES:
        sized = np.array([row.size == size for row in made])
        for name, part in (
            (size, sized & plain),
            *(((f"{size}_statute", sized & ~plain),) if size == "document" else ()),
        ):
            at = of["test"] & part
            figures |= report(name, probabilities[at], truth[at], threshold)
        for code in ("fr", "de") if size != "sentence" else ():
            at = of["test"] & sized & plain & np.array([row.language == code for row in made])
            figures |= report(f"{size}_{code}", probabilities[at], truth[at], threshold)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "weights.npz", rarity=rarity, weights=weights, scale=scale, bias=model.intercept_
    )
    (folder / "model.toml").write_text(card(folder, temperature, threshold, figures), encoding="utf-8")
    _errors(made, probabilities, truth, of["test"])
    return figures


def _errors(
    made: Sequence[Row], probabilities: Floats, truth: NDArray[np.int64], test: NDArray[np.bool_]
) -> None:
    """Print, worst first, the corpora in which the most probable label is often wrong."""
    right: dict[tuple[str, str, str, str], list[bool]] = defaultdict(list)
    for row, answer, label, held in zip(made, probabilities.argmax(axis=1), truth, test, strict=True):
        if held:
            right[row.size, row.label, row.corpus, row.language].append(bool(answer == label))
    for key, answers in sorted(right.items(), key=lambda item: sum(item[1]) / len(item[1]))[:40]:
        if len(answers) >= 5:
            print(*key, len(answers), round(sum(answers) / len(answers), 3))


CARD = {
    "format": 1,
    "name": "detector",
    "version": "1",
    "kind": "detector",
    "base": "none: logistic regression on hashed words, trained from scratch",
    "licence": "Apache-2.0",
    "labels": list(LABELS),
    "intended_use": (
        "Tell which of legal, financial and medical a whole document in English, French or German is, before"
        " the encoder"
        " is asked anything; unknown says that it is none of them."
    ),
    "known_failures": [
        "An act about banks, taxes, drugs or health is taken for legal or for its subject, about as often.",
        "Judgments are known from our own passages only; one on malpractice or fraud reads as medical or"
        " financial.",
        "Below 300 characters a named domain is often missed; mail without money words is unknown.",
        "Languages other than English, French and German: terms of service in Italian and Polish alone were"
        " seen.",
    ],
}

DATA = [
    "CUAD v1 (CC BY 4.0), without 54 contracts kept for measuring",
    "ContractNLI (CC BY 4.0)",
    "CLAUDETTE multilingual terms of service (CC BY 4.0)",
    "Form 10-K and 8-K filings, as collected by edgar-crawler (public record)",
    "BANKING77 (CC BY 4.0)",
    "CFPB complaint narratives (US government)",
    "SMS Phishing Dataset and UCI SMS Spam (CC BY 4.0)",
    "Enron e-mail (public record)",
    "SEntFiN 1.0 (MIT)",
    "Twitter Financial News Sentiment (MIT)",
    "FinEntity (ODC-BY; the texts are news)",
    "Hallmarks of Cancer (MIT repository; PubMed abstracts)",
    "MTS-Dialog (CC BY 4.0)",
    "HHS-OIG web pages (US government)",
    "SPL-ADR-200db (CC0)",
    "Consolidated Acts of Canada (Open Government Licence - Canada)",
    "Swiss federal acts (no copyright)",
    "Tatoeba (CC BY 2.0 FR)",
    "LibreOffice help (MPL-2.0)",
    "eForms (CC BY 4.0)",
    "mozilla-legal (CC BY-SA 3.0)",
    "openEHR CKM (CC BY-SA 3.0)",
    "EMEA via OPUS (re-use with source)",
    "HPO translations (HPO licence)",
    "GNU Health, accounting programs, SORMAS, Open Hospital, OAS benefits: messages (GPL)",
    "bitcoin.org (MIT)",
    "WMT biomedical abstracts, mined Wikipedia sentences (licence unstated; CC BY-SA)",
    "newstest2013 (research use)",
    "Python standard library source (PSF)",
    "our own passages, training/detector_passages.tsv (as the project)",
]


def card(folder: Path, temperature: float, threshold: float, figures: Mapping[str, float]) -> str:
    """Render `model.toml`, with the digests of the weights that lie in the folder."""
    head = {**CARD, "temperature": temperature, "threshold": threshold, "data": DATA}
    test = "a fifth of the documents, companies, drugs and blocks of each corpus, by the checksum of the name"
    return (
        render(head, digests(folder), {})
        + "\n[quality]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in {"test": test, **figures}.items())
    )


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/detector"))
    options = parser.parse_args()
    for name, value in train(options.data, options.out).items():
        print(name, value)


if __name__ == "__main__":
    main()
