"""One tiny random BERT is fine-tuned: rows, windows, marks, dropout, a schedule."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from research.tests.encoder.small import examples, prepared
from tests.train.small_bert import base as base

pytestmark = pytest.mark.training


def test_tasks_over_one_text_share_a_row(base: Path) -> None:
    _, _, rows, _, _ = prepared(base, 1)
    assert len(rows) == len(examples()["topic"])
    assert sum("ill" in row.gold for row in rows) == 80


def test_a_long_text_is_trained_on_as_the_mean_over_its_windows(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from research.encoder import finetune

    model, _, rows, _, _ = prepared(base, 1)
    model.eval()
    monkeypatch.setattr(finetune, "WINDOW", 8)
    long = max(rows, key=lambda row: len(row.ids))
    short = min(rows, key=lambda row: len(row.ids))
    pieces = finetune.windows(long.ids)
    assert len(pieces) == 2 and all(piece[0] == long.ids[0] and piece[-1] == long.ids[-1] for piece in pieces)
    assert [*pieces[0][1:-1], *pieces[1][1:-1]] == [*long.ids[1:-1]]
    with torch.no_grad():
        both = model(*finetune._padded([long, short]))
        means = [model(torch.tensor([piece]), torch.ones(1, len(piece))) for piece in pieces]
        whole = sum(mean * len(piece) for mean, piece in zip(means, pieces, strict=True)) / sum(
            map(len, pieces)
        )
        alone = model(torch.tensor([short.ids]), torch.ones(1, len(short.ids)))
    assert torch.allclose(both, torch.cat([whole, alone]), atol=1e-5)


def test_two_readings_of_a_text_are_drawn_together() -> None:
    from research.encoder import finetune

    first, second = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, 0.3]])
    for kind, chance in (("single", lambda x: x.softmax(1)), ("multi", lambda x: x.sigmoid())):
        assert finetune.divergence(first, first, kind).item() == 0
        p, q = chance(first), chance(second)
        both = [(p, q), (q, p)] + ([(1 - p, 1 - q), (1 - q, 1 - p)] if kind == "multi" else [])
        expected = sum((a * (a / b).log()).sum().item() for a, b in both) / 2
        assert finetune.divergence(first, second, kind).item() == pytest.approx(expected, rel=1e-4)


def test_marks_of_a_corpus_are_learnt_on_its_tokens(base: Path, tmp_path: Path) -> None:
    from research.encoder import finetune, joint

    found = {
        "ill": [
            replace(example, spans=tuple((m.start(), m.end()) for m in re.finditer("fever", example.text)))
            for example in examples()["ill"]
        ]
    }
    heads = [joint.head_spec("ill", "single", ("no", "yes"), found["ill"])]
    rows = finetune.make_rows(found, heads, base, {"ill": 32})
    assert any(any(row.marks) for row in rows)
    assert all(len(row.marks) == len(row.ids) for row in rows)
    recipe = finetune.Recipe(
        tokens=60 * 256, batch_tokens=256, encoder_rate=2e-3, head_rate=1e-2, bf16=False, average=0.9
    )
    torch.manual_seed(0)
    model = joint.JointModel(transformers.BertModel.from_pretrained(base), heads)
    finetune.train(model, heads, rows, {"ill": 1.0}, recipe, tmp_path / "run")
    model.eval()
    with torch.no_grad():
        right = [
            (model.mark(model.read(torch.tensor([row.ids]), torch.ones(1, len(row.ids)))[1])[0, :, 0] > 0)
            == torch.tensor(row.marks).bool()
            for row in rows
        ]
    assert torch.cat(right).float().mean() > 0.97


def test_training_goes_on_from_a_converted_model(base: Path, tmp_path: Path) -> None:
    from docassay.train.full import convert
    from research.encoder import joint

    convert.to_ctranslate2(base, tmp_path / "int8", "int8")
    other = tmp_path / "other"
    shutil.copytree(base, other)
    torch.manual_seed(1)
    transformers.BertModel(transformers.BertConfig.from_pretrained(base)).save_pretrained(other)
    wanted = joint.load_encoder(base).state_dict()
    found = joint.load_encoder(other, tmp_path / "int8").state_dict()
    for name, value in wanted.items():
        if ".pooler." not in name and not name.startswith("pooler"):
            step = value.abs().amax(-1, keepdim=True) / 127 if value.dim() > 1 else torch.zeros(1)
            assert ((found[name] - value).abs() <= step * 0.51 + 1e-6).all(), name


def test_the_schedule_ends_in_time(base: Path, tmp_path: Path) -> None:
    import time

    from research.encoder import finetune

    model, heads, rows, passes, recipe = prepared(base, 20_000)
    finetune.train(model, heads, rows, passes, replace(recipe, until=time.time() + 3), tmp_path / "run")
    taken = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"]
    assert 0 < taken < len(finetune.plan(rows, passes, recipe))
    assert (tmp_path / "run" / "heads.json").is_file()


def test_a_run_that_read_each_batch_twice_goes_on_so(base: Path, tmp_path: Path) -> None:
    from docassay.schemas.errors import UsageError
    from research.encoder import finetune

    model, heads, rows, passes, recipe = prepared(base, 2_000)
    once = replace(recipe, agreement=0.0)
    assert (recipe.readings, once.readings) == (2, 1)
    finetune.train(model, heads, rows, passes, recipe, tmp_path / "run")
    with pytest.raises(UsageError, match=r"each read 2 times, not .* each read 1 times"):
        finetune.train(model, heads, rows, passes, once, tmp_path / "run")
