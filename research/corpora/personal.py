"""Personal data that other people have marked: in clinical letters, cases and pieces, and in sentences.

Every set is mapped to the labels of `LABELS`. What a set does not mark is not known to be none, such as dates
in a set of names. Such words are `unknown` and are not learnt from.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docassay.models.identifiers import MONTHS
from research.corpora.archives import read_member

Span = tuple[int, int, str]

LABELS = (
    "age",
    "date_time",
    "facility",
    "person",
    "phone_number",
    "place",
    "record_number",
    "street_address",
    "title",
    "year",
    "zip_code",
)
"""What the network tells; other labels are given by their form alone."""

PRESIDIO = {
    "PERSON": "person",
    "STREET_ADDRESS": "street_address",
    "GPE": "place",
    "DATE_TIME": "date_time",
    "TITLE": "title",
    "PHONE_NUMBER": "phone_number",
    "AGE": "age",
    "ZIP_CODE": "zip_code",
    "US_DRIVER_LICENSE": "record_number",
}
GRASCCO = {
    "DATE": "date_time",
    "NAME_DOCTOR": "person",
    "NAME_PATIENT": "person",
    "NAME_RELATIVE": "person",
    "NAME_USERNAME": "person",
    "NAME_TITLE": "title",
    "ID": "record_number",
    "LOCATION_CITY": "place",
    "LOCATION_COUNTRY": "place",
    "LOCATION_HOSPITAL": "facility",
    "LOCATION_ORGANIZATION": "facility",
    "LOCATION_ZIP": "zip_code",
    "LOCATION_STREET": "street_address",
    "AGE": "age",
    "CONTACT_PHONE": "phone_number",
    "CONTACT_FAX": "phone_number",
    "CONTACT_EMAIL": "email_address",
}
EDS = {
    "NOM": "person",
    "PRENOM": "person",
    "DATE": "date_time",
    "DATE_NAISSANCE": "date_time",
    "ADRESSE": "street_address",
    "ADDRESSE": "street_address",
    "ZIP": "zip_code",
    "VILLE": "place",
    "TEL": "phone_number",
    "HOPITAL": "facility",
    "IPP": "record_number",
    "NDA": "record_number",
    "SECU": "record_number",
    "MAIL": "email_address",
}
MEDDOCAN = {
    "TERRITORIO": "place",
    "PAIS": "place",
    "FECHAS": "date_time",
    "EDAD_SUJETO_ASISTENCIA": "age",
    "CALLE": "street_address",
    "HOSPITAL": "facility",
    "CENTRO_SALUD": "facility",
    "INSTITUCION": "facility",
    "NUMERO_TELEFONO": "phone_number",
    "NUMERO_FAX": "phone_number",
    "CORREO_ELECTRONICO": "email_address",
    **dict.fromkeys(("NOMBRE_SUJETO_ASISTENCIA", "NOMBRE_PERSONAL_SANITARIO"), "person"),
    **dict.fromkeys(
        (
            "ID_SUJETO_ASISTENCIA",
            "ID_TITULACION_PERSONAL_SANITARIO",
            "ID_ASEGURAMIENTO",
            "ID_CONTACTO_ASISTENCIAL",
            "ID_EMPLEO_PERSONAL_SANITARIO",
        ),
        "record_number",
    ),
}
NUMERIC = re.compile(rf"(?i)\S*\d\S*|\b{MONTHS}\b\.?")
"""What may be a date or a number, where only names are marked."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with the spans of its personal data, in order, none overlapping.

    Attributes:
        unknown: Places of which nobody has said whether they are personal data.
        source: The set, and the document in it.
    """

    text: str
    spans: tuple[Span, ...]
    language: str
    source: str
    unknown: tuple[tuple[int, int], ...] = ()


def as_label(label: str, text: str) -> str:
    """Tell a year alone from a date, and a postal code from a place.

    >>> as_label("date_time", "1998"), as_label("date_time", "3.4.1998")
    ('year', 'date_time')
    """
    plain = text.strip(" .,()")
    if label == "date_time" and re.fullmatch(r"'?\d{2}|(?:1[89]|20)\d\d", plain):
        return "year"
    if label == "place" and re.fullmatch(r"\d{4,6}", plain):
        return "zip_code"
    return label


def joined(text: str, spans: Iterable[Span], labels: Iterable[str] = ("street_address",)) -> tuple[Span, ...]:
    """Join neighbouring spans of one of these labels with only white space between them.

    >>> joined("12 High St", [(0, 2, "street_address"), (3, 10, "street_address")])
    ((0, 10, 'street_address'),)
    """
    merged: list[Span] = []
    for start, end, label in sorted(spans):
        if merged and start < merged[-1][1]:
            continue
        if merged and merged[-1][2] == label in labels and not text[merged[-1][1] : start].strip(" \t"):
            merged[-1] = (merged[-1][0], end, label)
        else:
            merged.append((start, end, label))
    return tuple(merged)


def letters(real: Path, gold: Path) -> list[Marked]:
    """Load GraSCCo, German clinical letters of invented people (CC BY 4.0)."""
    rows: dict[str, list[Span]] = defaultdict(list)
    for line in gold.read_text("utf-8").split("\n"):
        if line:
            row = json.loads(line)
            if row["label"] in GRASCCO:
                rows[row["file"]].append(
                    (row["start"], row["end"], as_label(GRASCCO[row["label"]], row["text"]))
                )
    return [
        Marked(
            text := path.read_text("utf-8"),
            joined(text, rows[f"letter_german/{path.name}"]),
            "de",
            f"grascco/{path.name}",
        )
        for path in sorted(real.glob("letter_german/*.txt"))
    ]


def french_pieces(more: Path) -> list[Marked]:
    """Load the pieces of EDS-Pseudo, French clinical texts (BSD-3); a first and a last name are one span."""
    lines = (more / "pii-eds_pseudo_fr/pii-eds_pseudo_fr/templates.jsonl").read_text("utf-8").split("\n")
    pieces = []
    for number, line in enumerate(lines):
        if line:
            row = json.loads(line)
            text = row["text"]
            spans = [(a, b, as_label(EDS[label], text[a:b])) for a, b, label in row["spans"]]
            pieces.append(
                Marked(text, joined(text, spans, ("person", "street_address")), "fr", f"eds/{number}")
            )
    return pieces


def spanish_cases(more: Path, part: str = "train") -> list[Marked]:
    """Load MEDDOCAN, Spanish clinical cases with invented people (CC BY 4.0)."""
    cases = []
    for path in sorted((more / f"pii-meddocan_es/pii-meddocan_es/corpus/{part}/brat").glob("*.ann")):
        text = path.with_suffix(".txt").read_text("utf-8")
        spans, unknown = [], []
        for line in path.read_text("utf-8").split("\n"):
            if not line.startswith("T"):
                continue
            label, start, end = line.split("\t")[1].split()[:3]
            a, b = int(start), int(end)
            if label == "FAMILIARES_SUJETO_ASISTENCIA" or label == "PROFESION":
                unknown.append((a, b))
            if label == "EDAD_SUJETO_ASISTENCIA" and (number := re.search(r"\d+", text[a:b])):
                a, b = a + number.start(), a + number.end()
            if label in MEDDOCAN:
                spans.append((a, b, as_label(MEDDOCAN[label], text[a:b])))
        cases.append(Marked(text, joined(text, spans), "es", f"meddocan/{path.stem}", tuple(unknown)))
    return cases


def presidio(data: Path) -> list[Marked]:
    """Load Presidio's synthetic sentences (MIT)."""
    rows = json.loads(
        read_member(data / "labelled/medical-presidio_synth_pii.tar.xz", "*/synth_dataset_v2.json")
    )
    sentences = []
    for number, row in enumerate(rows):
        text, spans, unknown = row["full_text"], [], []
        for span in row["spans"]:
            a, b, kind = span["start_position"], span["end_position"], span["entity_type"]
            if kind in PRESIDIO and not (kind == "DATE_TIME" and not re.search(r"\d", text[a:b])):
                spans.append((a, b, as_label(PRESIDIO[kind], text[a:b])))
            elif kind == "ORGANIZATION" and re.search(r"(?i)hospital|clinic", text[a:b]):
                unknown.append((a, b))
        sentences.append(Marked(text, joined(text, spans), "en", f"presidio/{number}", tuple(unknown)))
    return sentences


