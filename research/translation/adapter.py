"""Train an adapter of the larger model, so that it translates without being shown how (LoRA).

Small matrices beside each matrix of the layers are trained, everything else stays as it is (Hu et al. 2022,
https://arxiv.org/abs/2106.09685); at conversion they are added to the weights. The model is trained to go on
as `models.generator` asks it to. Of the vocabulary only frequent tokens and those of the batch take part in
the loss: the other nine tenths would take half of the time.
"""

import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from docassay.models.generator import prompt, prompt_prefix
from docassay.schemas.errors import UsageError
from docassay.train.encode import batches
from docassay.train.full.finetune import bf16_pays, keep, padded
from research.encoder.pace import Pace, Sitting
from research.translation import corpus
from research.translation.train import IGNORED

SHARES: Mapping[str, float] = {
    "tatoeba": 0.2,
    "europarl": 0.2,
    "claudette": 0.25,
    "swiss-law": 0.15,
    "wmtbio": 0.15,
    "wikibio": 0.15,
    "canlaw": 0.1,
    "mozilla-legal": 0.06,
    "emea": 0.05,
    "libreoffice": 0.04,
    "openehr": 0.04,
    "eforms": 0.02,
    "gnuhealth": 0.01,
    "hpo": 0.01,
}
"""How often corpora are drawn, by the start of their names, for a start all together; others are not read."""

COMMON = 20_000
"""First ids of the vocabulary, the most frequent tokens, which take part in every loss."""

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

BASE = "google/gemma-3-270m"
WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"
"""The files of an adapter, as the library `peft` calls them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run, apart from the data.

    `tokens` counts both sides with what stands around them; `until` is the Unix time at which it ends. The
    rate rises for `warmup` of the run and falls to zero by its end.
    """

    tokens: int = 3_000_000
    batch_tokens: int = 2048
    rate: float = 4e-4
    warmup: float = 0.05
    rank: int = 8
    until: float = math.inf
    checkpoint_every: float = 300.0
    threads: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids of a prompt with its translation, which starts at `start`."""

    ids: tuple[int, ...]
    start: int


def drawn(parquets: Mapping[str, Sequence[Path]], seed: int) -> Iterator[tuple[str, str, str]]:
    """Draw pairs without end, of each language as often: (language, source, English).

    Args:
        parquets: Files of pairs, by source language.
        seed: Decides the order.
    """
    chance = random.Random(seed)
    by_language = {
        language: _pairs_by_corpus(corpus.read(files, "corpus", "source", "target"))
        for language, files in sorted(parquets.items())
    }
    places: dict[tuple[str, str], int] = defaultdict(int)
    while True:
        for language, (weights, pairs) in by_language.items():
            (name,) = chance.choices(list(weights), list(weights.values()))
            place = places[language, name]
            if place % len(pairs[name]) == 0:
                chance.shuffle(pairs[name])
            places[language, name] += 1
            yield (language, *pairs[name][place % len(pairs[name])])


def _pairs_by_corpus(table: pa.Table) -> tuple[dict[str, float], dict[str, list[tuple[str, str]]]]:
    """Group a table's pairs by the corpora of `SHARES`: how often each is drawn, and its pairs."""
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in table.to_pylist():
        if start := corpus.known(row["corpus"], SHARES):
            pairs[start].append((row["source"], row["target"]))
    return {start: SHARES[start] for start in pairs}, dict(pairs)


def row(tokenizer: Tokenizer, language: str, source: str, english: str, start: int, end: int) -> Row | None:
    """Encode a pair as the model is asked and should go on; none where a side is too long.

    `start` and `end` are the ids before the prompt and after the translation.
    """
    opened, question, answer = (
        tokenizer.encode(text, add_special_tokens=False).ids
        for text in (
            prompt_prefix(language),
            prompt(" ".join(source.split())),
            f" {' '.join(english.split())}",
        )
    )
    if not corpus.usable(len(question), len(answer)):
        return None
    before = (start, *opened, *question)
    return Row((*before, *answer, end), len(before))


