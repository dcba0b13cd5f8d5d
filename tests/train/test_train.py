"""`docassay train` from a CSV to rows of `batch` and `explain`, by the shipped encoder, without PyTorch."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.commands import train as command
from docassay.models.catalog import find, read, verify
from docassay.models.encoder import Encoder
from docassay.schemas.errors import DataError
from docassay.train import fitting, folder, job, states
from docassay.train.calibrate import MARGIN
from docassay.train.encode import Encoded
from docassay.train.report import verdict
from docassay.train.table import Row
from tests.tables import STAMPED
from tests.train.leases import FILLERS, TOPICS, sentences

LEASE = """LEASE AGREEMENT

1. Terms

The tenant pays the rent monthly in advance by standing order.

2. Terms

The landlord mends the roof and keeps the heating in order.

3. Governing law

This lease shall be governed by and construed in accordance with the laws of the State of New York.
"""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write(path: Path, pairs: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *pairs])
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Train once for all tests: the model folder, and what was printed."""
    place = tmp_path_factory.mktemp("trained")
    data = write(place / "leases.csv", sentences(240))
    (place / "labels.toml").write_text('rent = "What is paid for the use."\n')
    out = place / "lease-model"
    done = run(
        "train", data, "--domain", "legal", "--task", "lease_topic", "--out", out,
        "--definitions", place / "labels.toml", "--licence", "CC0", "--version", "2",
    )  # fmt: skip
    return out, done


def test_prints_figures_by_label_beside_both_baselines(trained: tuple[Path, Result]) -> None:
    out, done = trained
    assert done.exit_code == 0, done.output
    for part in ("precision", "recall", "F1 TF-IDF", "F1 majority", "rent", "notice", "calibration error"):
        assert part in done.stdout
    assert "3 labels; texts: " in done.stdout
    assert "TF-IDF" in done.stdout and "test texts (difference" in done.stdout
    assert f"--models {out} --domain legal" in done.stdout


def test_card_says_what_the_model_is_and_how_good(trained: tuple[Path, Result]) -> None:
    out, _ = trained
    card = verify(out)
    task = card.tasks["lease_topic"]
    assert card.id == task.model == "lease_topic@2"
    assert (task.domain, task.labels, task.asked) == ("legal", ("notice", "rent", "repair"), True)
    assert task.definitions == {"rent": "What is paid for the use."}
    assert task.data_licence == "CC0" and card.about["known_failures"] and card.about["intended_use"]
    assert 0.6 < float(task.quality["accuracy"]) <= 1, "three topics of different words"
    assert float(task.quality["majority_accuracy"]) < float(task.quality["accuracy"])
    assert {"tfidf_accuracy", "calibration_error", "kept_precision"} <= set(task.quality)
    assert card.weights == read(find("minilm")).weights


