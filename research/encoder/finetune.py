"""Fine-tune one encoder on all tasks at once, with one linear head a task.

The heads read the mean of the last hidden states. Each batch is read twice, under other dropout, and the
divergence of the two predictions is part of the loss (R-drop, Liang et al. 2021), since small tasks are seen
some twenty times. Where a corpus says which words a label rests on, a classifier of tokens, `mark`, learns to
find them.

A row is a text with the gold labels of every task that has it, so that tasks over the same texts share the
forward pass. Rows of all tasks mix in a batch; batches are cut by length. The learning rate falls linearly
to zero over the batches, or over the time allowed when that runs out first, so that a run ends in time with
weights that had their whole schedule.
"""

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from docassay.schemas.errors import UsageError
from docassay.train.encode import batches, load_tokenizer
from docassay.train.full.finetune import average as averaged
from docassay.train.full.finetune import bf16_pays, keep, padded
from docassay.train.score import Kind
from research.corpora.example import WINDOW, Example
from research.encoder.joint import HeadSpec, JointModel, export
from research.encoder.pace import Pace, Sitting


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run, apart from the data.

    Learning rates are peaks: `encoder_rate` at the top layer, times `layer_decay` for every layer below.
    `until` is a Unix time at which the schedule has reached zero at the latest. `average` is the decay of
    the weight average, which is what is saved. `agreement` weighs the divergence of two readings (R-drop),
    `marking` the loss over tokens. `tokens` counts a text once a batch, though it is read twice. `bf16` is
    used where it is faster.
    """

    tokens: int = 5_000_000
    batch_tokens: int = 2048
    encoder_rate: float = 2e-4
    head_rate: float = 2e-3
    layer_decay: float = 0.85
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    smoothing: float = 0.05
    agreement: float = 1.0
    marking: float = 1.0
    average: float = 0.995
    until: float = math.inf
    checkpoint_every: float = 240.0
    threads: int = 2
    bf16: bool = True
    seed: int = 0

    @property
    def readings(self) -> int:
        """How often a batch is read: twice where readings are to agree."""
        return 2 if self.agreement else 1


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids of a text and its gold per task: a class index ("single") or 0/1 per label ("multi").

    `marks` are 0/1 per token, for texts of a task whose corpus says what its labels rest on; else empty.
    """

    ids: tuple[int, ...]
    gold: Mapping[str, tuple[int, ...]]
    marks: tuple[int, ...] = ()


def make_rows(
    examples: Mapping[str, Sequence[Example]],
    heads: Sequence[HeadSpec],
    tokenizer: Path,
    lengths: Mapping[str, int],
) -> list[Row]:
    """Join the train examples of all tasks on their text.

    `lengths` is the cut per task; the longest wins where tasks share a text.
    """
    gold: dict[str, dict[str, tuple[int, ...]]] = {}
    cut: dict[str, int] = {}
    spans: dict[str, tuple[tuple[int, int], ...]] = {}
    for head in heads:
        marked = any(example.spans for example in examples[head.name])
        for example in examples[head.name]:
            if example.split == "train":
                flags = tuple(int(label in example.labels) for label in head.labels)
                gold.setdefault(example.text, {})[head.name] = (
                    (flags.index(1),) if head.kind == "single" else flags
                )
                cut[example.text] = max(cut.get(example.text, 0), lengths[head.name])
                if marked:
                    spans[example.text] = example.spans
    longest = load_tokenizer(tokenizer, max(lengths.values()))
    texts = list(gold)
    rows = []
    for text, encoding in zip(texts, longest.encode_batch(texts), strict=True):
        ids = (
            encoding.ids
            if len(encoding.ids) <= cut[text]
            else [*encoding.ids[: cut[text] - 1], encoding.ids[-1]]
        )
        offsets = [*encoding.offsets[: len(ids) - 1], (0, 0)]
        marks = _marks(offsets, spans[text]) if text in spans else ()
        rows.append(Row(tuple(ids), gold[text], marks))
    return rows


