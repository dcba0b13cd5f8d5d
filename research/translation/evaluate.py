"""Measure a translator on the tests: BLEU and chrF as sacrebleu computes them by default."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docassay.models.translator import Translator
from docassay.transforms.translation.english import cut, without_capitals
from docassay.transforms.translation.guards import Bounds

PUBLISHED: Mapping[str, str] = {
    "flores200-dev.fr-en": "devtest: Apertium 15.2, Argos 39.5, Firefox 42.1, OPUS-MT 41.7, NLLB-600M 42.4",
    "newstest2013.fr-en": "Apertium 14.7, Argos 32.1, Firefox 33.3, OPUS-MT 33.9",
    "heldout-canlaw-legal.fr-en": "Apertium 13.9",
    "heldout-canlaw-financial.fr-en": "Apertium 14.4",
    "heldout-canlaw-medreg.fr-en": "Apertium 14.1",
    "heldout-swiss.fr-en": "Apertium 10.3",
}
"""BLEU of other systems by test set and pair: Apertium's was measured on these sets, others are published."""

GOOD, DOUBTED, SAMPLE = 60.0, 0.03, 300
"""See `score_bound`: the chrF of a good translation, the share of those doubted, sentences of each test."""

DIFFERENCE = 0.3
"""By how much a figure may differ from the card's: so much do other kinds of processor make."""


def tests(folder: Path, pair: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each test set of a language pair: its name, sources, references."""
    for path in sorted(folder.glob(f"*.{pair}.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        yield path.name.split(".")[0], [row[0] for row in rows], [row[1] for row in rows]


def translated(translator: Translator, sentences: Sequence[str]) -> list[str]:
    """Translate sentences at the first try; what the model cannot take whole is cut as in the pipeline."""
    cuts = cut(sentences, translator)
    translations = iter(
        translator.translate([without_capitals(part) for parts in cuts.values() for part in parts])
    )
    whole = {sentence: " ".join(next(translations).text for _ in parts) for sentence, parts in cuts.items()}
    return [whole[sentence] for sentence in sentences]


def score(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """Return (BLEU, chrF), both 0 to 100."""
    import sacrebleu

    outputs = translated(translator, sources)
    bleu = sacrebleu.corpus_bleu(outputs, [list(references)]).score
    return round(bleu, 1), round(sacrebleu.corpus_chrf(outputs, [list(references)]).score, 1)


def pair_of(about: Mapping[str, Any]) -> str:
    """Name the languages of a translator's card, source first.

    >>> pair_of({"source_language": "fr", "target_language": "en"})
    'fr-en'
    """
    return f"{about['source_language']}-{about['target_language']}"


def measure(
    translator: Translator, data: Path, language: str = "", only: Collection[str] | None = None
) -> dict[str, tuple[float, float]]:
    """Measure a translator on every test set of its pair: (BLEU, chrF) by name.

    Args:
        translator: The model.
        data: The folder that holds `bitext`.
        language: The source language, where the card does not say it.
        only: Test sets, as in "flores200-dev.fr-en"; all without.
    """
    pair = f"{language}-en" if language else pair_of(translator.card.about)
    return {
        name: score(translator, sources, references)
        for name, sources, references in tests(data / "bitext" / "tests", pair)
        if only is None or f"{name}.{pair}" in only
    }


def score_bound(translator: Translator, data: Path) -> float:
    """Choose from which score on a translation is doubted: `DOUBTED` of the good ones of the tests are.

    Good is a chrF of `GOOD` or more. What the model is unsure of is mostly what it gets wrong: with the first
    shipped model score and chrF of 1,400 sentences correlate by .57.
    """
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF()
    scores: list[float] = []
    for _, sources, references in tests(data / "bitext" / "tests", pair_of(translator.card.about)):
        rows = list(zip(sources, references, strict=True))[:SAMPLE]
        short = [row for row in rows if translator.count([row[0]])[0] <= translator.card.max_tokens]
        translations = translator.translate([source for source, _ in short])
        scores += [
            outcome.score
            for outcome, (_, reference) in zip(translations, short, strict=True)
            if metric.sentence_score(outcome.text, [reference]).score >= GOOD
        ]
    ranked = sorted(scores)
    return round(ranked[int(DOUBTED * len(ranked))], 2) if ranked else Bounds().score


def differences(measured: Mapping[str, tuple[float, float]], about: Mapping[str, object]) -> list[str]:
    """List where a measurement is not what the card says, a line each."""
    quality = about.get("quality", {})
    by_name = quality if isinstance(quality, Mapping) else {}
    return [
        f"{about.get('name')}, {name}: measured {figures}, the card says {by_name.get(name, 'nothing')}"
        for name, figures in measured.items()
        if name not in by_name
        or any(abs(a - b) > DIFFERENCE for a, b in zip(figures, by_name[name], strict=True))
    ]