@pytest.mark.slow
def test_batch_and_explain_use_it_at_once(trained: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = trained
    document = tmp_path / "lease.txt"
    document.write_text(LEASE)
    tables = tmp_path / "tables"
    done = run("batch", document, "--out", tables, "--domain", "legal", "--models", out)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(tables / "classifications").to_pylist()
    own = [row for row in rows if row["task"] == "lease_topic"]
    assert own and {row["model"] for row in own} == {"lease_topic@2"}
    texts = {row["segment"]: row["text"] for row in pq.read_table(tables / "segments").to_pylist()}
    given = {row["label"] for row in own if "mends the roof" in texts[row["segment"]]}
    assert given == {"repair"}
    below = verify(out).tasks["lease_topic"].abstain_below
    assert verify(out).tasks["lease_topic"].margin == MARGIN
    for row in own:
        assert 1 / 3 <= row["probability"] <= 1
        assert row["abstained"] or row["probability"] >= below
    shipped = [row for row in rows if row["task"] == "clause_type"]
    assert any(row["label"] == "governing_law" for row in shipped), "the shipped tasks are asked still"
    assert all(row["model"].startswith("minilm@") for row in shipped)
    (models,) = pq.read_table(tables / "runs").column("models").to_pylist()
    assert {read(find("minilm")).id, "lease_topic@2"} <= {model.split()[0] for model in models}

    told = run("explain", document, "--domain", "legal", "--models", out, "--json")
    assert told.exit_code == 0, told.output
    unstamped = [{name: value for name, value in row.items() if name not in STAMPED} for row in rows]
    assert json.loads(told.stdout)["classifications"] == json.loads(json.dumps(unstamped))
    other = run("explain", document, "--domain", "medical", "--models", out, "--json")
    assert not [row for row in json.loads(other.stdout)["classifications"] if row["task"] == "lease_topic"]


@pytest.mark.slow
def test_texts_of_documents_are_read_in_their_order(tmp_path: Path) -> None:
    """Of three texts in ten the words say nothing; the texts around them do."""
    chance = random.Random(0)
    lines = [("text", "topic", "lease")]
    for lease in range(40):
        for topic in ("rent", "repair", "notice"):
            for n in range(4):
                words = chance.sample(TOPICS[topic], 2) if chance.random() < 0.7 else []
                words += chance.sample(FILLERS, 6)
                lines.append((f"{lease}.{n} The {' '.join(words)}.", topic, f"lease {lease}"))
    data = tmp_path / "leases.csv"
    with data.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    out = tmp_path / "model"
    done = run(
        "train", data, "--domain", "legal", "--task", "lease_topic", "--out", out,
        "--label-column", "topic", "--document-column", "lease",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "each text alone" in done.stdout and "both read each text alone" in done.stdout
    task = verify(out).tasks["lease_topic"]
    assert task.labels == ("notice", "rent", "repair") and task.label_chain is not None
    assert (
        min(task.label_chain.transition[1, 2], task.label_chain.transition[2, 0])
        > 0.1
        > task.label_chain.transition[0, 1]
    )
    assert float(task.quality["accuracy"]) > float(task.quality["alone_accuracy"]) + 0.05
    assert task.quality["test"] == "a tenth of the documents, whole"
    (tmp_path / "lease.txt").write_text(LEASE)
    told = run("explain", tmp_path / "lease.txt", "--domain", "legal", "--models", out, "--json")
    assert told.exit_code == 0, told.output
    assert [row for row in json.loads(told.stdout)["classifications"] if row["task"] == "lease_topic"]


def test_spoilt_folder_is_one_error_before_any_document(trained: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = trained
    copy = shutil.copytree(out, tmp_path / "copy", ignore=shutil.ignore_patterns(".cache"))
    content = bytearray((copy / "heads.npz").read_bytes())
    content[60] ^= 1
    (copy / "heads.npz").write_bytes(content)
    (tmp_path / "lease.txt").write_text(LEASE)
    for command_line in (
        ("batch", tmp_path / "lease.txt", "--out", tmp_path / "tables"),
        ("explain", tmp_path / "lease.txt"),
    ):
        done = run(*command_line, "--models", copy)
        assert done.exit_code == 2
        assert "heads.npz is not the file that model.toml describes" in done.stderr
    assert not (tmp_path / "tables").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run("explain", tmp_path / "lease.txt", "--models", empty)
    assert done.exit_code == 2 and "is not a model folder and holds none" in done.stderr


def test_faulty_data_is_told_by_line_and_nothing_is_written(tmp_path: Path) -> None:
    pairs = sentences(60)
    pairs[3] = ("", pairs[3][1])
    pairs[9] = (pairs[9][0], "Rent")
    data = write(tmp_path / "data.csv", pairs)
    done = run("train", data, "--domain", "legal", "--task", "t", "--out", tmp_path / "model")
    assert done.exit_code == 2
    assert "error: no text (line 11)" in done.stderr
    assert "error: label 'Rent' is 'rent' spelt differently (line 27)" in done.stderr
    assert f"docassay: {data} has 3 faults; nothing was trained" in done.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--domain", "naval"), "there is no domain 'naval'"),
        (("--task", "Lease Topic"), "is not a lower-case name"),
        (("--name", "a b"), "holds more than letters"),
        (("--out", "minilm"), "would take the place of the shipped model"),
        (("--kind", "double"), "--kind"),
    ],
)
def test_wrong_option_is_told_before_any_work(tmp_path: Path, options: tuple[str, str], message: str) -> None:
    data = write(tmp_path / "data.csv", [])
    given = {"--domain": "legal", "--task": "t", "--out": str(tmp_path / "m")} | {options[0]: options[1]}
    done = run("train", data, *(word for pair in given.items() for word in pair))
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


def test_scikit_learn_missing_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "find_spec", lambda name: None)
    data = write(tmp_path / "data.csv", [])
    done = run("train", data, "--domain", "legal", "--task", "t", "--out", tmp_path / "m")
    assert done.exit_code == 2 and not (tmp_path / "m").exists()
    assert done.stderr.split("\n")[1:] == [""], "one line"
    assert "pip install '.[train]'" in done.stderr


def test_full_says_how_to_install_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    data = write(tmp_path / "data.csv", [])
    done = run("train", data, "--domain", "legal", "--task", "t", "--out", tmp_path / "m", "--full")
    assert done.exit_code == 2
    assert "pip install '.[train]'" in " ".join(done.stderr.split())


