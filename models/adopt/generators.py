"""Convert a decoder, a Transformers folder or a GGUF file, into a model folder that answers questions.

A conversion that differs from the original is quietly wrong: the engine leaves out what it does not know of,
such as a soft cap on logits. So it is compared before it is added: the logits of each of many tokens, and
what is written greedily, both in float32. What int8 makes of it is measured beside.

The card says, beside what every card says:

    max_tokens   tokens of prompt and answer together: the context, or a narrower window of attention
    before       what stands before a request, as the model's own chat template writes it
    after        what stands between a request and the answer
    stops        tokens that end an answer
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import psutil

from docassay.models import modelfile
from docassay.models.adopt.folder import check_name, first_line, made, room, scratch
from docassay.models.adopt.loaders import convert
from docassay.models.adopt.original import WRITTEN, Chat, Original, chat_of, read, tokenizer_of
from docassay.models.adopt.translators import configuration, stated_licence
from docassay.models.adopt.weights import MAGIC, check_layers, full_precision, stated, stored
from docassay.models.catalog import verify
from docassay.models.fallback.decoder import Framing
from docassay.schemas.errors import ModelError

FAMILIES: Mapping[str, str] = {
    "falcon": "Falcon",
    "gemma": "Gemma",
    "gemma2": "Gemma 2",
    "gemma3_text": "Gemma 3",
    "llama": "Llama",
    "mistral": "Mistral",
    "phi3": "Phi-3",
    "qwen2": "Qwen 2.5",
    "qwen3": "Qwen 3",
}
"""The families that may be added, by `model_type` of their config.json."""

TOLERANCE = 1e-3
"""How far logits may differ, over the largest of them: right conversions by 1e-5, wrong ones by 3e-2."""

LEAST_SAME = 0.7
"""The least share of positions at which int8 must find the same next token as float32."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How a conversion compares with its original.

    Attributes:
        difference: Of logits in float32, the largest over the largest logit.
        written: Tokens written greedily in float32, all of them the same.
        same: Share of positions at which int8 finds the next token that float32 does.
    """

    difference: float
    written: int
    same: float


@dataclass(frozen=True, slots=True)
class Adopted:
    """A decoder that has been converted, compared and put in its place."""

    folder: Path
    id: str
    family: str
    context: int
    megabytes: float
    parity: Parity


def adopt(path: Path, to: Path, name: str = "", licence: str = "") -> Adopted:
    """Convert the decoder in `path` to int8, compare it with the original, and put it into ``to/name``.

    Args:
        path: A folder as Transformers saves it, with `tokenizer.json` and safetensors; or a GGUF file.
        to: The folder of models to add to.
        name: What to call it; without one, the folder's or file's name in lower case.
        licence: Recorded in the card; without one, what README.md or the GGUF file says.

    Raises:
        ModelError: It is of no family known here, lacks a file, holds a pickle, needs more memory or disk
            than there is, or its conversion does not do what the original does.
    """
    name = name or (path.stem if path.is_file() else path.resolve().name).lower()
    check_name(to, name)  # before minutes of work
    if path.is_dir():
        _safe(path)
        return _adopt(path, to, name, licence or stated_licence(path), path.resolve().name)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ModelError(f"{path} is not a GGUF file (it does not begin with {MAGIC.decode()})")
    about = stated(path)
    room(to, about.float32 * 5 // 2)
    _memory(path, about.float32 * 5 // 4)
    with scratch(to, ".unpacked.") as unpacked:
        source = unpacked / "float32"
        full_precision(path, source)
        try:
            return _adopt(source, to, name, licence or about.licence, about.name or path.name)
        except ModelError as error:  # it names what the user does not know of
            raise ModelError(str(error).replace(str(source), str(path))) from None


def _safe(path: Path) -> None:
    """Refuse weights that are a pickle, or of which a part is missing."""
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        pickles = [file.name for kind in ("*.bin", "*.pt", "*.pth") for file in path.glob(kind)]
        if pickles:
            raise ModelError(
                f"{path} has its weights in a pickle ({pickles[0]}), which can run code when it is read;"
                " save the model as safetensors"
            )
        raise ModelError(f"{path} has no weights (*.safetensors)")
    index = path / "model.safetensors.index.json"
    if index.is_file():
        try:
            named = {str(Path(name)) for name in json.loads(index.read_bytes())["weight_map"].values()}
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            raise ModelError(f"{index} cannot be read") from None
        missing = sorted(named - {file.name for file in weights})
        if missing:
            raise ModelError(f"{path} lacks {', '.join(missing)[:200]}: its download is incomplete")


def _adopt(path: Path, to: Path, name: str, licence: str, base: str) -> Adopted:
    config = configuration(path)
    family = FAMILIES.get(str(config.get("model_type")))
    if family is None:
        raise ModelError(
            f"{path} holds a model of type {config.get('model_type')!r};"
            f" {', '.join(FAMILIES.values())} can be added (config.json: model_type)"
        )
    if not (path / "tokenizer.json").is_file():
        raise ModelError(f"{path} lacks tokenizer.json, which splits texts into tokens")
    check_layers(path, config, stored(path))
    size = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    half = str(config.get("dtype") or config.get("torch_dtype")) in ("bfloat16", "float16")
    needed = size * (2 if half else 1)
    room(to, needed * 3 // 2)
    _memory(path, needed * 5 // 4)
    chat = chat_of(path)
    expected = read(path, chat)
    with made(to, name) as folder, scratch(to, ".float32.") as work:
        exact = work / "exact"
        convert(path, exact, None)
        difference, following = _compare(path, exact, expected, chat, config)
        shutil.rmtree(exact)
        convert(path, folder, "int8")
        same = float((_logits(path, folder, "int8", expected).argmax(-1) == following).mean())
        if same < LEAST_SAME:
            raise ModelError(
                f"{path}: in int8 only {same:.0%} of next tokens are those of float32; it was not added"
            )
        parity = Parity(difference, len(expected.written), same)
        shutil.copyfile(path / "tokenizer.json", folder / "tokenizer.json")
        modelfile.write(
            folder,
            {
                "format": 1,
                "name": name,
                "version": "1",
                "kind": "generator",
                "family": family,
                "base": base,
                "licence": licence or "not stated; see where the model came from",
                "max_tokens": expected.context,
                "before": chat.before,
                "after": chat.after,
                "stops": list(chat.stops),
                "source_languages": [],
                "quality": {
                    "logit_difference": float(f"{parity.difference:.2g}"),
                    "greedy_tokens": parity.written,
                    "int8_same_next_token": round(parity.same, 3),
                },
            },
        )
        card = verify(folder)
        Framing(folder, card)  # what no question can be put to is of no use
        megabytes = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    return Adopted(to / name, card.id, family, expected.context, megabytes, parity)


def _memory(path: Path, needed: int) -> None:
    """Refuse to begin where the float32 weights do not fit into memory."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise ModelError(
            f"{path}: to compare the model takes {needed / 1e9:.0f} GB of memory, {free / 1e9:.0f} GB are"
            " free; add it on a larger machine, and copy the folder that this makes"
        )


