"""Judge foreign terms of service in English: `python -m training.judged --language de --by gemma-3-270m`.

The sentences of fold 4 are translated by a model of the catalog, one by one and at the first try, and the
shipped head says of each whether it is unfair. Prints the F1 of that beside the head's own in English, over
the same documents. What has been translated is kept, so that a measurement that was stopped goes on.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from models.catalog import find
from models.translator import Translator, open_translator
from training import evaluate, modelfile
from training import heads as linear
from training.corpora.legal import unfair_term
from training.encode import runtime
from transforms.translation.english import cut

TASK = "unfair_term"
SENTENCES = 64
"""Sentences translated between two savings."""


def english(sentences: Sequence[str], translator: Translator, kept: Path) -> list[str]:
    """Translate sentences, or take from `kept` what was translated before; long ones in pieces."""
    known: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    missing = sorted({sentence for sentence in sentences if sentence not in known}, key=len)
    kept.parent.mkdir(parents=True, exist_ok=True)
    began = time.time()
    for start in range(0, len(missing), SENTENCES):
        cuts = cut(missing[start : start + SENTENCES], translator)
        found = iter(translator.translate([part for parts in cuts.values() for part in parts]))
        known |= {sentence: " ".join(next(found).text for _ in parts) for sentence, parts in cuts.items()}
        kept.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
        done = min(start + SENTENCES, len(missing))
        print(f"{done} of {len(missing)} sentences in {(time.time() - began) / 60:.0f} min", flush=True)
    return [known[sentence] for sentence in sentences]


def judged(
    data: Path, folder: Path, language: str, translator: Translator | None, states: Path, kept: Path
) -> dict[str, float]:
    """Score the head on the test's sentences of a language, read in English by `translator`, if any."""
    facts = modelfile.read(folder)["tasks"][TASK]
    head = linear.read(folder / "heads.npz", {TASK: facts})[TASK]
    tests = [example for example in unfair_term(data, language) if example.split == "test"]
    texts = [example.text for example in tests]
    if translator:
        texts = english(texts, translator, kept)
    encoded = runtime(folder, [text or "." for text in texts], states)
    return evaluate.score(TASK, facts, head, tests, encoded).scores


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m training.judged", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folder", type=Path, default=Path("models/minilm"), help="the encoder's folder")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="what is kept")
    parser.add_argument("--language", default="de", help="de, it or pl")
    parser.add_argument("--by", default="gemma-3-270m", help="a translator or generator of the catalog")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    states = options.checkpoints / "states"
    kept = options.checkpoints / f"judged-{options.language}-{options.by}.json"
    translator = open_translator(find(options.by), options.threads, options.language)
    found = judged(options.data, options.folder, options.language, translator, states, kept)
    own = judged(options.data, options.folder, "en", None, states, kept)
    for name in found:
        print(
            f"{name}: {options.language} by {translator.card.id} {found[name]:.3f}, English {own[name]:.3f}"
        )


if __name__ == "__main__":
    main()
