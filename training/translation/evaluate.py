"""Measure a translator on the tests: BLEU and chrF as sacrebleu computes them by default."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from models.translator import Translator
from transforms.translation.english import cut


def tests(folder: Path, pair: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each test set of a language pair: its name, sources, references."""
    for path in sorted(folder.glob(f"*.{pair}.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        yield path.name.split(".")[0], [row[0] for row in rows], [row[1] for row in rows]


def score(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """Return (BLEU, chrF), both 0 to 100; what the model cannot take whole is cut as in the pipeline."""
    import sacrebleu

    cuts = cut(sources, translator)
    pieces = [cuts[source] for source in sources]
    found = iter(translator.translate([part for parts in pieces for part in parts]))
    outputs = [" ".join(next(found).text for _ in parts) for parts in pieces]
    bleu = sacrebleu.corpus_bleu(outputs, [list(references)]).score
    return round(bleu, 1), round(sacrebleu.corpus_chrf(outputs, [list(references)]).score, 1)
