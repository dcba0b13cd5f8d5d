"""The steps of `python -m research.translation`: they find the files and call the modules."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import sentencepiece as spm
import torch

from docassay.models import modelfile
from docassay.models.generator import LANGUAGES
from docassay.models.translators import open_translator
from docassay.schemas.errors import ModelError
from research.encoder import unpack
from research.gemma import model as gemma
from research.translation import corpus, evaluate, mined
from research.translation.adapter import Recipe as AdapterRecipe
from research.translation.adapter import publish as publish_adapter
from research.translation.adapter import train as train_adapter
from research.translation.convert import convert as convert_weights
from research.translation.model import Shape
from research.translation.tokenizer import pieces
from research.translation.tokenizer import train as train_tokenizer
from research.translation.train import Recipe, Start, lent
from research.translation.train import train as train_model

INTENDED_USE = (
    "Read segments of legal, financial and medical documents in English, for triage by people who have the"
    " original beside it. Not a translation to rely on or to hand on."
)
KNOWN_FAILURES = {
    "fr-en": (
        "Most of the training text is Canadian law: everyday speech and the news are translated worse.",
        "Words rare in it are left in French, spelt wrongly or taken for others ('Pas d'antécédent de"
        " diabète' came out as 'Pass from diabetes mellitus').",
        "A name without a title before it may be lost or changed, and so may a part of a long sentence.",
    ),
    "de-en": (
        "Most of the training text is Swiss law, terms of service and everyday sentences: medical notes come"
        " out wrong ('in gutem Allgemeinzustand entlassen', discharged in good condition, as 'granted good'),"
        " news and general texts mostly as nonsense.",
        "Long compounds and rare words are left out or made up ('Gerichtsstand ist ausschließlich München'"
        " came out as 'governed by the law of the court', 'Notaufnahme' as 'stretch').",
        "Clauses of a long sentence are lost; a name without a title before it may be lost or changed.",
    ),
}


def tokenizer(data: Path, checkpoints: Path, pair: str, start: Path | None = None) -> None:
    """Learn the tokenizer of a language pair, once, or take that of the pair's model folder `start`."""
    target = _tokenizer(checkpoints, pair)
    if start and not target.is_file() and evaluate.pair_of(modelfile.read(start)) == pair:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(start / target.name, target)
    if not target.is_file():
        train_tokenizer(_bitext(data, pair), target)


def mine(data: Path, checkpoints: Path, pair: str, folder: Path, threads: int) -> int:
    """Align the terms of service that stand in a pair's languages by the model in `folder`; count the pairs.

    The next training reads them, too.
    """
    number = mined.mine(open_translator(folder, threads), data, _mined(checkpoints, pair))
    (checkpoints / pair / corpus.CACHE).unlink(missing_ok=True)
    return number


def train(
    data: Path,
    checkpoints: Path,
    pair: str,
    tokens: int | None,
    until: float,
    threads: int,
    device: str,
    start: Path | None,
    rate: float,
    fall: float,
) -> None:
    """Train for one sitting, the first one from the weights of the model folder `start`, if named.

    A model of another pair lends what it knows of English: see `research.translation.train.lent`.
    `rate` multiplies the usual rates, `fall` is the share of the sitting in which they fall to zero.
    """
    folder, usual = checkpoints / pair, Recipe()
    spelling = corpus.SPELLING.get(pair, {})
    pairs = corpus.prepare(
        _pairs(data, checkpoints, pair), _tokenizer(checkpoints, pair), folder, spelling=spelling
    )
    model = spm.SentencePieceProcessor(model_file=str(_tokenizer(checkpoints, pair)))
    train_model(
        pairs,
        Shape(model.get_piece_size()),
        Recipe(
            tokens=tokens or usual.tokens,
            until=until,
            threads=threads,
            rate=rate * usual.rate,
            matrix_rate=rate * usual.matrix_rate,
            fall=fall,
        ),
        folder,
        device,
        _begun(start, pair, model) if start else None,
    )


def _begun(start: Path, pair: str, ours: spm.SentencePieceProcessor) -> Start:
    """Return a pair's initial weights: those of the folder `start`, of another pair as far as they fit."""
    weights, about = unpack.translator(start), modelfile.read(start)
    if evaluate.pair_of(about) == pair:
        return Start(weights, about.get("training_tokens", 0))
    theirs = spm.SentencePieceProcessor(model_file=str(start / "sentencepiece.model"))
    return Start(lent(weights, pieces(theirs), pieces(ours)), 0)


