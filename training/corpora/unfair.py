"""Unfair terms that readers of terms of service reported (ToS;DR), beside the sentences of CLAUDETTE.

Readers filed quotes under cases. A case says what it is about, not in which words, and a quote may hold more
than it: a quote is taken where it is about as short as a sentence and its words bear its case out. Cases that
are none of CLAUDETTE's categories are the negatives. All is train: what is of a service of CLAUDETTE's
validation or test, or shares eight words in a row with one of its sentences, is left out.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from docassay.training.corpora import legal
from docassay.training.corpora.archives import read_member
from docassay.training.custom.example import Example
from docassay.training.custom.text import squeeze, text_key, unique

TASK = "unfair_term"
WORDS = range(8, 61)
RUN = 8
TAG = re.compile(r"<[^<>]*>")
CASES: dict[str, tuple[str, str]] = {
    "arbitration": (r"forces users into binding arbitration", r"arbitrat"),
    "unilateral_change": (
        r"^\s*Terms may be changed any time|may change its terms at any time|revisit the terms periodically"
        r"|makes critical changes to its terms",
        r"chang|modif|amend|updat|revis|alter|vary",
    ),
    "choice_of_law": (r"court of law governing the terms", r"\blaws?\b"),
    "jurisdiction": (r"court of law governing the terms", r"\bcourts?\b|jurisdiction|venue"),
    "limitation_of_liability": (
        r"assumes no liability for any losses|Any liability on behalf of the service is only limited"
        r"|responsible for any risks, damages, or losses",
        r"liab|responsib",
    ),
    "unilateral_termination": (
        r"can delete your account without prior notice|may stop providing the service at any time"
        r"|can suspend your account for several reasons",
        r"terminat|suspen|discontinu|delet|disabl|deactivat|clos|ceas|stop|cancel",
    ),
    "content_removal": (r"can delete specific content without reason", r"remov|delet|refus|reject|edit"),
}
"""By label: the cases, and the words that bear them out."""
USING = re.compile(
    r"(?i)\b(continu\w+|by)\b.{0,40}\b(us(e|ing)|access\w*)\b.{0,160}\b(agree|accept|bound|consent|constitut)"
)
"""What says of the same sentence that one is bound by using the service."""
NONE_OF_THEM = re.compile(
    r"(?i)date of the last update|over a certain age|maintaining the security of your account"
    r"|not constitute a waiver|invalidity of any portion|libelous|illegal purposes|pornographic|spidering"
    r"|chain letters|another person.s enjoyment|submit a copyright claim|no refund policy|legal name"
    r"|alternative accounts|maintain ownership of your data|individually and non-commercially"
)


def unfair_term(data: Path) -> list[Example]:
    """Load the sentences of CLAUDETTE and, as further training texts, the quotes of ToS;DR."""
    official = legal.unfair_term(data)
    known = {text_key(example.text) for example in official}
    return [*official, *(e for e in quotes(data, official) if text_key(e.text) not in known)]


def quotes(data: Path, official: Sequence[Example]) -> list[Example]:
    """Load the quotes that are unlike what CLAUDETTE keeps to validate and to test."""
    kept = {run for e in official if e.split != "train" for run in _runs(e.text)}
    services = _kept_services(data)
    lines = read_member(data / "more/legal-tosdr.tar.xz", "*.jsonl").decode("utf-8").split("\n")
    examples = []
    for row in (json.loads(line) for line in lines if line):
        text, case = squeeze(TAG.sub(" ", row["quote"] or "")), row["case"] or ""
        slugs = [text_key(service).replace(" ", "") for service in row["services"] or ()]
        if len(text.split()) not in WORDS or not slugs or "Terms" not in (row["doc"] or ""):
            continue
        if any(name in slug for slug in slugs for name in services) or kept & _runs(text):
            continue
        labels = labels_of(text, case)
        if labels or NONE_OF_THEM.search(case):
            examples.append(Example(TASK, text, labels, "train"))
    return unique(examples)


def labels_of(text: str, case: str) -> tuple[str, ...]:
    """Give a quote the categories of its case that its words bear out.

    >>> case = "The court of law governing the terms is in location X"
    >>> labels_of("These terms are governed by the laws of Malta.", case)
    ('choice_of_law',)
    >>> labels_of("Malta is an island.", case)
    ()
    """
    found = {
        label
        for label, (cases, words) in CASES.items()
        if re.search(cases, case) and re.search(words, text, re.IGNORECASE)
    }
    if found and USING.search(text):
        found.add("contract_by_using")
    return tuple(sorted(found))


def _kept_services(data: Path) -> set[str]:
    """Name the services whose terms are validation or test, in small letters without signs."""
    return {name.lower().replace("_", "") for name in legal.kept_terms(data)}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text_key(text).split()
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}