def _marks(offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Say of each token whether it lies in a span.

    >>> _marks([(0, 0), (0, 4), (5, 9), (0, 0)], [(4, 8)])
    (0, 0, 1, 0)
    """
    return tuple(int(any(start < b and a < end for a, b in spans)) for start, end in offsets)


def plan(rows: Sequence[Row], passes: Mapping[str, float], recipe: Recipe) -> list[list[int]]:
    """Draw the batches of a whole run, in random order.

    Each row is drawn as often as its task's passes say, scaled to the token budget.

    A row of two tasks follows the larger number. In a task in which few rows carry a label, those are drawn
    five times as often as the others. Rows are batched by length within stretches of 40 batches.
    """
    chance = random.Random(recipe.seed)
    sparse = _sparse_tasks(rows)
    wanted = [max(passes[task] for task in row.gold) * _emphasis(row, sparse) for row in rows]
    scale = recipe.tokens / sum(want * len(row.ids) for want, row in zip(wanted, rows, strict=True))
    drawn = []
    for index, want in enumerate(wanted):
        count, rest = divmod(want * scale, 1.0)
        drawn += [index] * (int(count) + (chance.random() < rest))
    chance.shuffle(drawn)
    lengths = [len(row.ids) for row in rows]
    rows_per_batch = max(
        1, recipe.batch_tokens * len(drawn) // max(1, sum(lengths[index] for index in drawn))
    )
    planned: list[list[int]] = []
    for start in range(0, len(drawn), 40 * rows_per_batch):
        stretch = sorted(
            drawn[start : start + 40 * rows_per_batch], key=lambda index: (lengths[index], chance.random())
        )
        cut = batches(stretch, lengths, recipe.batch_tokens)
        chance.shuffle(cut)
        planned += cut
    return planned


def _sparse_tasks(rows: Sequence[Row]) -> set[str]:
    """Name the tasks whose rows carry a label in under a fifth of cases.

    A class index above 0 counts as carrying one.
    """
    flags: dict[str, list[bool]] = {}
    for row in rows:
        for task, gold in row.gold.items():
            flags.setdefault(task, []).append(any(gold))
    return {task for task, labelled in flags.items() if sum(labelled) < 0.2 * len(labelled)}


def _emphasis(row: Row, sparse: set[str]) -> float:
    labelled = [any(gold) for task, gold in row.gold.items() if task in sparse]
    return 1.0 if not labelled else 3.0 if any(labelled) else 0.6


def train(
    model: JointModel,
    heads: Sequence[HeadSpec],
    rows: Sequence[Row],
    passes: Mapping[str, float],
    recipe: Recipe,
    folder: Path,
    device: str = "cpu",
) -> None:
    """Run or resume the schedule, on a processor or, with `device` "cuda", on a GPU.

    Every few minutes `folder` gets a checkpoint, at the end `encoder.safetensors`, `heads.safetensors` and
    `heads.json`.

    A checkpoint of another plan (other data or recipe) is refused rather than resumed.

    Raises:
        ValueError: `folder` holds a checkpoint of another plan.
    """
    torch.manual_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    planned = plan(rows, passes, recipe)
    model.to(device)
    run = _Run(
        model,
        torch.optim.AdamW(
            _groups(model, recipe), betas=(0.9, 0.98), weight_decay=recipe.weight_decay, fused=True
        ),
    )
    peaks = [group["lr"] for group in run.optimizer.param_groups]
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file():
        run.restore(checkpoint, len(planned), recipe.readings)
    total = sum(len(rows[index].ids) for batch in planned for index in batch)
    sitting = Sitting(total, recipe.until, run.tokens)
    pace, bf16 = Pace(recipe.threads), recipe.bf16 and bf16_pays(device)
    saved_at = logged_at = time.time()
    model.train()
    while run.step < len(planned):
        done = sitting.done(run.tokens, time.time())
        if done >= 1.0:
            break
        share = min(done / recipe.warmup, (1.0 - done) / (1.0 - recipe.warmup))
        for group, peak in zip(run.optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * share
        batch = [rows[index] for index in planned[run.step]]
        threads = pace.threads(run.step)
        torch.set_num_threads(threads)
        started = time.perf_counter()
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=bf16):
            pooled, states = model.read(*(tensor.to(device) for tensor in _padded(batch * recipe.readings)))
        loss = _loss(model, pooled, batch, heads, recipe)
        if recipe.marking:
            loss = loss + recipe.marking * _mark_loss(model, states, batch * recipe.readings)
        run.learn(loss, batch, recipe.average)
        pace.note(threads, sum(len(row.ids) for row in batch) / (time.perf_counter() - started))
        now = time.time()
        if now - logged_at > 30:
            logged_at = now
            print(sitting.line(run.step, run.tokens, now, run.loss, share, threads), flush=True)
        if now - saved_at > recipe.checkpoint_every:
            saved_at = now
            run.save(checkpoint, len(planned), recipe.readings)
    run.save(checkpoint, len(planned), recipe.readings)
    export(run.average, heads, folder)


class _Run:
    """What a checkpoint holds: weights, their running average, the optimizer's state, the place."""

    def __init__(self, model: JointModel, optimizer: torch.optim.Optimizer) -> None:
        self.model = model
        self.optimizer = optimizer
        self.average = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.step = 0
        self.tokens = 0
        self.loss = 0.0

    def learn(self, loss: Tensor, batch: Sequence[Row], average: float) -> None:
        """Take one step of the optimizer and of the average; early on the average is over fewer steps."""
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.tokens += sum(len(row.ids) for row in batch)
        self.loss = 0.98 * self.loss + 0.02 * loss.item() if self.step > 1 else loss.item()
        averaged(self.average, self.model, min(average, self.step / (self.step + 10)))

    def save(self, file: Path, batches: int, readings: int) -> None:
        """Write a checkpoint."""
        numbers = {
            "batches": batches,
            "readings": readings,
            "step": self.step,
            "tokens": self.tokens,
            "loss": self.loss,
        }
        states = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
        }
        keep(states | numbers, file)

    def restore(self, file: Path, batches: int, readings: int) -> None:
        saved = torch.load(file, map_location=next(self.model.parameters()).device, weights_only=True)
        found, asked = (saved["batches"], saved.get("readings", readings)), (batches, readings)
        if found != asked:
            plans = ["{} batches, each read {} times".format(*plan) for plan in (found, asked)]
            raise UsageError(f"{file} is of {plans[0]}, not {plans[1]}: remove it, or use another folder")
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.average = saved["average"]
        self.step, self.tokens, self.loss = saved["step"], saved["tokens"], saved["loss"]