def test_nothing_heavy_is_imported_for_the_command_line() -> None:
    code = (
        "import sys, docassay.cli;"
        "print(sorted({'sklearn', 'scipy', 'numpy', 'torch', 'pyarrow', 'ctranslate2'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_foreign_folder_is_left_alone(trained: tuple[Path, Result], tmp_path: Path) -> None:
    folder.check_target(trained[0])
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds notes\.txt"):
        folder.check_target(tmp_path)
    with pytest.raises(DataError, match="is a model that docassay train has not made"):
        folder.check_target(find("minilm"))
    with pytest.raises(DataError, match="is a file"):
        folder.check_target(tmp_path / "notes.txt")


class Counting:
    """An encoder that counts the texts that it reads, and is interrupted after some."""

    def __init__(self, encoder: Encoder, most: int = 10**9) -> None:
        self.card, self.engine, self._encoder, self._left = encoder.card, encoder.engine, encoder, most
        self.read = 0

    def pooled(self, texts: list[str]) -> np.ndarray:
        if texts == ["a"]:
            return self._encoder.pooled(texts)
        if self._left <= 0:
            raise KeyboardInterrupt
        self._left -= len(texts)
        self.read += len(texts)
        return self._encoder.pooled(texts)


def test_states_go_on_where_a_run_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "CHUNK_CHARS", 300)
    encoder = Encoder(find("minilm"))
    texts = [text for text, _ in sentences(40)] + ["again"] * 2
    with pytest.raises(KeyboardInterrupt):
        states.states(Counting(encoder, 20), texts, tmp_path, lambda *_: None)
    (path,) = tmp_path.glob("*.states")
    with path.open("ab") as file:
        file.write(b"half a record")
    second = Counting(encoder)
    seen: list[tuple[int, int]] = []
    found = states.states(second, texts, tmp_path, lambda *own: seen.append(own))
    assert 10 < second.read < 25
    assert seen[-1] == (42, 42) and second.read + 20 <= 43, "a text that stands there twice is read once"
    assert (found == encoder.pooled(texts)).all()
    third = Counting(encoder)
    assert (states.states(third, texts[::-1], tmp_path, lambda *_: None) == found[::-1]).all()
    assert third.read == 0


def parts(kind: str) -> tuple[dict, dict, dict]:
    """Make states whose first numbers tell the labels, and words that tell nothing."""
    chance = np.random.default_rng(0)
    texts, gold, rows = {}, {}, {}
    for name, number in (("train", 400), ("validation", 200), ("test", 200)):
        states = chance.normal(size=(number, 8)).astype(np.float32)
        texts[name] = Encoded(states, [[10, n % 7] for n in range(number)])
        told = (states[:, :2] + chance.normal(size=(number, 2)) / 2 > 0.5).astype(np.int64)
        gold[name] = told if kind == "multi" else np.stack([1 - told[:, 0], told[:, 0]], axis=1)
        rows[name] = [Row(n, f"text {n % 7}", ()) for n in range(number)]
    return texts, gold, rows


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_head_is_calibrated_and_beats_what_cannot_see(kind: str) -> None:
    texts, gold, rows = parts(kind)
    fitted = fitting.best_head(kind, ("a", "b"), texts, gold, 0.95)
    measured = fitting.measure(fitted, rows, texts["test"], gold)
    assert measured.scores["head"][measured.headline] > 0.75
    assert measured.error < 0.1
    assert fitted.calibration.precision >= 0.95 and measured.kept_precision > 0.85
    assert measured.beats and measured.difference[0] > 0.05
    assert measured.texts == 200 and sum(n for _, _, n in measured.confused) > 0
    trained = job.Trained(fitted, measured, fitted.figure, None)
    assert verdict(trained).startswith("It beats TF-IDF: ")


def test_head_that_is_no_better_says_so() -> None:
    texts, gold, rows = parts("single")
    for name, own in rows.items():
        rows[name] = [
            Row(row.line, "tax due" if flag else "rain falls", ())
            for row, flag in zip(own, gold[name][:, 1], strict=True)
        ]
    fitted = fitting.best_head("single", ("a", "b"), texts, gold, 0.9)
    measured = fitting.measure(fitted, rows, texts["test"], gold)
    assert measured.scores["tfidf"]["accuracy"] == 1
    assert verdict(job.Trained(fitted, measured, 0.5, None)).startswith("It is worse than TF-IDF")
    assert folder.failures(measured)[0].startswith("No better than TF-IDF")


def test_majority_of_each_kind() -> None:
    train = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1]])
    assert fitting.majority("single", train, 2).tolist() == [[1, 0, 0]] * 2
    assert fitting.majority("multi", train, 1).tolist() == [[1, 0, 0]]
