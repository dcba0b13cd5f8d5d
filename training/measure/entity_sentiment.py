"""Measure the sentiment of an entity in a paragraph (FinEntity).

    python -m docassay.training.measure.entity_sentiment

A logistic regression reads the mean state of the entity's tokens and of a window around them (12 tokens
before, 18 after), on the frozen encoder. Not shipped: the pipeline has no task that is asked of a span,
and the paragraphs are under the weakest licence of the sentiment sets.
"""

import argparse
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED
from docassay.models.encoder import Encoder
from docassay.training.corpora.archives import read_member
from docassay.training.custom.text import text_key

BEFORE, AFTER = 12, 18
STRENGTH = 3e-4
"""Inverse regularisation, chosen on 100 paragraphs held out of train."""


def located(content: str, entity: dict[str, Any]) -> tuple[int, int] | None:
    """Find an entity, near its offset where that is wrong (70 of 2,131 are).

    >>> located("A B A", {"value": "A", "start": 3, "end": 4})
    (4, 5)
    """
    start, value = entity["start"], entity["value"]
    if content[start : entity["end"]] == value:
        return start, entity["end"]
    places = [match.start() for match in re.finditer(re.escape(value), content)]
    if not places:
        return None
    nearest = min(places, key=lambda place: abs(place - start))
    return nearest, nearest + len(value)


def main() -> None:
    """Fit on four fifths of the paragraphs and measure on the last, as the data's README splits them."""
    parser = argparse.ArgumentParser(
        prog="python -m docassay.training.measure.entity_sentiment", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folder", type=Path, default=SHIPPED / DEFAULT_ENCODER)
    options = parser.parse_args()
    archive = options.data / "labelled/financial-finentity.tar.xz"
    rows = json.loads(read_member(archive, "*FinEntity.json"))
    keys = sorted({text_key(row["content"]) for row in rows})
    random.Random(0).shuffle(keys)
    tests = set(keys[: len(keys) // 5])
    states = Encoder(options.folder, 2).token_states([row["content"] for row in rows])
    features, labels, is_test = [], [], []
    for row, (offsets, token_states) in zip(rows, states, strict=True):
        shift = 1 if len(token_states) == len(offsets) - 2 else 0
        placed = np.array(offsets[shift : shift + len(token_states)])
        for entity in row["annotations"]:
            span = located(row["content"], entity)
            if span is None:
                continue
            inside = (placed[:, 1] > placed[:, 0]) & (placed[:, 0] < span[1]) & (placed[:, 1] > span[0])
            at = np.flatnonzero(inside)
            window = token_states[max(1, at[0] - BEFORE) : min(len(token_states) - 1, at[-1] + 1 + AFTER)]
            features.append(np.concatenate([token_states[inside].mean(axis=0), window.mean(axis=0)]))
            labels.append(entity["tag"].lower())
            is_test.append(text_key(row["content"]) in tests)
    matrix, gold, test = np.array(features), np.array(labels), np.array(is_test)
    scaled = (matrix - matrix[~test].mean(axis=0)) / (matrix[~test].std(axis=0) + 1e-6)
    given = LogisticRegression(C=STRENGTH, max_iter=200).fit(scaled[~test], gold[~test]).predict(scaled[test])
    accuracy, macro = (given == gold[test]).mean(), f1_score(gold[test], given, average="macro")
    print(f"{test.sum()} entities: accuracy {accuracy:.3f}, macro-F1 {macro:.3f}")


if __name__ == "__main__":
    main()
