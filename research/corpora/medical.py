"""Clinical notes, cancer abstracts, drug labels and enforcement news."""

import json
import re
from collections import defaultdict
from pathlib import Path

from docassay.train.score import Split
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.example import Example
from research.corpora.text import (
    label_name,
    sentences,
    split_groups,
    squeeze,
    text_key,
    unique,
    without_markup,
)

HALLMARKS = {
    "1": "activating_invasion_and_metastasis",
    "2": "avoiding_immune_destruction",
    "3": "deregulating_cellular_energetics",
    "4": "enabling_replicative_immortality",
    "5": "evading_growth_suppressors",
    "6": "genomic_instability_and_mutation",
    "7": "inducing_angiogenesis",
    "8": "resisting_cell_death",
    "9": "sustaining_proliferative_signaling",
    "a": "tumor_promoting_inflammation",
}
"""By the archive's number. It does not say which is which: they are in the order of the alphabet, as the
words of their abstracts show (`research/tests/corpora/test_corpora.py`)."""
ANIMALS = re.compile(
    r"(?i)\b(?:animals?|rats?|mice|mouse|rabbits?|dogs?|monkeys?|fetal|foetal|fetus|embryo\w*|rodents?|"
    r"offspring|litters?|pups?|hamsters?|primates?|guinea pigs?)\b"
)
FRAUD_WORDS = re.compile(
    r"(?i)fraud|false claim|billing|billed|kickback|scheme|embezzl|theft|steal|stole|overpay|overcharg|scam|"
    r"defraud"
)
HARM_WORDS = re.compile(
    r"(?i)abus|neglect|assault|exploit|rape|death|manslaughter|murder|sexual|batter|cruel|drug divers|injur"
)


Spans = tuple[tuple[int, int], ...]


def note_section(data: Path) -> list[Example]:
    """Load note sections of MTS-Dialog; its official tests are `mediqa_chat` and `mediqa_sum`.

    The dialogues that the train sections were written from are train texts too, of part `dialogue`.
    """
    archive = data / "labelled/medical-mts_dialog.tar.xz"
    files: list[tuple[str, Split, str]] = [
        ("*TrainingSet.csv", "train", ""),
        ("*ValidationSet.csv", "validation", ""),
        ("*TestSet-1*.csv", "test", "mediqa_chat"),
        ("*TestSet-2*.csv", "test", "mediqa_sum"),
    ]
    examples, dialogues, held_out = [], [], set()
    for pattern, split, part in files:
        for row in csv_rows(read_member(archive, pattern)):
            labels = (label_name(row["section_header"]),)
            examples.append(Example("note_section", squeeze(row["section_text"]), labels, split, part))
            if split == "train":
                dialogues.append(Example("note_section", squeeze(row["dialogue"]), labels, split, "dialogue"))
            else:
                held_out |= {text_key(row["section_text"]), text_key(row["dialogue"])}
    tests = {text_key(example.text) for example in examples if example.split == "test"}
    sections = [
        example for example in examples if example.split == "test" or text_key(example.text) not in tests
    ]
    return sections + [example for example in unique(dialogues) if text_key(example.text) not in held_out]


def cancer_hallmark(data: Path) -> list[Example]:
    """Load cancer abstracts, joined over the ten binary files on their text; official split."""
    files = read_members(data / "labelled/medical-hoc.tar.xz", "*/doc-10-class/*/*.*")
    names: dict[str, Split] = {"train": "train", "devel": "validation", "test": "test"}
    labels: dict[tuple[Split, str], set[str]] = defaultdict(set)
    for name, body in files.items():
        folder, file = name.split("/")[-2:]
        stem, sign = file.split(".")
        for line in body.decode("utf-8", errors="replace").splitlines():
            if line.strip():
                hallmarks = labels[names[stem], untokenised(line)]
                if sign == "pos":
                    hallmarks.add(HALLMARKS[folder.removeprefix("label-")])
    return unique(
        Example("cancer_hallmark", text, tuple(sorted(hallmarks)), split)
        for (split, text), hallmarks in labels.items()
    )