def news(more: Path) -> Iterator[Marked]:
    """Load sentences with names: GermEval 2014 (CC BY 4.0) and Universal NER (CC BY-SA 4.0, 3.0)."""
    root = more / "ner-universalner/ner-universalner"
    for name, language in (
        ("en_ewt-ud-dev", "en"),
        ("en_ewt-ud-test", "en"),
        ("de_pud-ud-test", "de"),
        ("pt_bosque-ud-dev", "pt"),
    ):
        yield from _documents(_universal(root / f"{name}.iob2"), language, name)
    for part in ("dev", "test"):
        path = more / f"ner-germeval2014_de/ner-germeval2014_de/NER-de-{part}.tsv"
        yield from _documents(_germeval(path), "de", f"germeval-{part}")


Tokens = list[tuple[str, str]]
"""Words with their tags."""


def _universal(path: Path) -> Iterator[tuple[str, str, Tokens]]:
    """Give the document, the text and the tagged words of each sentence."""
    document, text, tokens = "", "", []
    for line in [*path.read_text("utf-8").split("\n"), ""]:
        if line.startswith("# newdoc id"):
            document = line.partition("=")[2].strip()
        elif line.startswith("# text ="):
            text = line.partition("=")[2].strip()
        elif line and line[0] != "#":
            fields = line.split("\t")
            tokens.append((fields[1], fields[2]))
        elif not line and tokens:
            yield document, text, tokens
            tokens = []


