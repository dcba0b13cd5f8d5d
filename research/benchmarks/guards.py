"""Recall and false alarms of the translation guards: broken translations caught, good ones doubted.

    python -m research.benchmarks.guards [--data ../shared/data/bitext/tests] [--broken 1000] [--seed 5]

Good translations are all reference translations of the test sets. Broken ones are made from references
drawn at random, a fifth of each kind: one sentence of two dropped, a number changed, a negation lost, the
last words repeated, the sentence left untranslated or for the most part so. No model takes part, so the guard
on the model's score is not measured. The guards' word lists and bounds were chosen on other draws from these
sets, so the figures are not blind.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from docassay.transforms.translation.guards import faults
from research.benchmarks import report

Pair = tuple[str, str]

LANGUAGES = ("fr", "de")
CAUGHT, FALSE_ALARMS = 0.95, 0.03
NEGATION = "lost negation"

_NOT = re.compile(r"\b(?:do|does|did) not\b|\bnot\b|n[’']t\b|\bnever\b")
_NO = re.compile(r"\b[Nn]o (?=[a-z])")
_FIGURE = re.compile(r"[0-9]+")


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.guards",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bitext/tests"))
    parser.add_argument("--broken", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--show", type=int, default=0, help="print so many misses and false alarms")
    options = parser.parse_args()
    figures, details = [], {}
    for language in LANGUAGES:
        paths = sorted(options.data.glob(f"*.{language}-en.tsv"))
        sets = {path.name.split(".")[0]: _pairs(path) for path in paths}
        pairs = [pair for values in sets.values() for pair in values]
        alarms = {name: _alarms(values, language, options.show) for name, values in sets.items()}
        false_alarms = sum(sum(counts.values()) for counts in alarms.values()) / len(pairs)
        chance = random.Random(options.seed)
        caught = {
            kind: [
                bool(faults(source, english, None, language)) or _shown(options.show, kind, source, english)
                for source, english in drawn(kind, pairs, options.broken // len(KINDS), chance)
            ]
            for kind in KINDS
        }
        share = sum(map(sum, caught.values())) / sum(map(len, caught.values()))
        report.show(
            f"{language}: caught of {options.broken} broken",
            ["kind", "broken", "caught"],
            [[kind, len(values), sum(values)] for kind, values in caught.items()],
        )
        report.show(
            f"{language}: doubted of {len(pairs):,} good",
            ["set", "good", "doubted", "by"],
            [[name, len(sets[name]), sum(by.values()), str(dict(by))] for name, by in alarms.items()],
        )
        direction = f"{language}→en"
        negations = sum(caught[NEGATION]) / len(caught[NEGATION])
        figures += [
            report.figure(
                f"guards, {direction}: broken translations caught", f"{share:.1%}", f"≥ {CAUGHT:.0%}"
            ),
            report.figure(f"guards, {direction}: of these, lost negations caught", f"{negations:.0%}"),
            report.figure(
                f"guards, {direction}: good translations doubted",
                f"{false_alarms:.1%}",
                f"≤ {FALSE_ALARMS:.0%}",
            ),
        ]
        details[language] = {
            "caught": {kind: [sum(values), len(values)] for kind, values in caught.items()},
            "doubted": {name: [sum(by.values()), len(sets[name])] for name, by in alarms.items()},
        }
    report.save("guards", figures, details)


def _pairs(path: Path) -> list[Pair]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row[0], row[1]) for row in rows if len(row) > 1 and row[0].strip() and row[1].strip()]


def _alarms(pairs: Sequence[Pair], language: str, show: int) -> Counter[str]:
    """Count the good translations that are doubted, by the first guard that fires."""
    counts: Counter[str] = Counter()
    for source, english in pairs:
        reasons = faults(source, english, None, language)
        if reasons:
            counts[reasons[0]] += 1
            if counts[reasons[0]] <= show:
                print(f"  {reasons}\n    {source[:300]}\n    {english[:300]}")
    return counts


def _shown(show: int, kind: str, source: str, english: str) -> bool:
    if show:
        print(f"  missed {kind}\n    {source[:300]}\n    {english[:300]}")
    return False


def drawn(kind: str, pairs: Sequence[Pair], number: int, chance: random.Random) -> Iterator[Pair]:
    """Draw pairs at random and break each; skip those that cannot be broken in this way."""
    order = list(range(len(pairs) - 1))
    chance.shuffle(order)
    count = 0
    for index in order:
        broken = KINDS[kind](pairs[index], pairs[index + 1], chance)
        if broken is None:
            continue
        yield broken
        count += 1
        if count == number:
            return


def _dropped(pair: Pair, following: Pair, chance: random.Random) -> Pair | None:
    """Join two sentences, and leave one of them untranslated."""
    if min(len(pair[0].split()), len(following[0].split())) < 5:
        return None
    return f"{pair[0]} {following[0]}", (pair if chance.random() < 0.5 else following)[1]


def _changed(pair: Pair, _: Pair, chance: random.Random) -> Pair | None:
    """Change a digit of one number."""
    figures = list(_FIGURE.finditer(pair[1]))
    if not figures or not _FIGURE.search(pair[0]):
        return None
    figure = chance.choice(figures)
    digits = list(figure[0])
    index = chance.randrange(len(digits))
    digits[index] = chance.choice([d for d in "123456789" if d != digits[index]])
    return pair[0], pair[1][: figure.start()] + "".join(digits) + pair[1][figure.end() :]


def _positive(pair: Pair, _: Pair, chance: random.Random) -> Pair | None:
    """Remove the only negation."""
    if len(_NOT.findall(pair[1])) + len(_NO.findall(pair[1])) != 1:
        return None
    if not re.search(r"(?i)\b(?:ne|n[’']\w+|aucune?|nicht|kein\w*|nie|niemals)\b", pair[0]):
        return None
    return pair[0], " ".join(_NO.sub("", _NOT.sub("", pair[1])).split())


def _looped(pair: Pair, _: Pair, chance: random.Random) -> Pair | None:
    """Repeat the last words."""
    words = pair[1].split()
    if len(words) < 6:
        return None
    size = chance.randint(1, 4)
    cut = chance.randint(len(words) // 2, len(words))
    return pair[0], " ".join([*words[:cut], *words[cut - size : cut] * chance.randint(3, 12)])


def _other_language(pair: Pair, following: Pair, chance: random.Random) -> Pair | None:
    """Leave the source untranslated, in half of the cases but for its first two words."""
    if len(pair[0].split()) < 5:
        return None
    words = pair[0].split()
    return pair[0], " ".join(words if chance.random() < 0.5 else [*pair[1].split()[:2], *words[2:]])


KINDS: dict[str, Callable[[Pair, Pair, random.Random], Pair | None]] = {
    "dropped sentence": _dropped,
    "changed number": _changed,
    NEGATION: _positive,
    "loop": _looped,
    "wrong language": _other_language,
}

if __name__ == "__main__":
    main()