def untokenised(line: str) -> str:
    """Undo the blanks that a tokeniser put before punctuation, as texts at run time have none.

    >>> untokenised("mice ( nude ) , which grow .")
    'mice (nude), which grow.'
    """
    return re.sub(r"([(\[]) ", r"\1", re.sub(r" ([.,;:)\]%])", r"\1", squeeze(line)))


def adverse_reaction(data: Path) -> list[Example]:
    """Load sentences of drug labels; positive where a term annotated in their section occurs in them.

    Terms marked as an animal's count where the sentence has no animal: most such marks are wrong.
    """
    return [
        Example("adverse_reaction", text, ("adverse_reaction",) * bool(spans), split, spans=spans)
        for split, text, spans in _label_sentences(data)
    ]


def _label_sentences(data: Path) -> list[tuple[Split, str, Spans]]:
    """Return split, sentence and where it names a reaction, of each sentence once."""
    rows: list[tuple[Split, str, Spans]] = []
    archive = data / "labelled/medical-spl_adr.tar.xz"
    seen: set[str] = set()
    for split in ("test", "train"):
        sections = json.loads(read_member(archive, f"*fushman-{split}-labels.json"))
        drugs = split_groups((section["label_id"] for section in sections), 0.0, 0.12)
        seen_in_split: set[str] = set()
        for section in sections:
            human, animal = (reaction_terms(section["adverse_events"], kind) for kind in ("human", "animal"))
            actual: Split = "test" if split == "test" else drugs[section["label_id"]]
            for sentence in section_sentences(section["section_text"]):
                key = text_key(sentence)
                if key not in seen and key not in seen_in_split:
                    seen_in_split.add(key)
                    terms = human if ANIMALS.search(sentence) else human | animal
                    rows.append((actual, sentence, term_spans(sentence, terms)))
        seen |= seen_in_split
    return rows


def reaction_terms(events: list[list[object]], kind: str) -> set[str]:
    """Return the located terms of a section that are marked as of a kind, "human" or "animal", as keys.

    Terms pieced together from several places have no start and are left out.
    """
    return {text_key(str(event[0])) for event in events if event[5] is not None and event[7] == kind}


def term_spans(sentence: str, terms: set[str]) -> Spans:
    """Find where a sentence holds terms, which are keys, as whole words; overlapping places are joined.

    >>> term_spans("Severe rashes occur", {"rash"}), term_spans("A skin-rash occurs", {"rash", "skin rash"})
    ((), ((2, 11),))
    """
    matches = list(re.finditer("[A-Za-z0-9]+", sentence))
    words = [word[0].lower() for word in matches]
    longest = max((len(term.split()) for term in terms), default=0)
    spans: list[tuple[int, int]] = []
    for start in range(len(words)):
        ends = [
            end
            for end in range(start + 1, min(start + longest, len(words)) + 1)
            if " ".join(words[start:end]) in terms
        ]
        if ends:
            place = (matches[start].start(), matches[ends[-1] - 1].end())
            if spans and place[0] < spans[-1][1]:
                place = (spans[-1][0], max(spans.pop()[1], place[1]))
            spans.append(place)
    return tuple(spans)


def section_sentences(text: str) -> list[str]:
    """Cut a section at blank lines and sentence ends; keep 4 to 80 words: longer ones are tables."""
    pieces = (piece for block in re.split(r"\n\s*\n", text) for piece in sentences(block))
    return [piece for piece in pieces if 4 <= len(piece.split()) <= 80]


def notices(data: Path) -> list[Example]:
    """Load news of state Medicaid fraud units, of fraud or of harm to patients, without labels.

    Test: 2015 and later; validation: 2014.
    """
    page = read_member(data / "labelled/medical-hhs_oig.tar.xz", "*/state_archive.asp").decode("latin-1")
    items = re.findall(r"(?is)<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page)
    examples = []
    for date, body in items:
        headline, _, story = body.partition("</a>")
        year = re.search(r"\b(19|20)\d\d\b", date)
        fraud, harm = bool(FRAUD_WORDS.search(headline)), bool(HARM_WORDS.search(headline))
        text = squeeze(without_markup(story))
        if year and fraud != harm and len(text.split()) >= 12:
            split: Split = "test" if year[0] >= "2015" else "validation" if year[0] == "2014" else "train"
            examples.append(Example("notice", text, (), split))
    return unique(examples)