def train(
    base: Path, parquets: Mapping[str, Sequence[Path]], recipe: Recipe, folder: Path, device: str = "cpu"
) -> None:
    """Train for one sitting, or go on; leaves the adapter in `folder` as the library `peft` saves it.

    Args:
        base: The larger model in float32, as Transformers saves it.
        parquets: Files of pairs, by source language.
        recipe: What decides the run.
        folder: For the adapter and the checkpoint.
        device: cpu or cuda.
    """
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(recipe.seed)
    kind = torch.bfloat16 if bf16_pays(device) else torch.float32
    plain: Any = AutoModelForCausalLM.from_pretrained(base, dtype=kind, attn_implementation="eager")
    settings = LoraConfig(
        r=recipe.rank, lora_alpha=2 * recipe.rank, target_modules=list(TARGETS), task_type="CAUSAL_LM"
    )
    model: Any = get_peft_model(plain.to(device), settings)
    trainable = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trainable, betas=(0.9, 0.98), weight_decay=0.0)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    end = tokenizer.token_to_id("\n")
    if end is None:
        raise UsageError(f"{base / 'tokenizer.json'} has no token for the end of a line")
    folder.mkdir(parents=True, exist_ok=True)
    latest = folder / "latest.pt"
    first = _restore(latest, trainable, optimizer) if latest.is_file() else 0
    pace, sitting = Pace(recipe.threads), Sitting(recipe.tokens, recipe.until, first)
    tokens, running_loss, step = 0, 0.0, 0
    logged = saved = sitting.began
    model.train()
    for batch in _batches(tokenizer, drawn(parquets, recipe.seed), plain.config.bos_token_id, end, recipe):
        size = sum(len(one.ids) for one in batch)
        if tokens < first:
            tokens += size
            continue
        now = time.time()
        done = sitting.done(tokens, now)
        if done >= 1.0:
            break
        share = min(1.0, (done + 1e-3) / recipe.warmup, (1.0 - done) / (1.0 - recipe.warmup))
        for group in optimizer.param_groups:
            group["lr"] = share * recipe.rate
        threads = pace.threads(step)
        torch.set_num_threads(threads)
        started = time.perf_counter()
        loss = _loss(model, batch, kind, device)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        pace.note(threads, size / (time.perf_counter() - started))
        tokens, step = tokens + size, step + 1
        value_of_loss = float(loss.detach())
        running_loss = 0.97 * (running_loss or value_of_loss) + 0.03 * value_of_loss
        if now - logged > 30:
            logged = now
            print(sitting.line(step, tokens, now, running_loss, share, threads), flush=True)
        if now - saved > recipe.checkpoint_every:
            saved = now
            _save(latest, trainable, optimizer, tokens)
            model.save_pretrained(folder)
    model.save_pretrained(folder)
    latest.unlink(missing_ok=True)


def publish(folder: Path, target: Path) -> None:
    """Copy a trained adapter to `target`, in half the size, without the paths of this machine."""
    from safetensors.torch import load_file, save_file

    target.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half() for name, value in load_file(folder / WEIGHTS).items()}
    save_file(weights, target / WEIGHTS, {"format": "pt"})
    settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    text = json.dumps({**settings, "base_model_name_or_path": BASE}, indent=2, sort_keys=True)
    (target / SETTINGS).write_text(text + "\n", encoding="utf-8")


def _batches(
    tokenizer: Tokenizer, pairs: Iterator[tuple[str, str, str]], start: int, end: int, recipe: Recipe
) -> Iterator[list[Row]]:
    """Cut batches of like length, at most `batch_tokens` with padding, from stretches of the pairs."""
    chance = random.Random(recipe.seed)
    while True:
        stretch: list[Row] = []
        while len(stretch) < 2_000:
            encoded = row(tokenizer, *next(pairs), start=start, end=end)
            if encoded:
                stretch.append(encoded)
        stretch.sort(key=lambda one: len(one.ids))
        cut = batches(range(len(stretch)), [len(one.ids) for one in stretch], recipe.batch_tokens)
        chance.shuffle(cut)
        for batch in cut:
            yield [stretch[place] for place in batch]


def _loss(model: Any, batch: Sequence[Row], kind: torch.dtype, device: str) -> Tensor:
    """Return the mean loss of a batch's translations."""
    ids = padded([one.ids for one in batch], 0).to(device)
    mask = padded([[1] * len(one.ids) for one in batch], 0).to(device)
    targets = [[*[IGNORED] * (one.start - 1), *one.ids[one.start :], IGNORED] for one in batch]
    gold = padded(targets, IGNORED).to(device)
    causal = model.base_model.model
    with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=kind == torch.bfloat16):
        states = causal.model(input_ids=ids, attention_mask=mask).last_hidden_state
        counted = gold != IGNORED
        wanted = gold[counted]
        table = causal.lm_head.weight
        common = torch.arange(min(COMMON, len(table)), device=device)
        known = torch.unique(torch.cat([common, wanted]))
        logits = states[counted] @ table[known].T
    return functional.cross_entropy(logits.float(), torch.searchsorted(known, wanted))


def _save(path: Path, trainable: Sequence[Tensor], optimizer: torch.optim.Optimizer, tokens: int) -> None:
    weights = [value.detach() for value in trainable]
    keep({"weights": weights, "optimizer": optimizer.state_dict(), "tokens": tokens}, path)


def _restore(path: Path, trainable: Sequence[Tensor], optimizer: torch.optim.Optimizer) -> int:
    """Go on from a checkpoint; return the tokens seen."""
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for value, was in zip(trainable, state["weights"], strict=True):
            value.copy_(was)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["tokens"])
