"""Measure `unfair_term` on foreign terms of service, translated into English.

    python -m research.measure.german_terms --language de --by gemma-3-270m

The sentences of fold 4 are translated by a model of the catalog, one by one and without retries, and the
shipped head tells of each whether it is unfair. Prints the F1 beside the head's F1 on the same documents in
English. All unfair sentences are taken and one in three of the fair ones, which counts three
times. Translations are cached, so that an interrupted measurement can go on.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED, find
from docassay.models.translator import Translator
from docassay.models.translators import open_translator
from docassay.train.heads import probabilities
from docassay.train.heads import read as read_heads
from docassay.train.score import decide
from research.corpora import Example
from research.corpora.legal import unfair_term
from research.encoder.states import runtime
from research.translation.evaluate import translated

TASK = "unfair_term"
FAIR = 3
"""Of so many fair sentences one is taken, and counts for all: translating takes the time."""
SENTENCES = 64
"""Sentences translated between two savings."""


def english(sentences: Sequence[str], translator: Translator, cache: Path) -> list[str]:
    """Translate sentences, or take from `cache` what was translated before; long ones in pieces."""
    translations: dict[str, str] = json.loads(cache.read_text(encoding="utf-8")) if cache.is_file() else {}
    missing = sorted({sentence for sentence in sentences if sentence not in translations}, key=len)
    cache.parent.mkdir(parents=True, exist_ok=True)
    began = time.time()
    for start in range(0, len(missing), SENTENCES):
        batch = missing[start : start + SENTENCES]
        translations |= zip(batch, translated(translator, batch), strict=True)
        cache.write_text(json.dumps(translations, ensure_ascii=False), encoding="utf-8")
        done = min(start + SENTENCES, len(missing))
        print(f"{done} of {len(missing)} sentences in {(time.time() - began) / 60:.0f} min", flush=True)
    return [translations[sentence] for sentence in sentences]


def taken(data: Path, language: str) -> list[Example]:
    """Give the test's unfair sentences of a language, and one in `FAIR` of its fair ones."""
    tests = [example for example in unfair_term(data, language) if example.split == "test"]
    fair = [example for example in tests if not example.labels]
    return [example for example in tests if example.labels] + fair[::FAIR]


def judged(folder: Path, tests: Sequence[Example], texts: Sequence[str], states: Path) -> dict[str, float]:
    """Say how well the head tells unfair from fair, each fair sentence counting `FAIR` times."""
    facts = modelfile.read(folder)["tasks"][TASK]
    head = read_heads(folder / "heads.npz", {TASK: facts})[TASK]
    logits = head.logits(runtime(folder, [text or "." for text in texts], states))
    sure = probabilities(head.kind, logits, facts["temperature"])
    called = decide(head.kind, sure, facts["thresholds"]).any(axis=1)
    unfair = np.array([bool(example.labels) for example in tests])
    precision, recall, f1, _ = precision_recall_fscore_support(
        unfair, called, average="binary", sample_weight=np.where(unfair, 1, FAIR), zero_division=0
    )
    return {"f1": float(f1), "precision": float(precision), "recall": float(recall)}


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.german_terms", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folder", type=Path, default=SHIPPED / DEFAULT_ENCODER, help="the encoder's folder")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="what is kept")
    parser.add_argument("--language", default="de", help="de, it or pl")
    parser.add_argument("--by", default="gemma-3-270m", help="a translator or generator of the catalog")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    states = options.checkpoints / "states"
    cache = options.checkpoints / f"judged-{options.language}-{options.by}.json"
    translator = open_translator(find(options.by), options.threads, options.language)
    foreign, originals = taken(options.data, options.language), taken(options.data, "en")
    texts = english([example.text for example in foreign], translator, cache)
    scores = judged(options.folder, foreign, texts, states)
    original_scores = judged(options.folder, originals, [example.text for example in originals], states)
    for name, value in scores.items():
        original = original_scores[name]
        print(f"{name}: {options.language} by {translator.card.id} {value:.3f}, English {original:.3f}")


if __name__ == "__main__":
    main()
