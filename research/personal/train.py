"""Train the tagger of personal data, in two steps, and write its folder.

    python -m research.personal.train --work FOLDER

The first step reads everything but the German letters, and is kept in `--work`, so that a run that was ended
goes on there. The second goes on with the letters and the French pieces, and a share of the rest.
`--folds 0 1 2 3 4` measures the second step over five folds of the letters, with the first as it is, and
keeps what it found for the figures of the card. The French fifth that is held back is never learnt from.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from docassay.models import modelfile
from docassay.models.catalog import Card, read
from docassay.models.tagger import PersonalDataTagger, assemble
from docassay.models.word_features import Lexicon
from research.corpora.impersonal import impersonal
from research.corpora.invented import sentences, written
from research.corpora.mail_names import mails
from research.corpora.personal import (
    LABELS,
    Marked,
    Span,
    french_pieces,
    letters,
    news,
    presidio,
    spanish_cases,
)
from research.measure.personal import exact, held_back, print_figures, words_found
from research.personal.network import TAGS, Sample, Tagger, fit, lexicon_of, sample_of
from research.version import following

INVENTED, SENTENCES, MAILS, SPANISH = 7_500, 1_200, 1_500, 200
MAIL_COPIES = 3
EPOCHS, RATE = 4, 4e-3
TUNED_EPOCHS, TUNED_RATE, LETTER_COPIES, PIECE_COPIES, REST = 3, 1.5e-3, 4, 2, 0.13
FOLDS = 5
LEAST, SURE = 0.4, 0.8
DATA = (
    "GraSCCo_PHI (CC BY 4.0)",
    "EDS-Pseudo templates (BSD-3), without a fifth",
    "MEDDOCAN (CC BY 4.0)",
    "Universal NER: English EWT, German PUD, Portuguese Bosque (CC BY-SA 4.0, 3.0)",
    "GermEval 2014 (CC BY 4.0)",
    "Presidio-research synth_dataset_v2 (MIT)",
    "SpamAssassin public corpus (PDDL), names replaced",
    "texts without personal data: MTS-Dialog, drug labels, cancer abstracts, PHEE, Open Terms Archive, the"
    " sentence pairs of the translators",
    "documents of our own, with names of Faker (MIT) and of the US census of 1990",
    "towns of GeoNames (CC BY 4.0)",
)
INTENDED_USE = (
    "Show a person where personal data stand in English, German and French text; not to redact with, unread."
)
KNOWN_FAILURES = (
    "Nicknames and names in lower case are missed more often than found.",
    "Names of companies and products that are also surnames are sometimes taken for people.",
    "A place that says where something is sold is found as one that says where somebody lives.",
    "Handwriting and words that a scan has broken are not known.",
)


def general(options: argparse.Namespace, share: float, seed: int) -> list[Marked]:
    """Give a share of everything but the letters: of the invented texts other ones for each seed."""
    dice = random.Random(seed)
    marked = [*presidio(options.data), *spanish_cases(options.more)[:SPANISH]]
    marked += impersonal(options.data, options.more, seed)
    for sentence in news(options.more):
        marked += [sentence] * (MAIL_COPIES if sentence.source.startswith("en_ewt") else 1)
    marked += [piece for piece in french_pieces(options.more) if not held_back(piece)]
    return [
        *written(int(share * INVENTED), 2 * seed),
        *sentences(int(share * SENTENCES), 2 * seed + 1),
        *mails(options.more, int(share * MAILS), seed),
        *(marked if share == 1 else dice.sample(marked, int(share * len(marked)))),
    ]


def samples_of(documents: Iterable[Marked], lexicon: Lexicon) -> list[Sample]:
    """Describe documents; those without words are left out."""
    return [sample for document in documents if (sample := sample_of(document, lexicon)) is not None]


def first_step(options: argparse.Namespace, lexicon: Lexicon) -> dict[str, torch.Tensor]:
    """Fit a network to everything but the letters, or take the one that an earlier run has kept."""
    kept = options.work / "first.pt"
    if kept.exists() and (state := torch.load(kept, weights_only=True))["epochs"] == EPOCHS:
        first: dict[str, torch.Tensor] = state["network"]
        return first
    samples = samples_of(general(options, 1, 0), lexicon)
    print(len(samples), "documents,", sum(len(sample.tags) for sample in samples), "words", flush=True)
    torch.manual_seed(0)
    network = Tagger()
    fit(network, samples, EPOCHS, RATE, 0, kept)
    weights: dict[str, torch.Tensor] = network.state_dict()
    return weights


@dataclass(frozen=True, slots=True)
class Second:
    """What the second step goes on with.

    Attributes:
        first: The network of the first step.
        rest: A share of what that has read, and the French pieces, each several times.
    """

    first: dict[str, torch.Tensor]
    rest: list[Sample]

    def fitted(self, own: Sequence[Sample], seed: int) -> Tagger:
        """Go on with letters, each several times, and with the rest."""
        network = Tagger()
        network.load_state_dict(self.first)
        fit(network, [*LETTER_COPIES * list(own), *self.rest], TUNED_EPOCHS, TUNED_RATE, seed)
        return network


def assembled(network: Tagger, lexicon_arrays: dict[str, np.ndarray], card: Card) -> PersonalDataTagger:
    """Make the tagger that the runtime would load of a network."""
    return assemble(card, TAGS, {**lexicon_arrays, **network.arrays()}, LEAST, SURE)


def given(documents: Iterable[Marked], tagger: PersonalDataTagger) -> list[tuple[Marked, list[Span]]]:
    """Find what a tagger finds in documents."""
    return [(d, [(s.start, s.end, s.label) for s in tagger.find(d.text, d.language)]) for d in documents]


def of_folds(work: Path, german: Sequence[Marked]) -> list[tuple[Marked, list[Span]]]:
    """Give what was found in the letters that each fold left out; nothing where a fold is missing."""
    found: dict[str, list[Span]] = {}
    for fold in range(FOLDS):
        if (path := work / f"fold-{fold}.json").exists():
            rows = json.loads(path.read_text(encoding="utf-8"))
            found |= {source: [(a, b, label) for a, b, label in spans] for source, spans in rows.items()}
    return [(letter, found[letter.source]) for letter in german] if len(found) == len(german) else []


def main() -> None:
    """Train, measure, and write the model folder."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # some of Faker's lists were sets: their order hangs on it
        command = [sys.executable, "-m", "research.personal.train", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    parser = argparse.ArgumentParser(prog="python -m research.personal.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--more", type=Path, default=Path("../more"), help="the archives of data/more, unpacked"
    )
    parser.add_argument(
        "--real", type=Path, default=Path("../real"), help="the archives of data/real, unpacked"
    )
    parser.add_argument("--lexicon", type=Path, help="a new one; without, that of --folder")
    parser.add_argument("--work", type=Path, default=Path("build"), help="where the first step is kept")
    parser.add_argument("--folder", type=Path, default=Path("models/shipped/personal"))
    parser.add_argument("--version", default="", help="of the model; the next one without")
    parser.add_argument("--folds", type=int, nargs="+", help="only measure these of five folds, from 0")
    options = parser.parse_args()
    with np.load(options.lexicon or options.folder / "weights.npz", allow_pickle=False) as arrays:
        lexicon_arrays = {name: arrays[name] for name in ("hashes", "bits", "clusters")}
    lexicon = lexicon_of(lexicon_arrays)
    card = read(options.folder)
    german = letters(options.real, options.data / "real/letter_german.entities.jsonl")
    french = french_pieces(options.more)
    pieces = samples_of([piece for piece in french if not held_back(piece)], lexicon)
    first = first_step(options, lexicon)
    mail = [sentence for sentence in news(options.more) if sentence.source.startswith("en_ewt")]
    rest = samples_of([*general(options, REST, 1), *mail, *mail], lexicon)
    second = Second(first, [*PIECE_COPIES * pieces, *rest])
    for fold in options.folds or ():
        own = samples_of([letter for n, letter in enumerate(german) if n % FOLDS != fold], lexicon)
        tagger = assembled(second.fitted(own, fold), lexicon_arrays, card)
        held = given([letter for n, letter in enumerate(german) if n % FOLDS == fold], tagger)
        print_figures(f"letters, fold {fold + 1}", held)
        kept = {marked.source: spans for marked, spans in held}
        (options.work / f"fold-{fold}.json").write_text(json.dumps(kept), encoding="utf-8")
    if options.folds is not None:
        return
    network = second.fitted(samples_of(german, lexicon), FOLDS)
    tagger = assembled(network, lexicon_arrays, card)
    held = given([piece for piece in french if held_back(piece)], tagger)
    print_figures("French pieces, the fifth held back", held)
    quality = {f"french_{key}": value for key, value in {**exact(held), **words_found(held)}.items()}
    if folds := of_folds(options.work, german):
        print_figures("letters, five folds", folds)
        quality |= {f"german_{key}": value for key, value in {**exact(folds), **words_found(folds)}.items()}
    options.folder.mkdir(exist_ok=True)
    np.savez_compressed(
        options.folder / "weights.npz", allow_pickle=False, **lexicon_arrays, **network.arrays()
    )
    about: dict[str, modelfile.Value] = {
        "format": 1,
        "name": "personal",
        "version": options.version or following(options.folder),
        "kind": "spans",
        "base": "none: tables of words, their ends and shapes, and layers on a word and its neighbours",
        "licence": "Apache-2.0; weights trained on public data, see data",
        "labels": list(LABELS),
        "languages": ["en", "de", "fr"],
        "least": LEAST,
        "sure": SURE,
        "data": list(DATA),
        "data_licence": "as named with each set",
        "intended_use": INTENDED_USE,
        "known_failures": list(KNOWN_FAILURES),
    }
    text = modelfile.render(about, modelfile.digests(options.folder), {})
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in quality.items())
    (options.folder / "model.toml").write_text(f"{text}\n[quality]\n{lines}", encoding="utf-8")


if __name__ == "__main__":
    main()
