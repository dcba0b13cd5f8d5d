"""Convert a Marian, NLLB or M2M100 folder into a model folder that `models.translator` opens.

Each family needs other tokens around a sentence; with the wrong ones a translation is quietly wrong:

    Marian     PIECES </s>; where one model has several target languages, >>eng<< PIECES </s>
    NLLB       fra_Latn PIECES </s>, and the English begins with eng_Latn
    M2M100     __fr__ PIECES </s>, and the English begins with __en__

So a conversion is compared with the original: the tokenizer of Transformers must frame the sample with
the same tokens, and the original, decoding greedily in float32, must give the same English.
"""

import json
import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece

from docassay.models import modelfile
from docassay.models.adopt import loaders
from docassay.models.adopt.folder import made, room, scratch, told
from docassay.models.adopt.original import tokenizer_of
from docassay.models.adopt.weights import check_layers, check_whole, stored
from docassay.models.modelfile import Value
from docassay.models.translator import MARK_OF_END, SequenceTranslator
from docassay.schemas.errors import ModelError

LONGEST = 256
"""Most tokens of a sentence: longer ones are split before they are translated."""

MOST_POSITIONS = 65_536
"""Tokens of the longest sentence that is believed: a table of that length is made."""

COMPARED = 24
"""Tokens of the sample's translation that are compared."""

SOURCE_PIECES = "sentencepiece.model"
TARGET_PIECES = "sentencepiece.target.model"
"""Files of SentencePiece models in a model folder; the second where the languages have one each."""

PIECES = {"marian": ("source.spm", "target.spm"), "m2m_100": ("sentencepiece.bpe.model",)}
"""SentencePiece files of a folder by its `model_type`: of the source, and of the target if it has its own."""

_LANGUAGES = tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8"))
FLORES: dict[str, str] = _LANGUAGES["flores"]
"""NLLB's code of a language by its two-letter code."""

SAMPLES: dict[str, str] = _LANGUAGES["samples"]
"""A sentence in a language."""

_TAG = re.compile(r"[a-z]{2,3}")
_TARGET_TOKEN = re.compile(r">>[\w-]+<<")


@dataclass(frozen=True, slots=True)
class Family:
    """What a kind of folder needs around a sentence.

    Attributes:
        pieces: SentencePiece files of the source, and of the target where it has its own.
        source_code: The language as the tokenizer of Transformers calls it; empty where it does not.
    """

    name: str
    pieces: tuple[str, ...]
    source_prefix: tuple[str, ...]
    target_prefix: tuple[str, ...]
    source_code: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """A model that has been converted, verified and put in its place."""

    folder: Path
    id: str
    family: str
    sample: str
    english: str
    megabytes: float