def windows(ids: Sequence[int]) -> list[Sequence[int]]:
    """Cut a text between its two marks into windows of about equal length, each with both marks.

    >>> windows([101, *range(4), 102])
    [[101, 0, 1, 2, 3, 102]]
    >>> [len(window) for window in windows([101, *range(380), 102])]
    [192, 192]
    """
    body = ids[1:-1]
    number = max(1, math.ceil(len(body) / (WINDOW - 2)))
    cuts = [len(body) * part // number for part in range(number + 1)]
    return [[ids[0], *body[start:end], ids[-1]] for start, end in pairwise(cuts)]


def _padded(batch: Sequence[Row]) -> Iterator[Tensor]:
    """Give ids, mask and owners of a batch's windows."""
    owned = [(owner, window) for owner, row in enumerate(batch) for window in windows(row.ids)]
    yield padded([window for _, window in owned], 0)
    yield padded([[1] * len(window) for _, window in owned], 0)
    yield torch.tensor([owner for owner, _ in owned])


def _loss(
    model: JointModel, pooled: Tensor, batch: Sequence[Row], heads: Sequence[HeadSpec], recipe: Recipe
) -> Tensor:
    """Average over (row, task) pairs, so that a batch of one task and one of many weigh the same.

    `pooled` holds the readings of the batch, one after the other.
    """
    total, count = pooled.new_zeros(()), 0
    dropped = model.dropout(pooled).view(-1, len(batch), pooled.shape[1])
    for head in heads:
        members = [index for index, row in enumerate(batch) if head.name in row.gold]
        if not members:
            continue
        readings = model.heads[head.name](dropped[:, members])
        gold = torch.tensor([batch[index].gold[head.name] for index in members], device=pooled.device)
        weights = torch.tensor(head.weights, device=pooled.device)
        for logits in readings:
            if head.kind == "single":
                losses = functional.cross_entropy(
                    logits, gold[:, 0], weight=weights, reduction="none", label_smoothing=recipe.smoothing
                )
            else:
                losses = functional.binary_cross_entropy_with_logits(
                    logits, gold.float(), pos_weight=weights, reduction="none"
                ).sum(1)
            total = total + losses.sum() / len(readings)
        if len(readings) == 2:
            total = total + recipe.agreement * divergence(readings[0], readings[1], head.kind).sum()
        count += len(members)
    return total / max(1, count)


def divergence(first: Tensor, second: Tensor, kind: Kind) -> Tensor:
    """Return the mean of both Kullback-Leibler divergences of two readings, [texts], from their logits."""
    if kind == "single":
        gap = functional.log_softmax(first, 1) - functional.log_softmax(second, 1)
        return ((first.softmax(1) - second.softmax(1)) * gap).sum(1) / 2
    return ((first.sigmoid() - second.sigmoid()) * (first - second)).sum(1) / 2


def _mark_loss(model: JointModel, states: Tensor, batch: Sequence[Row]) -> Tensor:
    """Average over the tokens of marked texts, times their share of the batch; 0 where there are none.

    A marked text of several windows is left out: the corpora that mark have sentences.
    """
    marked: list[Tensor] = []
    gold: list[int] = []
    window = texts = 0
    for row in batch:
        pieces = len(windows(row.ids))
        if row.marks and pieces == 1:
            marked.append(states[window, : len(row.marks)])
            gold += row.marks
            texts += 1
        window += pieces
    if not marked:
        return states.new_zeros(())
    logits = model.mark(model.dropout(torch.cat(marked)))[:, 0]
    target = torch.tensor(gold, device=states.device, dtype=logits.dtype)
    return functional.binary_cross_entropy_with_logits(logits, target) * (texts / len(batch))


def _groups(model: JointModel, recipe: Recipe) -> list[dict[str, Any]]:
    """Group parameters by learning rate, a layer each: lowest for embeddings, `head_rate` for heads."""
    layers = model.encoder.config.num_hidden_layers
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if ".pooler." in name:
            parameter.requires_grad_(False)
            continue
        if name.startswith(("heads.", "mark.")):
            rate = recipe.head_rate
        else:
            depth = int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0
            rate = recipe.encoder_rate * recipe.layer_decay ** (layers - depth)
        groups.setdefault(rate, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]
