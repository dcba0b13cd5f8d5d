"""`docassay train --facts`: from places of values to a ranker that `extract` asks, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay import domains
from docassay.cli import app
from docassay.domains.values import Habits
from docassay.models import modelfile, ranker
from docassay.models.catalog import verify
from docassay.pipelines.graph import check_models
from docassay.schemas.errors import ModelError
from docassay.schemas.facts import Fact
from docassay.storage.tables.validate import validate
from docassay.train import fact_labels
from docassay.train.table import Findings
from docassay.transforms.budget import Budget, OutOfTime
from docassay.transforms.context import Options
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from tests.fresh import forget_domains
from tests.tables import STAMP, result

FIELDS = """
[[fact]]
name = "rent"
title = "Monthly rent"
type = "amount"
candidates = "amount"

[[fact]]
name = "heating_day"
title = "Day on which the heating is read"
type = "date"
most = 3
candidates = "date"
"""


def lease(chance: random.Random, rent: str | None = None) -> tuple[str, list[tuple[str, int, int]]]:
    """Write a lease with a rent, a deposit and other sums, in any order; give the places of its values."""
    amount = [f"{chance.randint(300, 2500)}.{chance.randint(10, 99)}" for _ in range(4)]
    days = [
        f"{chance.randint(1, 28)} {chance.choice(['March', 'June'])} 20{chance.randint(10, 25)}"
        for _ in "abc"
    ]
    rent_is = chance.choice(["The tenant pays a monthly rent of", "The rent for each month is"])
    parts = [
        f"The deposit is EUR {amount[1]}, to be paid before moving in.",
        f"Repairs up to EUR {amount[2]} are borne by the tenant.",
        f"The fee of the agent is EUR {amount[3]}.",
        f"This lease begins on {days[0]}.",
        f"The heating is read on {days[1]} and on {days[2]}.",
    ]
    if rent != "none":
        parts.append(f"{rent_is} EUR {amount[0]}.")
    chance.shuffle(parts)
    text = "LEASE AGREEMENT\n\n" + "\n\n".join(parts) + "\n"
    places = (
        [] if rent == "none" else [("rent", text.index(amount[0]), text.index(amount[0]) + len(amount[0]))]
    )
    for day in dict.fromkeys(days[1:]):
        at = text.index(day, text.index("heating"))
        places.append(("heating_day", at, at + len(day)))
    return text, places


def labels(place: Path, documents: int = 40) -> Path:
    """Write documents, every second into a file of its own, and their labels."""
    chance = random.Random(3)
    (place / "leases").mkdir()
    with (place / "labels.jsonl").open("w") as out:
        for number in range(documents):
            text, places = lease(chance, "none" if number % 8 == 7 else None)
            named = {"text": text}
            if number % 2:
                (place / "leases" / f"{number}.txt").write_text(text)
                named = {"uri": f"leases/{number}.txt"}
            out.write(json.dumps(named) + "\n")
            for name, start, end in places:
                label = {"name": name, "start": start, "end": end, "value": text[start:end]}
                out.write(json.dumps(named | label) + "\n")
    return place / "labels.jsonl"


def made(folder: Path, fields: str = FIELDS) -> Path:
    folder.mkdir(parents=True)
    (folder / "domain.toml").write_text('extends = "legal"\n')
    (folder / "rules.toml").write_text("")
    (folder / "facts.toml").write_text(fields)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Train once for all tests: the overlay, and what was printed."""
    place = tmp_path_factory.mktemp("facts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCASSAY_DOMAINS", "")
        forget_domains()
        folder = made(place / "acme")
        done = run("train", "--facts", labels(place), "--out", folder)
    forget_domains()
    return folder, done


