"""A translation model trained on a toy language: what is learnt, resumed and converted."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from research.translation.tokenizer import END, PLACEHOLDERS, START

pytestmark = pytest.mark.training

WORDS = {
    "le": "the",
    "chat": "cat",
    "chien": "dog",
    "voit": "sees",
    "mange": "eats",
    "rouge": "red",
    "loi": "law",
}


def sentence(chance: random.Random) -> tuple[str, str]:
    words = [chance.choice(list(WORDS)) for _ in range(chance.randint(2, 5))]
    number = str(chance.randint(10, 99))
    return f"{' '.join(words)} {number}.", f"{' '.join(WORDS[word] for word in words)} {number}."


@pytest.fixture(scope="module")
def bitext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(0)
    rows = [sentence(chance) for _ in range(4000)]
    path = tmp_path_factory.mktemp("data") / "bitext" / "fr-en.train.parquet"
    path.parent.mkdir()
    columns = {
        "corpus": ["toy"] * len(rows),
        "licence": ["CC0"] * len(rows),
        "source": [row[0] for row in rows],
        "target": [row[1] for row in rows],
    }
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def tokenizer(bitext: Path) -> Path:
    from research.translation import tokenizer as tokenizers

    path = bitext.parent / "checkpoints" / "fr-en" / "sentencepiece.model"
    tokenizers.train(bitext, path, size=380)
    return path


def recipe(**changes: object) -> object:
    from research.translation.train import Recipe

    plain = {
        "tokens": 80_000,
        "batch_tokens": 512,
        "smoothing": 0.0,
        "rate": 4e-3,
        "warmup": 20,
        "threads": 1,
    }
    return Recipe(**{**plain, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained(bitext: Path, tokenizer: Path) -> Path:
    """Train a small model and return the folder of its run."""
    import sentencepiece as spm

    from research.translation import corpus
    from research.translation.model import Shape
    from research.translation.train import train

    folder = tokenizer.parent
    pairs = corpus.prepare([bitext], tokenizer, folder)
    size = spm.SentencePieceProcessor(model_file=str(tokenizer)).get_piece_size()
    train(pairs, Shape(size, 64, 2, 128, 2, 1, 64), recipe(), folder)  # type: ignore[arg-type]
    return folder


def test_placeholders_and_bytes_are_single_tokens(tokenizer: Path) -> None:
    import sentencepiece as spm

    pieces = spm.SentencePieceProcessor(model_file=str(tokenizer))
    assert all(not pieces.is_unknown(pieces.piece_to_id(symbol)) for symbol in PLACEHOLDERS)
    assert pieces.decode(pieces.encode("le 🙂 loi")) == "le 🙂 loi"  # what it does not know is spelt in bytes
    assert (pieces.bos_id(), pieces.eos_id()) == (START, END)


def test_batches_hold_every_pair_once_within_the_budget(bitext: Path, tokenizer: Path) -> None:
    from research.translation import corpus

    pairs = corpus.prepare([bitext], tokenizer, tokenizer.parent)
    drawn = list(corpus.batches(pairs, 512, seed=0, epoch=0))
    assert sorted(np.concatenate(drawn)) == list(range(len(pairs)))
    longest = [(pairs.lengths()[batch] + 1).max(0).sum() * len(batch) for batch in drawn]
    assert max(longest) <= 512

    def order(epoch: int) -> list[int]:
        return [int(pair) for batch in corpus.batches(pairs, 512, 0, epoch) for pair in batch]

    assert order(0) == order(0) != order(1)


def test_pairs_that_cannot_be_learnt_from_are_left_out(tmp_path: Path, tokenizer: Path) -> None:
    from research.translation import corpus

    rows = [
        ("le chat 11.", "the cat 11."),
        ("", "the cat."),
        ("le " * 400, "the " * 400),
        ("le", "the " * 60),
    ]
    columns = {"corpus": ["toy"] * 4, "source": [r[0] for r in rows], "target": [r[1] for r in rows]}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    assert len(corpus.prepare([tmp_path / "pairs.parquet"], tokenizer, tmp_path)) == 1


def test_model_folder_translates_as_the_trained_weights_do(
    bitext: Path, tokenizer: Path, trained: Path, tmp_path: Path
) -> None:
    """CTranslate2 in float32 gives the token and the score that PyTorch gives; int8 comes close."""
    import ctranslate2
    import sentencepiece as spm
    import torch

    from research.translation import convert
    from research.translation.model import Shape, Transformer

    pieces = spm.SentencePieceProcessor(model_file=str(tokenizer))
    state = torch.load(trained / "average.pt", weights_only=True)
    model = Transformer(Shape(**state["shape"]))
    model.load_state_dict(state["average"])
    chance = random.Random(1)
    tests = [sentence(chance) for _ in range(40)]
    for quantization, close in (("float32", 1e-3), ("int8", 0.3)):
        convert.convert(trained / "average.pt", tokenizer, tmp_path / quantization, quantization)
        engine = ctranslate2.Translator(str(tmp_path / quantization), compute_type=quantization)
        for source, _ in tests[:10]:
            row = pieces.encode(source, out_type=str)
            found = engine.translate_batch(
                [row], beam_size=1, return_scores=True, length_penalty=0, max_decoding_length=60
            )[0]
            ids, score = greedy(model, [*pieces.encode(source), END])
            if quantization == "float32":
                assert pieces.decode(found.hypotheses[0]) == pieces.decode(ids)
            if pieces.decode(found.hypotheses[0]) == pieces.decode(ids):
                assert found.scores[0] == pytest.approx(score, abs=close)


def test_training_learns(bitext: Path, tokenizer: Path, trained: Path) -> None:
    import torch
    from torch.nn import functional

    from research.translation import corpus
    from research.translation.model import Shape, Transformer
    from research.translation.train import IGNORED, tensors

    state = torch.load(trained / "average.pt", weights_only=True)
    pairs = corpus.prepare([bitext], tokenizer, tokenizer.parent)
    source, mask, target, gold = tensors(pairs, np.arange(50))

    def loss(model: Transformer) -> float:
        with torch.no_grad():
            scores = model(source, mask, target).flatten(0, 1)
        return float(functional.cross_entropy(scores, gold.flatten(), ignore_index=IGNORED))

    learnt = Transformer(Shape(**state["shape"]))
    learnt.load_state_dict(state["average"])
    assert loss(learnt) < 0.5 * loss(Transformer(Shape(**state["shape"])))


def greedy(model: object, source: list[int]) -> tuple[list[int], float]:
    import torch

    output, score = [START], 0.0
    with torch.no_grad():
        while len(output) <= 60:
            ids = torch.tensor([source])
            scores = model(ids, torch.ones_like(ids, dtype=torch.bool), torch.tensor([output]))  # type: ignore[operator]
            best = scores[0, -1].log_softmax(-1)
            token = int(best.argmax())
            score += float(best[token])
            if token == END:
                break
            output.append(token)
    return output[1:], score


def test_sitting_goes_on_where_the_last_one_stopped(bitext: Path, tokenizer: Path, tmp_path: Path) -> None:
    import sentencepiece as spm
    import torch

    from research.translation import corpus
    from research.translation.model import Shape
    from research.translation.train import train

    pairs = corpus.prepare([bitext], tokenizer, tokenizer.parent)
    size = spm.SentencePieceProcessor(model_file=str(tokenizer)).get_piece_size()
    shape = Shape(size, 16, 2, 32, 1, 1, 64)
    train(pairs, shape, recipe(until=time.time() + 2.0, tokens=10**9), tmp_path)  # type: ignore[arg-type]
    first = torch.load(tmp_path / "stable.pt", weights_only=True)["counters"]
    assert first["tokens"] > 0
    train(pairs, shape, recipe(until=time.time() + 2.0, tokens=10**9), tmp_path)  # type: ignore[arg-type]
    second = torch.load(tmp_path / "stable.pt", weights_only=True)["counters"]
    assert (second["epoch"], second["place"]) > (first["epoch"], first["place"])
    assert second["tokens"] > first["tokens"]
    with pytest.raises(ValueError, match="another shape"):
        train(pairs, Shape(size, 32, 2, 32, 1, 1, 64), recipe(), tmp_path)  # type: ignore[arg-type]


def test_commands_leave_a_card_with_what_the_model_is_and_how_well_it_translates(
    bitext: Path, tokenizer: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from docassay.models.catalog import read
    from docassay.models.translators import open_translator
    from research.measure.command import app
    from research.translation import commands, evaluate

    data = bitext.parent.parent
    tests = data / "bitext" / "tests"
    tests.mkdir()
    chance = random.Random(2)
    lines = ["\t".join(sentence(chance)) for _ in range(10)]
    (tests / "toy.fr-en.tsv").write_text("\n".join(lines), encoding="utf-8")
    commands.convert(data, tokenizer.parent.parent, "fr-en", tmp_path / "fr-en", "1", beam=2)
    commands.measure(data, tmp_path / "fr-en", threads=1)
    card = read(tmp_path / "fr-en")
    again = evaluate.measure(open_translator(tmp_path / "fr-en"), data)
    assert evaluate.differences(again, card.about) == []
    other = {"toy": (again["toy"][0] + 1, again["toy"][1]), "new": (1.0, 2.0)}
    assert len(evaluate.differences(other, card.about)) == 2
    assert (card.id, card.kind, card.about["source_language"]) == ("fr-en@1", "translator", "fr")
    assert card.about["data"] == ["toy: 4,000 pairs, CC0"]
    monkeypatch.setenv("DOCASSAY_MODELS", str(tmp_path))
    measured = CliRunner().invoke(app, ["--translation", "--data", str(data)])
    assert measured.exit_code == 0, measured.output
    assert f"fr-en@1, toy: BLEU {again['toy'][0]}, chrF {again['toy'][1]}" in measured.output
    bleu, chrf = card.about["quality"]["toy"]
    assert 0 <= bleu <= 100
    assert 5 < chrf <= 100  # it knows the letters and words of the language


def test_a_first_sitting_begins_with_the_weights_of_a_model_folder(
    bitext: Path, tokenizer: Path, trained: Path, tmp_path: Path
) -> None:
    import torch

    from research.encoder import unpack
    from research.translation import commands

    data, checkpoints = bitext.parent.parent, tokenizer.parent.parent
    commands.convert(data, checkpoints, "fr-en", tmp_path / "model", "1", beam=2)
    found = unpack.translator(tmp_path / "model")
    state = torch.load(trained / "average.pt", weights_only=True)
    assert set(found) == set(state["average"])
    for name, value in state["average"].items():
        step = value.abs().amax(-1, keepdim=True) / 127 if value.dim() > 1 else torch.zeros(1)
        assert ((found[name] - value).abs() <= step * 0.51 + 1e-6).all(), name
    commands.tokenizer(bitext.parent.parent, tmp_path, "fr-en", tmp_path / "model")
    assert (tmp_path / "fr-en" / tokenizer.name).read_bytes() == tokenizer.read_bytes()


def test_a_first_sitting_passes_over_the_pairs_that_the_model_has_seen(
    bitext: Path, tokenizer: Path, trained: Path
) -> None:
    import torch

    from research.translation import corpus
    from research.translation.model import Shape
    from research.translation.train import Run, Start

    pairs = corpus.prepare([bitext], tokenizer, tokenizer.parent)
    state = torch.load(trained / "average.pt", weights_only=True)
    epoch = sum(int((pairs.lengths()[batch] + 1).sum()) for batch in corpus.batches(pairs, 512, 0, 0))
    places = []
    for seen in (0, epoch // 2, epoch + 1):
        run = Run(Shape(**state["shape"]), recipe(), "cpu")  # type: ignore[arg-type]
        run.begin(Start(state["average"], seen), pairs, recipe())  # type: ignore[arg-type]
        assert seen <= run.tokens < seen + 512
        places.append((run.epoch, run.place))
    assert places[0] == (0, 0) < places[1] < places[2]
    assert places[2][0] == 1


def test_another_pair_lends_its_layers_and_the_pieces_that_both_know(
    bitext: Path, tokenizer: Path, trained: Path, tmp_path: Path
) -> None:
    import sentencepiece as spm
    import torch

    from docassay.models import modelfile
    from research.translation import commands
    from research.translation import tokenizer as tokenizers

    french = tmp_path / "fr-en"
    commands.convert(bitext.parent.parent, tokenizer.parent.parent, "fr-en", french, "3", beam=2)
    rows = pq.read_table(bitext).to_pylist()
    for row in rows:
        row["source"] = row["source"].replace("le", "der").replace("chat", "katze").replace("loi", "gesetz")
    german = tmp_path / "data" / "bitext" / "de-en.train.parquet"
    german.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), german)
    own = tmp_path / "de-en" / "sentencepiece.model"
    commands.tokenizer(german.parent.parent, tmp_path, "de-en", french)
    pieces = [spm.SentencePieceProcessor(model_file=str(file)) for file in (tokenizer, own)]
    theirs, ours = map(tokenizers.pieces, pieces)
    assert set(ours) - set(theirs)  # the other pair's tokenizer is not taken

    begun = commands._begun(french, "de-en", pieces[1])
    assert begun.tokens == 0
    before = commands._begun(french, "fr-en", pieces[0])
    assert before.tokens > 0
    for name, value in before.weights.items():
        if name != "embedding.weight":
            assert torch.equal(begun.weights[name], value), name
    table, known = begun.weights["embedding.weight"], before.weights["embedding.weight"]
    assert table.shape == (len(ours), known.shape[1])
    shared = set(ours) & set(theirs) - set(PLACEHOLDERS)
    assert {".", "1"} <= shared
    for piece in shared:
        assert torch.equal(table[ours.index(piece)], known[theirs.index(piece)])
    new = table[[number for number, piece in enumerate(ours) if piece not in theirs]]
    assert 0.5 < float(new.std() / known.std()) < 2

    assert modelfile.read(french)["base"] == "none: trained from scratch"
    assert commands._base(french, "de-en").startswith("fr-en@3: its layers")
    assert commands._base(french, "fr-en") == "none: trained from scratch"


def test_sources_are_spelt_alike_in_training_and_in_the_card(
    bitext: Path, tokenizer: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docassay.models import modelfile
    from research.translation import commands, corpus

    plain = corpus.prepare([bitext], tokenizer, tokenizer.parent)
    folders = [tmp_path / name for name in ("same", "other")]
    for folder in folders:
        folder.mkdir()
    same, other = (
        corpus.prepare([bitext], tokenizer, folder, spelling=spelling)
        for folder, spelling in zip(folders, ({"ß": "ss"}, {"l": "ll"}), strict=True)
    )
    assert np.array_equal(same.ids, plain.ids)  # nothing to replace in it
    assert not np.array_equal(other.ids, plain.ids)
    monkeypatch.setattr(corpus, "SPELLING", {"fr-en": {"œ": "oe"}})
    commands.convert(bitext.parent.parent, tokenizer.parent.parent, "fr-en", tmp_path / "model", "1", beam=2)
    assert modelfile.read(tmp_path / "model")["source_spelling"] == {"œ": "oe"}
