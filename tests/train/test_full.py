"""`docassay train --full`: the encoder is tuned, converted, compared with the head, and not tuned again."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay.models.catalog import find, read, verify
from docassay.models.encoder import Encoder
from docassay.train import job, table
from docassay.train.folder import About
from docassay.train.report import full_verdict
from docassay.train.table import Columns, Row
from docassay.train.train import train
from tests.train.leases import sentences

pytestmark = [pytest.mark.training, pytest.mark.slow]
pytest.importorskip("torch")


def test_full_is_kept_where_it_beats_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row(n + 1, text, (label,)) for n, (text, label) in enumerate(sentences(60))]
    monkeypatch.setattr(job, "read", lambda *_: table.Table(rows, False, "line"))
    about = About("own", "1", "legal", "own", "made", "CC0", 0.9, {})
    asked = job.Job(tmp_path / "d.csv", tmp_path / "own", about, Columns(), full=True, passes=0.5)
    said: list[str] = []
    prepared = job.prepare(asked)
    trained = train(asked, prepared, lambda what, *_: said.append(what))
    assert "fine-tuning" in said and trained.full_figure is not None
    card = verify(tmp_path / "own")
    better = trained.full_figure > trained.head_figure
    assert (card.weights != read(find("minilm")).weights) == better
    assert ("did not beat" in full_verdict(trained)) != better
    (reading,) = Encoder(tmp_path / "own").read(["The rent is due."], [["own"]])
    assert abs(sum(reading.probabilities["own"]) - 1) < 1e-4
    said.clear()
    again = train(asked, prepared, lambda what, *_: said.append(what))
    assert "fine-tuning" not in said, "what was tuned is kept"
    assert again.full_figure == trained.full_figure