@pytest.fixture
def acme(trained: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the overlay with its ranker, which this process reads anew."""
    folder = tmp_path / "acme"
    shutil.copytree(trained[0], folder)
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(folder))
    forget_domains()
    yield folder
    forget_domains()


def document(text: str) -> Document:
    return Document("0" * 64, "a.txt", text, "text/plain", domain="legal", kind="lease", language="en")


def model_facts(text: str) -> list[Fact]:
    found = [fact for fact in extract(document(text)).facts if fact.source == "model"]
    assert all(text[fact.start_char : fact.end_char] == fact.value for fact in found)
    return found


def test_says_what_is_right_wrong_and_abstained(trained: tuple[Path, Result]) -> None:
    folder, done = trained
    assert done.exit_code == 0, done.output
    for part in ("among candidates", "right", "wrong", "abstained", "calibration error", "five folds"):
        assert part in done.stdout
    assert f"use it: DOCASSAY_DOMAINS={folder} docassay batch IN --out OUT" in done.stdout.splitlines()[-1]
    card = verify(folder / "ranker")
    assert (card.id, card.kind, sorted(card.tasks)) == ("acme@1", "facts", ["heating_day", "rent"])
    quality = card.tasks["rent"].quality
    assert (quality["documents"], quality["values"], quality["held"], quality["absent"]) == (40, 35, 35, 5)
    assert int(quality["right"]) > 25 > int(quality["first_right"]), "the first sum is no rule"


def test_rows_have_the_model_and_its_probability(acme: Path) -> None:
    text, places = lease(random.Random(77))
    found = model_facts(text)
    right = {(name, text[start:end]) for name, start, end in places}
    assert {(fact.name, fact.value) for fact in found} == right
    rent = next(fact for fact in found if fact.name == "rent")
    assert (rent.decided_by, rent.currency, rent.abstained) == ("model acme@1", "EUR", False)
    assert rent.probability is not None and 0.5 < rent.probability <= 1
    assert found == model_facts(text), "the same rows again"
    of_text = result(text)
    own = tuple(replace(fact, doc_id=of_text.doc_id) for fact in found)
    rows, rejects = validate([replace(of_text, facts=own)], STAMP)
    assert not rejects and len(rows["facts"]) == len(found)


def test_no_value_is_an_outcome(acme: Path) -> None:
    text, _ = lease(random.Random(78), "none")
    assert not [fact for fact in model_facts(text) if fact.name == "rent" and not fact.abstained]
    assert model_facts("LEASE AGREEMENT\n\nNothing is said of money or days.\n") == []


def test_below_its_threshold_a_value_is_a_hint(acme: Path) -> None:
    card = acme / "ranker" / "model.toml"
    lines = card.read_text().splitlines()
    card.write_text("\n".join("abstain_below = 1.0" if "abstain_below" in one else one for one in lines))
    text, _ = lease(random.Random(77))
    assert [fact.abstained for fact in model_facts(text) if fact.name == "rent"] == [True]


def test_less_likely_than_not_a_value_is_a_hint(acme: Path) -> None:
    weights, card = acme / "ranker" / ranker.WEIGHTS, modelfile.read(acme / "ranker")
    none = {"bias": 0, "offset": 0, "buckets": [], "values": []}
    read = json.loads(weights.read_text())
    weights.write_text(json.dumps(read | {"rent": read["rent"] | none}))
    card["tasks"]["rent"]["abstain_below"] = 0.1
    modelfile.write(acme / "ranker", card)
    text = "LEASE AGREEMENT\n\nThe rent is EUR 10.00, the deposit EUR 20.00, EUR 10.00 a month.\n"
    found = [fact for fact in model_facts(text) if fact.name == "rent"]
    assert [(fact.probability, fact.abstained) for fact in found] == [(0.5, False)]
    found = [fact for fact in model_facts(text + "EUR 30.00, EUR 40.00.\n") if fact.name == "rent"]
    assert [(fact.probability, fact.abstained) for fact in found] == [(0.333333, True)]


def test_words_that_read_as_numbers_are_ranked_as_words(acme: Path) -> None:
    text = "NaN, inf and 1e9"
    placed = [ranker.Placed(at, at + 3, key) for at, key in ((0, "nan"), (5, "inf"), (13, "1e9"))]
    assert len(list(ranker.features(text, placed, []))) == 3


def test_the_model_counts_among_the_rules_of_the_overlay(acme: Path) -> None:
    before = domains.digests()["acme"]
    with (acme / "ranker" / "model.toml").open("a") as card:
        card.write("\n")
    forget_domains()
    assert domains.digests()["acme"] != before


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda folder: shutil.rmtree(folder / "ranker"), "no ranker chooses among the candidates of"),
        (lambda folder: (folder / "ranker/weights.json").write_text("{}"), "is not the file that model.toml"),
        (lambda folder: (folder / "ranker/weights.json").unlink(), "is missing"),
        (lambda folder: (folder / "ranker/more.npz").write_bytes(b""), "has no sha256"),
        (
            lambda folder: (folder / "facts.toml").write_text(FIELDS.replace('"amount"\n\n', '"name"\n\n')),
            "candidates of rent were others",
        ),
        (
            lambda folder: (folder / "facts.toml").write_text(FIELDS.replace("most = 3", "most = 1")),
            "type, most or candidates of heating_day were others",
        ),
        (
            lambda folder: (folder / "facts.toml").write_text(FIELDS.replace('"date"\nmost', '"text"\nmost')),
            "type, most or candidates of heating_day were others",
        ),
        (
            lambda folder: (folder / "facts.toml").write_text(FIELDS.replace('"rent"', '"sum"')),
            "has no ranker of sum",
        ),
    ],
)
def test_what_is_damaged_is_refused_before_any_document(acme: Path, damage, says: str) -> None:  # type: ignore[no-untyped-def]
    check_models(Options())
    damage(acme)
    ranker._load.cache_clear()  # as a process has it when it starts
    forget_domains()
    with pytest.raises(ModelError, match=says):
        check_models(Options())
    with pytest.raises(ModelError, match=says):
        extract(document("LEASE AGREEMENT\n\nThe rent is EUR 100.00.\n"))


@pytest.mark.parametrize(
    "change", [{"bias": "1e9"}, {"bias": None}, {"buckets": [99999999]}, {"values": [1.0]}]
)
def test_weights_that_are_none_are_refused(acme: Path, change: dict[str, object]) -> None:
    weights = acme / "ranker" / ranker.WEIGHTS
    read = json.loads(weights.read_text())
    weights.write_text(json.dumps(read | {"rent": read["rent"] | change}))
    modelfile.write(acme / "ranker", modelfile.read(acme / "ranker"))
    with pytest.raises(ModelError, match="is incomplete"):
        ranker.load(acme / "ranker")


def test_a_long_text_stays_within_its_time(acme: Path) -> None:
    text = "LEASE AGREEMENT\n\n" + "EUR 1.00 on 1 May 2020 " * 40_000
    assert len(model_facts(text)) <= 4
    with pytest.raises(OutOfTime):
        extract(document(text), Budget(rule_seconds=0.0001))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"text": "x", "name": "rent", "start": 0}, "start and end are numbers of characters (line 1)"),
        ({"text": "x", "name": "rent", "start": 5, "end": 2}, "start must be before end"),
        ({"text": "x", "name": "rent", "start": 0, "end": 9}, "end is beyond the text"),
        ({"text": "x", "name": "rant", "start": 0, "end": 1}, "name 'rant' is not a field with candidates"),
        ({"text": "Rent: none", "name": "rent", "start": 6, "end": 10}, "'none' cannot be read as amount"),
        (
            {"text": "Rent: 12.00", "name": "rent", "start": 6, "end": 11, "value": "13.00"},
            "the text there is '12.00', not the value '13.00'",
        ),
        ({"text": "x", "name": ["rent"], "start": 0, "end": 1}, "is not a field with candidates"),
        ({"text": "x", "uri": "y", "name": "rent", "start": 0, "end": 1}, "it has either uri or text"),
        ({"uri": "nowhere.pdf"}, "the file cannot be read"),
        ({"text": "x", "span": [0, 1]}, "unknown key 'span'"),
        ({"text": "a\0b"}, "text holds a NUL"),
        ({"text": "x"}, "no line has a value"),
        (["x"], "not a JSON object"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: object, says: str
) -> None:
    monkeypatch.setenv("DOCASSAY_DOMAINS", "")
    folder = made(tmp_path / "acme")
    (tmp_path / "labels.jsonl").write_text(json.dumps(line) + "\n")
    done = run("train", "--facts", tmp_path / "labels.jsonl", "--out", folder)
    assert done.exit_code == 2 and says in done.output
    assert not (folder / "ranker").exists()
    forget_domains()


def test_too_few_labels_a_second_value_and_other_folders_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCASSAY_DOMAINS", "")
    path = labels(tmp_path, 9)
    folder = made(tmp_path / "acme")
    done = run("train", "--facts", path, "--out", folder)
    assert done.exit_code == 2 and "rent has a value in 8 of the 10 different documents" in done.output
    text = "Rent: 12.00, then 13.00."
    two = [{"text": text, "name": "rent", "start": at, "end": at + 5} for at in (6, 18)]
    path.write_text("".join(json.dumps(one) + "\n" for one in two))
    done = run("train", "--facts", path, "--out", folder)
    assert done.exit_code == 2 and "a second value of rent in one document" in done.output
    done = run("train", "--facts", path, "--out", tmp_path / "other")
    assert done.exit_code == 2 and "is not an overlay with a facts.toml" in done.output
    done = run("train", "--facts", path, "--out", folder, "--task", "rent")
    assert done.exit_code == 2 and "leave out --task" in done.output
    (folder / "ranker").mkdir()
    (folder / "ranker" / "notes.txt").write_text("mine")
    done = run("train", "--facts", path, "--out", folder)
    assert done.exit_code == 2 and "holds notes.txt" in done.output
    forget_domains()


def test_interrupted_it_promises_nothing(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docassay.train.facts.train_facts", Mock(side_effect=KeyboardInterrupt))
    done = run("train", "--facts", acme / "facts.toml", "--out", acme)
    assert done.exit_code == 130 and "interrupted; nothing was written" in done.output


def test_copies_of_a_document_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCASSAY_DOMAINS", "")
    text, places = lease(random.Random(5))
    lines = [
        {"text": text + "." * marks, "name": name, "start": start, "end": end}
        for marks in range(12)
        for name, start, end in places
    ]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run("train", "--facts", tmp_path / "labels.jsonl", "--out", made(tmp_path / "acme"))
    assert done.exit_code == 2 and "rent has a value in 1 of the 10 different documents" in done.output
    forget_domains()


def test_many_labels_of_a_document_hold_and_read_it_once(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "LEASE AGREEMENT\n\n" + "".join(
        f"The heating: {day} May 2020, {day}.50.\n\n" for day in range(1, 29)
    )
    path = tmp_path / "labels.jsonl"
    with path.open("w") as out:
        for match in re.finditer(r"\d+ May|\d+\.50", text):
            day = "May" in match[0]
            label = {"name": "heating_day" if day else "rent", "start": match.start()}
            out.write(json.dumps({"text": text, **label, "end": match.end() + 5 * day}) + "\n")
    fields = {one.name: one for one in domains.load("legal").facts if one.ranked}
    ((named, lines),) = fact_labels._by_document(path, fields, Findings()).items()
    assert named == ("text", text) and len(lines) == 56
    assert not any("text" in cells for _, cells in lines)
    habits = Mock(wraps=Habits)
    monkeypatch.setattr(fact_labels, "Habits", habits)
    fact_labels.read_labels(path, domains.load("legal"), fields, Findings(), lambda *_: None)
    assert habits.call_count == 1


def test_without_a_ranker_nothing_of_it_is_imported() -> None:
    code = (
        "import sys; from docassay import domains; from docassay.transforms.extract import extract\n"
        "from docassay.transforms.document import Document\n"
        "domains.check_rankers()\n"
        "extract(Document('0' * 64, 'a', 'x', 'text/plain', domain='legal', kind='nda'))\n"
        "names = {'models.ranker', 'domains.candidates', 'transforms.rank'}\n"
        "sys.exit(bool({f'docassay.{name}' for name in names} & set(sys.modules)))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DOCASSAY_DOMAINS"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=120).returncode == 0


@pytest.mark.slow
def test_a_batch_has_the_rows_that_one_document_has(acme: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    chance = random.Random(99)
    texts = {f"{number}.txt": lease(chance)[0] for number in range(5)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    done = run("batch", folder, "--out", tmp_path / "tables", "--domain", "legal")
    assert done.exit_code == 0, done.output
    rows = pq.read_table(tmp_path / "tables" / "facts").to_pylist()
    uris = {
        row["doc_id"]: Path(row["uri"]).name
        for row in pq.read_table(tmp_path / "tables/documents").to_pylist()
    }
    in_batch = {
        (uris[row["doc_id"]], row["name"], row["start_char"], row["probability"])
        for row in rows
        if row["source"] == "model"
    }
    alone = {
        (name, fact.name, fact.start_char, fact.probability)
        for name, text in texts.items()
        for fact in model_facts(text)
    }
    assert in_batch == alone and len(alone) >= 10
    assert run("facts", tmp_path / "tables", "--fields", "rent").exit_code == 0
