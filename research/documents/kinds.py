"""Train the head that tells the kinds of documents.

    python -m research.documents.kinds --data ../shared/data --gathered ../gathered

Public corpora, nine tenths of the real documents whose licence allows it, what `research.corpora.gathered`
made, and invented documents where there are none (`corpora.py`, `forms/`), read as docassay reads them. A
quarter of an hour on one core.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from docassay import domains
from docassay.models.modelfile import Value
from docassay.transforms.detect import document_language, sample
from docassay.transforms.document import Document
from docassay.transforms.kind import HEAD, features, proposals, wording
from research.documents.corpora import texts
from research.documents.fit import Example, Fitted, Recipe, fit, write
from research.documents.text import Text

RECIPE = Recipe(buckets=1 << 17, strength=20.0, precision=0.97, least=0.67, steps=35, fewest=35)
WITHOUT_WORDS = 0.25
"""What an example counts that is repeated without its words."""

SHIPPED_DOMAINS = ("financial", "legal", "medical")


def example(text: Text) -> Example:
    """Read a document as `transforms.detect` does."""
    parsed = Document("", "", text.text, text.media_type, text.title)
    language, _ = document_language(text.text)
    titled, worded = wording(text.title, text.text, SHIPPED_DOMAINS)
    strings = features(text.title, text.text, language, proposals(titled, worded))
    return Example(
        text=sample(parsed),
        label=text.kind,
        group=text.group,
        extra=tuple(strings),
        weight=text.weight,
        measured=not text.invented,
        part=text.corpus,
    )


def without_words(examples: Iterable[Example]) -> Iterator[Example]:
    """Repeat examples without their words, so that titles, wording and structure count for themselves.

    The words of documents from elsewhere are often new, and then the rest has to decide. All are repeated:
    which half of them was changed the share of right domains on unread documents by .03.
    """
    for one in examples:
        yield replace(one, text="", weight=one.weight * WITHOUT_WORDS, measured=False)


def counted(fitted: Fitted, examples: Sequence[Example]) -> Fitted:
    """Add to the card's figures how many documents of each label were seen, and how many were measured."""
    seen = Counter(one.label for one in examples if one.text)
    measured = Counter(one.label for one in examples if one.measured)
    figures = {f"seen_{label}": float(count) for label, count in sorted(seen.items())}
    figures |= {f"texts_{label}": float(count) for label, count in sorted(measured.items())}
    return replace(fitted, quality={**fitted.quality, **figures})


ABOUT: dict[str, Value] = {
    "version": "5",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr"],
    "intended_use": (
        "Tell of which kind a whole document is, before its text is split; the name of a domain says that"
        " it is of none of its kinds, none that it is of none of the domains."
    ),
    "known_failures": [
        "Operation notes, imaging reports and other clinical kinds in English were nearly all invented.",
        "Tax forms, pathology reports and construction contracts were all invented: how well such are told"
        " is not measured. Of utility bills and delivery notes at most four were not.",
        "Of payslips, claims, prescriptions, laboratory and imaging reports at most 21 were not invented, of"
        " insurance policies 33; most of these are samples of demonstrations.",
        "Most bank statements and trade confirmations that were not invented are of German, Austrian and"
        " Swiss banks.",
        "Most constitutions and minutes are of clubs, few of companies.",
        "Judgments in English are those of US courts; in French, and whole ones in German, were invented.",
        "Statutes are slices of acts of Canada, Germany, France, the Netherlands and Switzerland.",
        "A consult that does not say so is taken for the note of a visit.",
        "Terms and policies in other languages than English, German and French were seen in small numbers; no"
        " kind is told in them.",
    ],
}
DATA = (
    "Open Terms Archive",
    "AGB-DE",
    "German rental agreements",
    "CUAD v1",
    "ContractNLI",
    "Form 10-K and 8-K filings",
    "FOMC pages",
    "orders and invoices of broadcasters (DeepForm)",
    "SROIE receipts",
    "XRechnung and ZUGFeRD examples",
    "CFPB complaint narratives",
    "ACI-BENCH, PriMock57 and MTS-Dialog notes",
    "C-CDA examples",
    "SPL labels and SPL-ADR-200db",
    "Hallmarks of Cancer",
    "HHS-OIG pages",
    "FDA letters",
    "court files",
    "German LER",
    "nine tenths of the GraSCCo letters, e-invoices, terms and policies of ../shared/data/real",
    "corpora of the detector: of no domain, acts, texts of medicines, passages of a domain and no kind",
    "what research.corpora.gathered made of the public repositories of its manifest, split train",
    "documents invented here, research/documents/forms",
)
FACTS: dict[str, Value | Mapping[str, Value]] = {
    "data": "; ".join(DATA),
    "data_licence": (
        "ODC-By 1.0, CC BY 4.0, CC BY-SA 3.0 and 4.0, CC0, MIT, BSD, Apache-2.0, Unlicense, Etalab 2.0, US"
        " government and public record; those of the detector's corpora; of the 445 gathered repositories 288"
        " state no licence, 11 state GPL-3.0, AGPL-3.0, LGPL-3.0 or EPL-1.0, and 8 one of their own: the"
        " manifest names each"
    ),
}


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.documents.kinds", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--gathered", type=Path, default=Path("../gathered"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped") / HEAD)
    parser.add_argument(
        "--cache", type=Path, help="keep the examples here, and read them from here where they are"
    )
    options = parser.parse_args()
    assert set(SHIPPED_DOMAINS) <= set(domains.names())
    if options.cache and options.cache.is_file():
        examples = pickle.loads(options.cache.read_bytes())
    else:
        examples = [example(text) for text in texts(options.data, options.gathered) if text.text.strip()]
        if options.cache:
            options.cache.write_bytes(pickle.dumps(examples))
    for label, count in sorted(Counter(one.label for one in examples).items()):
        print(f"{count:6} {label}")
    examples += without_words(list(examples))
    fitted = counted(fit(examples, RECIPE), examples)
    write(options.out, fitted, "document_kind", ABOUT, FACTS)
    for name, value in fitted.quality.items():
        print(name, value)


if __name__ == "__main__":
    main()
