"""What TF-IDF with a linear SVM reaches on each test.

Words and pairs of words that two train texts have, rare labels weighing as much as frequent ones, nothing
tuned. Tasks whose labels follow each other in a document are also read in that order, as the model's are.
"""

import warnings
from pathlib import Path

import numpy as np

from docassay.train import label_chain
from docassay.train.calibrate import fit_temperature
from docassay.train.heads import Floats, probabilities
from docassay.train.lexical_weights import svm
from docassay.train.score import Kind, decide
from research.corpora import TASKS, Example, load
from research.corpora.example import label_order, targets
from research.measure.evaluate import UNLABELLED, headlines


def floor(name: str, data: Path) -> dict[str, float]:
    """Fit on train and score the test by the metrics that the task has a floor for.

    Raises:
        FileNotFoundError: An archive of the task is missing below `data`.
    """
    kind, examples = TASKS[name].kind, load(name, data)
    labels = label_order(examples)
    train, tune, tests = (
        [example for example in examples if example.split == split]
        for split in ("train", "validation", "test")
    )
    of_tune, of_tests = _margins(kind, labels, train, (tune, tests))
    known = np.array([example.part != UNLABELLED for example in tests])
    official = [example for example in tests if example.part != UNLABELLED]

    def scored(sure: Floats) -> dict[str, float]:
        return headlines(name, kind, labels, official, decide(kind, sure[known], [0.5] * len(labels)))

    temperature = fit_temperature(kind, of_tune, targets(tune, labels)) if kind == "single" else 1.0
    alone = probabilities(kind, of_tests, temperature)
    figures = scored(alone)
    if kind == "single" and label_chain.documents(tune):
        learnt = label_chain.learn(labels, train, tune, probabilities(kind, of_tune, temperature))
        figures = {f"{key}_alone": value for key, value in figures.items()} | (
            scored(label_chain.smooth(learnt, tests, alone)) if learnt else figures
        )
    return {key: round(value, 3) for key, value in figures.items() if key in TASKS[name].floor}


def _margins(
    kind: Kind, labels: tuple[str, ...], train: list[Example], parts: tuple[list[Example], ...]
) -> list[Floats]:
    """Give the SVM's margins, [texts, labels], of each part."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    seen = words.fit_transform([example.text for example in train])
    matrices = [words.transform([example.text for example in part]) for part in parts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence
        weight, offset = svm(kind, seen, targets(train, labels))
    return [part @ weight.T + offset for part in matrices]
