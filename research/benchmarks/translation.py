"""Translation speed: the pipeline's stage over a bare loop, padding, and the engine over Transformers.

    python -m research.benchmarks.translation [MODEL] [--data ../shared/data/bitext/tests]

MODEL is a folder of kind ``translator``, `fr-en` where none is named. The stage cuts documents into
sentences, masks, translates, guards, tries again and aligns; the bare loop hands the same sentences to
`translate_batch`, which sorts them itself. All ratios come from one run, on one thread, each the median of
pairs timed in turn. If Transformers is installed, int8 in the engine is compared with the same weights in
float32 in Transformers, both greedy and without scores.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

from docassay.models.catalog import DEFAULT_ENCODER, find, verify
from docassay.models.translator import SequenceTranslator
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.split import split
from docassay.transforms.translate import translate
from docassay.transforms.translation.sentences import sentences
from research.benchmarks import report

BARE_TOKENS = 2_048
"""Tokens of a batch in the bare loop and in Transformers; the fastest of 512 to 4,096 for both."""

SENTENCES_A_DOCUMENT = 25


class _OneTranslator:
    """The stage's source of translators, which has only the one that is measured."""

    def __init__(self, translator: SequenceTranslator) -> None:
        self._translator = translator

    def languages(self) -> frozenset[str]:
        return frozenset([str(self._translator.card.about["source_language"])])

    def open(self, language: str) -> SequenceTranslator:
        return self._translator

    def larger(self, language: str) -> None:
        return None


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.translation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, nargs="?", default=Path("models/shipped/fr-en"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bitext/tests"))
    parser.add_argument("--sentences", type=int, default=1_500)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    translator = SequenceTranslator(options.model)
    language = str(translator.card.about["source_language"])
    splits = _documents(options.data, language, options.sentences)
    lines = list(
        dict.fromkeys(
            sentence.source
            for document in splits
            for sentence in sentences(document.text, 0, len(document.text), language)
        )
    )
    tokens = sum(translator.count(lines))
    sizes: list[tuple[int, int]] = []
    forward = translator._forward

    def counted(rows: list[list[str]]) -> object:
        sizes.append((sum(map(len, rows)), len(rows) * max(map(len, rows))))
        return forward(rows)

    card, translators = verify(find(DEFAULT_ENCODER)), _OneTranslator(translator)
    with patch.object(translator, "_forward", counted):
        outcomes = translate(splits, translators, card, everything=True)
    padding = sum(padded for _, padded in sizes) / sum(real for real, _ in sizes)
    again = sum(real for real, _ in sizes) / tokens
    stage, bare = _pairs(
        lambda: translate(splits, translators, card, everything=True),
        lambda: _bare(translator, lines),
        options.repeats,
    )
    ratio = statistics.median(b / s for s, b in zip(stage, bare, strict=True))
    report.show(
        f"{len(lines):,} sentences of {len(splits)} documents, {tokens:,} tokens, one thread",
        ["what", "tokens/s"],
        [["the stage", tokens / statistics.median(stage)], ["a bare loop", tokens / statistics.median(bare)]],
    )
    figures = [
        report.figure("translated tokens/s, the stage over a bare loop", f"{ratio:.2f}", "≥ 0.9"),
        report.figure("padding of translation batches", f"{padding:.3f}", "≤ 1.05"),
    ]
    details: dict[str, object] = {
        "model": f"{translator.card.id} {translator.card.digest}",
        "sentences": len(lines),
        "tokens": tokens,
        "tokens_with_retries": round(again, 3),
        "guarded": sum(
            row.guarded
            for o in outcomes
            if isinstance(o, Document) and o.english
            for row in o.english.translations
        ),
        "seconds": {"stage": stage, "bare": bare},
    }
    if find_spec("transformers"):
        factor, engine, slow = _over_transformers(translator, lines, options.model, options.repeats)
        details["seconds"] = {"stage": stage, "bare": bare, "engine_greedy": engine, "transformers": slow}
        figures.append(
            report.figure("int8 in CTranslate2 over Transformers, greedy", f"{factor:.1f} ×", "≥ 5 ×")
        )
    report.save("translation", figures, details)


def _documents(data: Path, language: str, number: int) -> list[Document]:
    """Make documents from the source sentences of the test sets, each set in turn."""
    files = [
        path.read_text(encoding="utf-8").splitlines() for path in sorted(data.glob(f"*.{language}-en.tsv"))
    ]
    lines = [row.split("\t")[0] for rows in zip(*files, strict=False) for row in rows][:number]
    splits = []
    for at in range(0, len(lines), SENTENCES_A_DOCUMENT):
        text = "\n\n".join(lines[at : at + SENTENCES_A_DOCUMENT])
        parsed = Document(hashlib.sha256(text.encode()).hexdigest(), f"{at}.txt", text, "text/plain")
        cut = split(detect(parsed), verify(find(DEFAULT_ENCODER)))
        if isinstance(cut, Document):
            splits.append(cut)
    return splits


def _bare(translator: SequenceTranslator, lines: list[str], greedy: bool = False) -> None:
    rows = [translator._row(pieces) for pieces in translator._pieces.encode(lines, out_type=str)]
    results = translator.engine.translate_batch(
        rows,
        beam_size=1 if greedy else translator._beam,
        max_batch_size=BARE_TOKENS,
        batch_type="tokens",
        max_input_length=0,
        max_decoding_length=translator.card.max_tokens,
        return_scores=not greedy,
    )
    for result in results:
        translator._pieces.decode(result.hypotheses[0])


def _over_transformers(
    translator: SequenceTranslator, lines: list[str], folder: Path, repeats: int
) -> tuple[float, list[float], list[float]]:
    import torch

    from research.benchmarks import m2m100

    torch.set_num_threads(1)
    model = m2m100.load(folder)
    end = translator._pieces.eos_id()

    def by_transformers() -> None:
        rows = [[*ids, end] for ids in translator._pieces.encode(lines)]
        translator._pieces.decode(m2m100.translate(model, rows, BARE_TOKENS))

    engine, slow = _pairs(lambda: _bare(translator, lines, greedy=True), by_transformers, repeats)
    return statistics.median(b / a for a, b in zip(engine, slow, strict=True)), engine, slow


def _pairs(
    one: Callable[[], object], other: Callable[[], object], repeats: int
) -> tuple[list[float], list[float]]:
    """Time two functions in turn; the first pair is a warm-up and is dropped."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for seconds, do in zip(times, (one, other), strict=True):
            began = time.perf_counter()
            do()
            seconds.append(round(time.perf_counter() - began, 3))
    return times[0][1:], times[1][1:]


if __name__ == "__main__":
    main()