def _germeval(path: Path) -> Iterator[tuple[str, str, Tokens]]:
    tokens: Tokens = []
    document = ""
    for line in [*path.read_text("utf-8").split("\n"), ""]:
        if line.startswith("#"):
            document = line
        elif line.strip():
            fields = line.split("\t")
            tokens.append((fields[1], fields[2]))
        elif tokens:
            text = " ".join(word for word, _ in tokens)
            text = re.sub(r" ([,.;:!?)%])", r"\1", re.sub(r"([(]) ", r"\1", text))
            yield document, text, tokens
            tokens = []


def _documents(sentences: Iterable[tuple[str, str, Tokens]], language: str, name: str) -> Iterator[Marked]:
    """Join the sentences of a document, short ones as lines of their own."""
    by_document: dict[str, list[tuple[str, Tokens]]] = defaultdict(list)
    for document, text, tokens in sentences:
        by_document[document].append((text, tokens))
    for number, rows in enumerate(by_document.values()):
        whole = ""
        spans: list[Span] = []
        unknown: list[tuple[int, int]] = []
        for text, tokens in rows:
            start = len(whole)
            at = 0
            for word, tag in tokens:
                found = text.find(word, at)
                if found < 0:
                    continue
                at = found + len(word)
                a, b, kind = start + found, start + at, tag[2:5]
                if "part" in tag or "deriv" in tag or kind == "OTH":
                    unknown.append((a, b))
                elif tag[0] == "I" and spans and kind in ("PER", "LOC"):
                    spans[-1] = (spans[-1][0], b, spans[-1][2])
                elif kind in ("PER", "LOC"):
                    spans.append((a, b, "person" if kind == "PER" else "place"))
                elif kind == "ORG" and re.search(r"(?i)hospital|clinic|klinik|kranken", word):
                    unknown.append((a, b))
            whole += text + ("\n" if len(text) < 40 else " ")
        unknown += [match.span() for match in NUMERIC.finditer(whole)]
        yield Marked(whole, tuple(spans), language, f"{name}/{number}", tuple(unknown))