def _compare(
    path: Path, exact: Path, expected: Original, chat: Chat, config: Mapping[str, Any]
) -> tuple[float, np.ndarray]:
    """Hold a float32 conversion against the original; return how far it is, and the next tokens it finds."""
    found = _logits(path, exact, "float32", expected)
    difference = float(np.abs(found - expected.logits).max() / np.abs(expected.logits).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{path}: the conversion's logits differ from the original's by {difference:.1%} of the largest"
            f"{_why(config)}; it was not added"
        )
    engine = _engine(path, exact, "float32")
    written = engine.generate_batch(
        [tokenizer_of(path).convert_ids_to_tokens(expected.prompt)],
        max_length=WRITTEN,
        beam_size=1,
        include_prompt_in_result=False,
        end_token=list(chat.stops),
        return_end_token=True,
    )[0].sequences_ids[0]
    if written != expected.written:
        raise ModelError(
            f"{path}: the conversion does not generate greedily what the original does; it was not added"
        )
    return difference, found.argmax(-1)


def _engine(path: Path, folder: Path, compute_type: str) -> ctranslate2.Generator:
    """Open what was converted.

    Raises:
        ModelError: The engine cannot, as where it knows no tokens that begin and end a text.
    """
    try:
        return ctranslate2.Generator(str(folder), device="cpu", compute_type=compute_type)
    except Exception as error:  # it raises what it likes
        marks = [] if (path / "tokenizer_config.json").is_file() else ["tokenizer_config.json is missing"]
        reason = ": ".join([*marks, first_line(error)[:300]])
        raise ModelError(f"{path}: the engine cannot open what was converted: {reason}") from None


def _logits(path: Path, folder: Path, compute_type: str, expected: Original) -> np.ndarray:
    engine = _engine(path, folder, compute_type)
    found = np.array(engine.forward_batch([expected.ids], return_log_probs=False))[0]
    return np.asarray(found[:, : expected.logits.shape[1]])  # the rest fills up the engine's rows


def _why(config: Mapping[str, Any]) -> str:
    """Name what is known to be left out by the engine."""
    if config.get("attn_logit_softcapping") or config.get("final_logit_softcapping"):
        return ": the engine does not cap logits as config.json asks (attn_logit_softcapping)"
    scale, head = config.get("query_pre_attn_scalar"), config.get("head_dim")
    if scale and scale != head:
        return f": the engine scales attention by the head's size ({head}), config.json asks for {scale}"
    return ""
