"""An adapter learns to go on from the prompt that the generator gives, and becomes part of the weights."""

from __future__ import annotations

import itertools
import random
import shutil
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("peft", reason="it needs make .venv/.research")

from research.gemma import model as gemma
from research.translation import adapter
from research.translation.adapter import Recipe
from tests.models.adopt import tiny

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def bitext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(0)
    rows = [("tatoeba-anki", f"{chance.randint(10, 99)} chats", "cats") for _ in range(200)]
    rows += [("europarl-15k", "La loi", "law"), ("of nowhere", "Rien", "nothing")]
    columns = ("corpus", "source", "target")
    path = tmp_path_factory.mktemp("data") / "fr-en.parquet"
    pq.write_table(
        pa.table({name: [row[n] for row in rows] for n, name in enumerate(columns)}),
        path,
    )
    return path


def recipe(**changes: object) -> Recipe:
    plain = {"tokens": 40_000, "batch_tokens": 512, "rate": 2e-2, "threads": 1}
    return Recipe(**{**plain, **changes})  # type: ignore[arg-type]


def test_corpora_are_drawn_by_their_shares_and_each_pair_once_a_round(bitext: Path) -> None:
    drawn = list(itertools.islice(adapter.drawn({"fr": [bitext]}, seed=0), 400))
    assert {row[0] for row in drawn} == {"fr"}
    europarl = sum(row[2] == "law" for row in drawn)
    assert 150 < europarl < 250, "both corpora have a share of .2, however many pairs they have"
    assert not any(row[2] == "nothing" for row in drawn)
    assert drawn == list(itertools.islice(adapter.drawn({"fr": [bitext]}, seed=0), 400))
    assert drawn != list(itertools.islice(adapter.drawn({"fr": [bitext]}, seed=1), 400))


def test_a_row_is_what_the_generator_asks_and_its_answer(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny.gemma(tmp_path / "tiny") / "tokenizer.json"))
    end = tokenizer.token_to_id("\n")
    assert end is not None
    found = adapter.row(tokenizer, "de", "Der  Hund\nbellt.", "The dog barks.", start=2, end=end)
    assert found is not None
    assert found.ids[0] == 2
    assert tokenizer.decode(found.ids[1 : found.start]) == "German: Der Hund bellt.\nEnglish:"
    assert tokenizer.decode(found.ids[found.start :]) == " The dog barks.\n"
    assert adapter.row(tokenizer, "de", "lang " * 400, "long " * 400, start=2, end=end) is None


def answer(folder: Path, text: str) -> str:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    end = tokenizer.token_to_id("\n")
    assert end is not None
    asked = adapter.row(tokenizer, "fr", text, text, start=2, end=end)
    assert asked is not None
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor([asked.ids[: asked.start]])
    with torch.inference_mode():
        out = model.generate(ids, do_sample=False, max_new_tokens=8, pad_token_id=0)[0, ids.shape[1] :]
    return str(tokenizer.decode(out.tolist())).split("\n")[0]


def test_an_adapter_is_trained_goes_on_and_is_added_to_the_weights(bitext: Path, tmp_path: Path) -> None:
    base = tiny.gemma(tmp_path / "base")
    before = (base / "model.safetensors").read_bytes()
    folder = tmp_path / "adapter"
    stopped = recipe(tokens=10**9, until=time.time() + 6, checkpoint_every=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "_save", _then_stop(adapter._save, after=3))
        with pytest.raises(KeyboardInterrupt):
            adapter.train(base, {"fr": [bitext]}, stopped, folder)
    assert (folder / "latest.pt").is_file()
    adapter.train(base, {"fr": [bitext]}, recipe(), folder)
    assert not (folder / "latest.pt").is_file()
    assert (base / "model.safetensors").read_bytes() == before, "the base is left as it is"
    merged, published = tmp_path / "merged", tmp_path / "published"
    adapter.publish(folder, published)
    assert str(tmp_path) not in (published / adapter.SETTINGS).read_text(encoding="utf-8")
    assert (published / adapter.WEIGHTS).stat().st_size < 0.6 * (folder / adapter.WEIGHTS).stat().st_size
    shutil.copytree(base, merged)
    gemma.adapt(merged, published)
    assert answer(base, "42 chats") != " cats"
    assert answer(merged, "42 chats") == " cats"


def _then_stop(save: object, after: int) -> object:
    calls = itertools.count(1)

    def stopping(*arguments: object) -> None:
        save(*arguments)  # type: ignore[operator]
        if next(calls) == after:
            raise KeyboardInterrupt

    return stopping