def convert(
    data: Path,
    checkpoints: Path,
    pair: str,
    folder: Path,
    version: str,
    beam: int,
    start: Path | None = None,
) -> None:
    """Convert the averaged weights to int8 and write the model folder and its card, without quality.

    `start` is the model folder that the first sitting began with, if any.
    """
    weights = checkpoints / pair / "average.pt"
    shape = convert_weights(weights, _tokenizer(checkpoints, pair), folder)
    source, target = pair.split("-")
    state = torch.load(weights, weights_only=True, map_location="cpu")
    origins = corpus.origins(_pairs(data, checkpoints, pair))
    modelfile.write(
        folder,
        {
            "format": 1,
            "name": pair,
            "version": version,
            "kind": "translator",
            "base": _base(start, pair),
            "licence": _licence(origins),
            "training_tokens": state["tokens"],
            "max_tokens": shape.positions - 1,
            "source_language": source,
            "target_language": target,
            "beam": beam,
            "intended_use": INTENDED_USE,
            "known_failures": KNOWN_FAILURES.get(pair, ()),
            "data": origins,
            **({"source_spelling": spelling} if (spelling := corpus.SPELLING.get(pair)) else {}),
            "tasks": {},
        },
    )


def _licence(origins: Sequence[str]) -> str:
    known = "Apache-2.0; weights trained on public sentence pairs, see data"
    if not any(origin.startswith("wmtbio") for origin in origins):
        return known
    return f"{known}; the licence of the journal abstracts among them (wmtbio) is unstated"


def _base(start: Path | None, pair: str) -> str:
    if start is None:
        return "none: trained from scratch"
    about = modelfile.read(start)
    if evaluate.pair_of(about) == pair:
        return str(about["base"])
    return (
        f"{about['name']}@{about['version']}: its layers and the pieces that both languages' tokenizers have"
    )


def adapter(
    data: Path,
    checkpoints: Path,
    tokens: int | None,
    until: float,
    threads: int,
    device: str,
    accepted: bool,
) -> None:
    """Train the larger model's adapter, or go on, and put it where `docassay models add` finds it.

    Raises:
        ModelError: The terms were not accepted, or the model cannot be fetched.
    """
    print(gemma.TERMS)
    if not accepted:
        raise ModelError("nothing was fetched; once you have read the terms, say --accept-licence")
    base, folder = checkpoints / gemma.NAME, checkpoints / "adapter"
    if not base.is_dir():
        with tempfile.TemporaryDirectory(dir=checkpoints) as scratch:
            gemma.unpack(Path(scratch))
            shutil.copytree(scratch, base)
    pairs = {
        language: _pairs(data, checkpoints, f"{language}-en")
        for language in LANGUAGES
        if _bitext(data, f"{language}-en").is_file()
    }
    usual = AdapterRecipe()
    recipe = AdapterRecipe(tokens=tokens or usual.tokens, until=until, threads=threads)
    train_adapter(base / "float32", pairs, recipe, folder, device)
    publish_adapter(folder, gemma.ADAPTER)


def measure(data: Path, folder: Path, threads: int) -> str:
    """Translate every test set of a model's languages, keep BLEU and chrF in its card, and return them.

    The score from which on a translation is doubted is chosen, too.
    """
    translator = open_translator(folder, threads)
    figures = evaluate.measure(translator, data)
    guards = {"score": evaluate.score_bound(translator, data)}
    about = {**modelfile.read(folder), "guards": guards}
    quality = {name: list(figure) for name, figure in figures.items()}
    modelfile.write(folder, {**about, "quality": {"unit": "BLEU, chrF (sacrebleu, its defaults)", **quality}})
    return json.dumps(quality, indent=1)


def _bitext(data: Path, pair: str) -> Path:
    return data / "bitext" / f"{pair}.train.parquet"


def _mined(checkpoints: Path, pair: str) -> Path:
    return checkpoints / pair / "mined.parquet"


def _pairs(data: Path, checkpoints: Path, pair: str) -> list[Path]:
    """List the files of a pair: the bitext, and what has been mined."""
    mined_pairs = _mined(checkpoints, pair)
    return [_bitext(data, pair), *([mined_pairs] if mined_pairs.is_file() else [])]


def _tokenizer(checkpoints: Path, pair: str) -> Path:
    return checkpoints / pair / "sentencepiece.model"