def adopt(
    path: Path,
    translates: str,
    to: Path,
    name: str = "",
    sample: str = "",
    beam: int = 2,
    licence: str = "",
    source_code: str = "",
) -> Adopted:
    """Convert the model in `path` to int8, compare it with the original, and put it into ``to/name``.

    Args:
        path: A folder as Transformers saves it, with its SentencePiece files.
        translates: Source and target as ``it-en``; the target must be English.
        to: The folder of models to add to.
        name: What to call it; without one, the folder's name in lower case.
        sample: A sentence to compare on; without one, a built-in sentence of the language.
        beam: Hypotheses the model keeps at a time when it is used.
        licence: Recorded in the card; without one, the `license` of the folder's README.md.
        source_code: The language as the model calls it, where this module does not know it.

    Raises:
        ModelError: The folder is none of the three families, lacks a file or the language, or its
            conversion does not translate the sample as the original does.
    """
    language = pair(translates)
    sample = sample or SAMPLES.get(language, "")
    if not sample.strip():
        raise ModelError(
            f"there is no built-in sentence in {language!r} to test with; give one with --sample"
        )
    config = configuration(path)
    family = recognise(path, config, language, source_code)
    positions = config.get("max_position_embeddings", LONGEST)
    if type(positions) is not int or not 0 < positions <= MOST_POSITIONS:
        raise ModelError(
            f"{path}: max_position_embeddings is {positions!r}; a translator has 1 to {MOST_POSITIONS:,}"
        )
    if list(path.glob("*.safetensors")):  # of others nothing is known before they are read
        check_layers(path, config, stored(path))
    name = name or path.resolve().name.lower()
    weights = sum(file.stat().st_size for file in path.iterdir() if file.suffix in (".safetensors", ".bin"))
    room(to, 3 * weights)
    about: dict[str, Value] = {
        "format": 1,
        "name": name,
        "version": "1",
        "kind": "translator",
        "tokenizer": "sentencepiece",
        "family": family.name,
        "base": str(config.get("_name_or_path") or path.resolve().name),
        "licence": licence or stated_licence(path) or "not stated; see where the model came from",
        "source_language": language,
        "target_language": "en",
        "max_tokens": min(positions, LONGEST),
        "source_prefix": list(family.source_prefix),
        "source_suffix": [MARK_OF_END],
        "target_prefix": list(family.target_prefix),
    }
    with made(to, name) as folder, scratch(to, ".float32.") as work:
        exact = work / name
        convert(path, exact, family, None)
        modelfile.write(exact, about | {"beam": 1})
        compare(path, exact, family, sample)
        convert(path, folder, family, "int8")
        modelfile.write(folder, about | {"beam": beam})
        translator = SequenceTranslator(folder)
        english = translator.translate([sample])[0].text
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    return Adopted(to / name, translator.card.id, family.name, sample, english, size)


def pair(translates: str) -> str:
    """Take the source language from ``it-en``.

    >>> pair("it-en")
    'it'

    Raises:
        ModelError: It is no such pair, or does not lead into English.
    """
    source, _, target = translates.lower().partition("-")
    if not _TAG.fullmatch(source) or target != "en" or source == "en":
        raise ModelError(f"--translates is {translates!r}; it must be into English, such as it-en")
    return source


def configuration(path: Path) -> dict[str, Any]:
    """Read a folder's config.json.

    Raises:
        ModelError: There is none, or it is not JSON.
    """
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path} is not the folder of a model: config.json is missing") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path / 'config.json'} cannot be read: {error}") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path / 'config.json'} does not describe a model")
    return config


def recognise(path: Path, config: dict[str, Any], language: str, source_code: str = "") -> Family:
    """Tell the family of a folder, and the tokens that it wants for a language into English.

    Raises:
        ModelError: It is of no family known here, or has not the language.
    """
    kind = config.get("model_type")
    if kind not in PIECES:
        raise ModelError(
            f"{path} holds a model of type {kind!r}; Marian, NLLB and M2M100 can be converted"
            f" (config.json: model_type {' or '.join(PIECES)})"
        )
    missing = [file for file in PIECES[kind] if not (path / file).is_file()]
    if missing:
        raise ModelError(
            f"{path} lacks {' and '.join(missing)}, which split texts into tokens;"
            " copy it from where the model came from"
        )
    if kind == "marian":
        targets = sorted(filter(_TARGET_TOKEN.fullmatch, _tokenizer(path).get_vocab()))
        english = [token for token in targets if token in (">>eng<<", ">>en<<")]
        if targets and not english:
            raise ModelError(f"{path} does not translate into English, but into {', '.join(targets)[:200]}")
        return Family("marian", PIECES[kind], tuple(english[:1]), (), "")
    tokenizer = _tokenizer(path)
    nllb = _has(tokenizer, FLORES["en"])
    code = source_code or (FLORES.get(language, "") if nllb else language)
    source, target = (code, FLORES["en"]) if nllb else (f"__{code}__", "__en__")
    if not _has(tokenizer, source) or not _has(tokenizer, target):
        raise ModelError(
            f"{path} has no token {source!r} for {language}, or none for English;"
            " give its name for the language with --source-code"
        )
    name = "nllb" if nllb else "m2m100"
    return Family(name, PIECES[kind], (source,), (target,), code)


def _tokenizer(path: Path, source_code: str = "") -> Any:
    return tokenizer_of(path, **({"src_lang": source_code} if source_code else {}))


