"""What a decoder says as Transformers runs it: by this its conversion is judged."""

from __future__ import annotations

import gc
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docassay.models.adopt import weights
from docassay.models.adopt.folder import told
from docassay.schemas.errors import ModelError

POSITIONS = 1_024
"""Most tokens whose logits are compared: a wrong scaling of positions shows far from the beginning."""

WRITTEN = 24
"""Tokens that both write greedily."""

SAMPLE = (
    "The tenant pays the rent on the fifth working day of each month."
    " Der Mieter zahlt die Miete am fünften Werktag jedes Monats."
    " Le locataire paie le loyer le cinquième jour ouvrable de chaque mois."
    " Invoice 24-7: 3 items at 12.50 EUR, 19 % VAT, 44.63 EUR."
    " Patient denies chest pain; BP 120/80, metformin 500 mg twice daily. "
)
MOST_TOKENS = 2**31
"""Numbers of tokens are smaller, in any vocabulary."""

_REQUEST = "Which of these words is a colour: house, green, river?"
_MARK = "REQUEST-STANDS-HERE"


@dataclass(frozen=True, slots=True)
class Chat:
    """What stands around a request, and the tokens that end an answer."""

    before: str
    after: str
    stops: tuple[str, ...]


def tokenizer_of(path: Path, **further: str) -> Any:
    """Open a folder's tokenizer as Transformers does, with further arguments of its.

    Raises:
        ModelError: It cannot be read.
    """
    from transformers import AutoTokenizer

    with told(f"{path}: its tokenizer cannot be read"), warnings.catch_warnings(action="ignore"):
        return AutoTokenizer.from_pretrained(path, local_files_only=True, **further)


def chat_of(path: Path) -> Chat:
    """Have the chat template write a request, and take it apart; without one, a request stands alone.

    Raises:
        ModelError: The template fails, or does not write a request as it is.
    """
    from transformers import AutoConfig, GenerationConfig

    tokenizer = tokenizer_of(path)
    before, after, end = tokenizer.bos_token or "", "", ""
    if tokenizer.chat_template:
        request = [{"role": "user", "content": _MARK}]
        answered = [*request, {"role": "assistant", "content": _MARK}]
        with told(f"{path}: its chat template cannot be used"):
            asked = tokenizer.apply_chat_template(request, tokenize=False, add_generation_prompt=True)
            whole = tokenizer.apply_chat_template(answered, tokenize=False)
            before, after = asked.split(_MARK)
            end = whole.rsplit(_MARK, 1)[1].strip()
    ends = {tokenizer.eos_token}
    known = len(tokenizer)
    if end:
        first = tokenizer.encode(end, add_special_tokens=False)[0]
        ends |= {tokenizer.convert_ids_to_tokens(first)} if first in tokenizer.all_special_ids else set()
    for source in (AutoConfig, GenerationConfig):
        with told(f"{path} cannot be read"):
            try:
                number = source.from_pretrained(path, local_files_only=True).eos_token_id
            except OSError:  # there need be no generation_config.json
                continue
        numbers = number if isinstance(number, list) else [] if number is None else [number]
        wrong = [number for number in numbers if type(number) is not int or not 0 <= number < MOST_TOKENS]
        if wrong:
            raise ModelError(f"{path}: eos_token_id is {wrong[0]!r}, which is not a token's number")
        ends |= set(tokenizer.convert_ids_to_tokens([number for number in numbers if number < known]))
    return Chat(before, after, tuple(sorted(end for end in ends if end)))


@dataclass(frozen=True, slots=True)
class Original:
    """What the original says.

    Attributes:
        context: Tokens that prompt and answer may have together.
        ids: The tokens whose logits are compared.
        logits: float32 [tokens, vocabulary].
        prompt: The tokens of a request.
        written: The tokens that it writes greedily.
    """

    context: int
    ids: list[int]
    logits: np.ndarray
    prompt: list[int]
    written: list[int]


def read(path: Path, chat: Chat) -> Original:
    """Run a decoder in float32 on the sample, and let it write.

    Raises:
        ModelError: It cannot be read, its weights are not all that config.json describes or are more, its
            context is too short, or its weights are damaged.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = tokenizer_of(path)
    with told(f"{path} cannot be read"):
        config = AutoConfig.from_pretrained(path, local_files_only=True)
    context = weights.context(path, config)
    weights.check_numbers(path, config, weights.stored(path))
    with told(f"{path} cannot be read"), warnings.catch_warnings(action="ignore"):
        opened: Any = AutoModelForCausalLM.from_pretrained(
            path, local_files_only=True, dtype=torch.float32, use_safetensors=True, output_loading_info=True
        )
    model, loaded = opened
    model.eval()
    weights.check_whole(path, loaded)
    once = _tokens(path, tokenizer)
    first = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    length = min(POSITIONS, context)
    ids = (first + once * (length // len(once) + 1))[:length]
    prompt = tokenizer.encode(chat.before + _REQUEST + chat.after, add_special_tokens=False)
    if max(*ids, *prompt) >= model.config.vocab_size:
        raise ModelError(f"{path}: its tokenizer has more tokens than the model has rows")
    if len(prompt) + WRITTEN > context:
        raise ModelError(f"{path}: a context of {context} tokens is shorter than a request ({len(prompt)})")
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0].numpy().copy()
        row = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            max_new_tokens=WRITTEN,
            max_length=None,
            eos_token_id=tokenizer.convert_tokens_to_ids(list(chat.stops)),
            pad_token_id=0,
        )[0].tolist()[len(prompt) :]
    del model
    gc.collect()
    if not np.isfinite(logits).all():
        raise ModelError(f"{path}: the original gives logits that are not numbers; its weights are damaged")
    return Original(context, ids, logits, prompt, row)


def _tokens(path: Path, tokenizer: Any) -> list[int]:
    """Cut the sample; what runs reads `tokenizer.json` alone, and must cut as Transformers does."""
    from tokenizers import Tokenizer

    with told(f"{path / 'tokenizer.json'} cannot be read"):
        alone = Tokenizer.from_file(str(path / "tokenizer.json")).encode(SAMPLE, add_special_tokens=False).ids
    ids: list[int] = tokenizer.encode(SAMPLE, add_special_tokens=False)
    if not ids or ids != alone:
        raise ModelError(
            f"{path}: tokenizer.json cuts a sample into {len(alone)} tokens, Transformers into {len(ids)},"
            " or into others"
        )
    return ids