def _has(tokenizer: Any, token: str) -> bool:
    return bool(token) and tokenizer.convert_tokens_to_ids(token) not in (None, tokenizer.unk_token_id)


def stated_licence(path: Path) -> str:
    """Take the licence from the head of a model folder's README.md, or nothing."""
    try:
        page = (path / "README.md").read_text(encoding="utf-8")[:20_000]
    except (OSError, ValueError):
        return ""
    match = re.search(r"(?m)^license(?:_name)?:[ \t]*[\"']?([\w.+ -]{2,60})", page)
    return match[1].strip() if match else ""


def convert(path: Path, folder: Path, family: Family, quantization: str | None) -> None:
    """Write CTranslate2's files and the SentencePiece models into `folder`.

    Raises:
        ModelError: The weights cannot be read, or are not those that config.json describes.
    """
    loaders.convert(path, folder, quantization)
    for source, target in zip(family.pieces, (SOURCE_PIECES, TARGET_PIECES), strict=False):
        shutil.copyfile(path / source, folder / target)


def compare(path: Path, folder: Path, family: Family, sample: str) -> None:
    """Hold a float32 conversion against the original.

    Raises:
        ModelError: They frame the sample by other tokens, or translate it otherwise.
    """
    translator = SequenceTranslator(folder)
    translator.engine = ctranslate2.Translator(str(folder), device="cpu", compute_type="float32")
    expected, ended, framed = original(path, family, sample)
    if translator.count([sample]) != [framed]:
        raise ModelError(
            f"{path}: Transformers cuts the sample into {framed} tokens, the conversion into"
            f" {translator.count([sample])[0]}; its SentencePiece files are not those of its vocabulary"
        )
    pieces = sentencepiece.SentencePieceProcessor(
        model_file=str(folder / (TARGET_PIECES if len(family.pieces) > 1 else SOURCE_PIECES))
    )
    english = translator.translate([sample])[0].text
    # What has not ended is compared but for its last token, of which the other may hold the rest.
    wanted = pieces.decode(list(expected if ended else expected[:-1])).strip()
    if not (english == wanted if ended else english.startswith(wanted)):
        raise ModelError(
            f"{path}: the conversion translates {sample!r} as {english!r}, the original as {wanted!r};"
            " it was not added"
        )


def original(path: Path, family: Family, sample: str) -> tuple[Sequence[str], bool, int]:
    """Translate the sample with Transformers, greedily.

    Returns:
        The tokens of the English, whether it came to an end within `COMPARED` tokens, and the number
        of tokens that the sample was cut into.

    Raises:
        ModelError: It cannot, or its weights are not all that config.json describes, or of more layers.
    """
    import torch
    from transformers import AutoModelForSeq2SeqLM

    tokenizer = _tokenizer(path, family.source_code)
    with told(f"{path} cannot be read"):
        opened: Any = AutoModelForSeq2SeqLM.from_pretrained(
            path, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    model, loaded = opened[0].eval(), opened[1]
    lacking = [key for key in loaded["missing_keys"] if "embed_positions" not in key]  # they are computed
    surplus = [key for key in loaded["unexpected_keys"] if ".layers." in key]
    check_whole(path, {"missing_keys": lacking, "unexpected_keys": surplus})
    text = " ".join([*([] if family.source_code else family.source_prefix), sample])
    inputs = tokenizer(text, return_tensors="pt")
    forced = {}
    if family.target_prefix:
        forced = {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(family.target_prefix[0])}
    # Its generation_config.json may ask for what cannot be.
    with told(f"{path} cannot translate the sample"), torch.inference_mode():
        ids = model.generate(
            **inputs, num_beams=1, do_sample=False, max_new_tokens=COMPARED, max_length=None, **forced
        )
    row = ids[0].tolist()[1 + len(family.target_prefix) :]
    end = tokenizer.eos_token_id
    ended = end in row
    row = row[: row.index(end)] if ended else row
    return tokenizer.convert_ids_to_tokens(row), ended, inputs["input_ids"].shape[1]
