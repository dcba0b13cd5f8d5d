"""Train a model, with checkpoints, in as many sittings as it takes.

The learning rate rises, stays, and falls to zero over the last part of a sitting's time or of the tokens
(warm-up, stable, decay: Hu et al. 2024, https://arxiv.org/abs/2404.06395). Before it falls the state is saved
as ``stable.pt``, from which the next sitting goes on; the average of the weights is what is exported.
Exported weights are trained on at a lower rate that falls from the start: the full one first undoes much.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from docassay.schemas.errors import UsageError
from docassay.train.full.finetune import bf16_pays, keep, padded
from research.encoder.pace import Pace, Sitting
from research.translation.corpus import Pairs, batches
from research.translation.loss import smoothed_loss
from research.translation.model import Shape, Transformer
from research.translation.tokenizer import END, START

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run, apart from the data.

    `tokens` counts source and target of the whole run; `until` is the Unix time at which this sitting ends.
    `fall` is the share of the sitting, or of the run, over which the rates fall to zero: `matrix_rate` is
    that of the layers' matrices, `rate` that of everything else.
    """

    tokens: int = 60_000_000
    batch_tokens: int = 5120
    rate: float = 1.2e-3
    matrix_rate: float = 2.5e-3
    warmup: int = 200
    fall: float = 0.25
    smoothing: float = 0.1
    dropout: float = 0.0
    weight_decay: float = 0.01
    average: float = 0.995
    until: float = math.inf
    checkpoint_every: float = 300.0
    threads: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """Weights to begin with, and the tokens of both sides that they were trained on, in a run's order."""

    weights: Mapping[str, Tensor]
    tokens: int


class Run:
    """The state of a run: weights, their average, the optimizer's state and the place in the data."""

    def __init__(self, shape: Shape, recipe: Recipe, device: str) -> None:
        """Start a run with untrained weights."""
        torch.manual_seed(recipe.seed)
        self.kind = torch.bfloat16 if bf16_pays(device) else torch.float32
        self.model = Transformer(shape, recipe.dropout).to(device)
        self.optimizers = optimizers(self.model, recipe, self.kind)
        self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.epoch = self.place = self.step = self.tokens = 0
        self.seconds = 0.0

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer, _ in self.optimizers],
        }
        counters = {name: getattr(self, name) for name in ("epoch", "place", "step", "tokens", "seconds")}
        keep(
            {**state, "average": self.average, "counters": counters, "shape": asdict(self.model.shape)}, path
        )

    def export(self, path: Path) -> None:
        """Write what the conversion needs: the averaged weights, the shape and the tokens seen."""
        keep({"average": self.average, "shape": asdict(self.model.shape), "tokens": self.tokens}, path)

    def begin(self, start: Start, pairs: Pairs, recipe: Recipe) -> None:
        """Start from weights trained before, without an optimizer's state, with the pairs not seen yet."""
        self.model.load_state_dict(start.weights)
        for name, value in self.model.state_dict().items():
            self.average[name].copy_(value)
        sizes = (pairs.lengths() + 1).sum(1)
        for batch in _batches(self, pairs, recipe):
            if self.tokens >= start.tokens:
                break
            self.tokens += int(sizes[batch].sum())

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: The checkpoint is of a model of another shape.
        """
        state = torch.load(path, weights_only=True)
        if state["shape"] != asdict(self.model.shape):
            raise UsageError(f"{path} holds a model of another shape; remove it to start anew")
        self.model.load_state_dict(state["model"])
        if len(state["optimizers"]) == len(self.optimizers):  # another processor may have others
            for (optimizer, _), saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        for name, value in state["counters"].items():
            setattr(self, name, value)


def lent(
    weights: Mapping[str, Tensor], theirs: Sequence[str], ours: Sequence[str], seed: int = 0
) -> dict[str, Tensor]:
    """Initialise a pair's weights from the model of another pair into the same language (transfer).

    All layers are taken as they are, and the embeddings of the pieces that both tokenizers have, which are
    most of English; other pieces begin at random, as long as those (Zoph et al. 2016,
    https://arxiv.org/abs/1604.02201).

    Args:
        weights: The other model's weights.
        theirs: Its pieces, in the order of their ids.
        ours: The pieces of the new model.
        seed: Decides what is random.
    """
    known = weights["embedding.weight"]
    places = {piece: number for number, piece in enumerate(theirs)}
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randn((len(ours), known.shape[1]), generator=chance) * known.std()
    for number, piece in enumerate(ours):
        if piece in places:
            rows[number] = known[places[piece]]
    return {**weights, "embedding.weight": rows}


def optimizers(
    model: Transformer, recipe: Recipe, kind: torch.dtype
) -> list[tuple[torch.optim.Optimizer, float]]:
    """Divide the weights among two optimizers, each with its peak rate.

    Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) moves the matrices of the layers,
    AdamW the embeddings, norms and offsets. In the first minutes of a run 940,000 tokens with Muon reached
    the loss of 1.2 million with AdamW alone, for a third more time a token, and the gap was growing.
    It computes in bfloat16 whatever the weights are: where that does not pay, AdamW moves all.
    """
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, value in model.named_parameters():
        of_layer = value.ndim == 2 and "embedding" not in name
        (matrices if of_layer and kind == torch.bfloat16 else others).append(value)
    adam = torch.optim.AdamW(
        others,
        betas=(0.9, 0.98),
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    if not matrices:
        return [(adam, recipe.rate)]
    muon = torch.optim.Muon(matrices, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw")
    return [(muon, recipe.matrix_rate), (adam, recipe.rate)]


def train(
    pairs: Pairs,
    shape: Shape,
    recipe: Recipe,
    folder: Path,
    device: str = "cpu",
    start: Start | None = None,
) -> None:
    """Run one sitting; leaves ``stable.pt`` to go on from and ``average.pt`` to convert in `folder`.

    Where there is nothing to go on from, `start` gives the weights to begin with and the pairs to pass over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(shape, recipe, device)
    latest, stable = folder / "latest.pt", folder / "stable.pt"
    if latest.is_file():
        run.restore(latest)
    elif stable.is_file():
        run.restore(stable)
    elif start is not None:
        run.begin(start, pairs, recipe)
    pace = Pace(recipe.threads)
    sitting = Sitting(recipe.tokens, recipe.until, run.tokens)
    logged = saved = sitting.began
    running_loss, falling = 0.0, False
    run.model.train()
    for batch in _batches(run, pairs, recipe):
        now = time.time()
        done = sitting.done(run.tokens, now)
        if done >= 1.0:
            break
        if 0.0 < 1.0 - recipe.fall < done and not falling:
            falling = True
            run.save(stable)
            latest.unlink(missing_ok=True)
        share = min(1.0, (run.step + 1) / recipe.warmup, (1.0 - done) / recipe.fall)
        for optimizer, peak in run.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = share * peak
        threads = pace.threads(run.step)
        torch.set_num_threads(threads)
        started = time.perf_counter()
        loss, tokens = _learn(run, pairs, batch, recipe, device)
        spent = time.perf_counter() - started
        pace.note(threads, tokens / spent)
        run.step += 1
        run.tokens += tokens
        run.seconds += spent
        running_loss = 0.98 * (running_loss or loss) + 0.02 * loss
        if now - logged > 30:
            logged = now
            print(sitting.line(run.step, run.tokens, now, running_loss, share, threads), flush=True)
        if now - saved > recipe.checkpoint_every:
            saved = now
            if not falling:
                run.save(latest)
            run.export(folder / "average.pt")
    run.export(folder / "average.pt")
    latest.unlink(missing_ok=True)
    if not falling:
        run.save(stable)


def _batches(run: Run, pairs: Pairs, recipe: Recipe) -> Iterator[npt.NDArray[np.int64]]:
    while True:
        for place, batch in enumerate(batches(pairs, recipe.batch_tokens, recipe.seed, run.epoch)):
            if place >= run.place:
                yield batch
                run.place = place + 1
        run.epoch, run.place = run.epoch + 1, 0


def _learn(
    run: Run, pairs: Pairs, batch: npt.NDArray[np.int64], recipe: Recipe, device: str
) -> tuple[float, int]:
    """Take one step; returns the loss a target token and the tokens of both sides."""
    source, mask, target, gold = (tensor.to(device) for tensor in tensors(pairs, batch))
    with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=run.kind == torch.bfloat16):
        states = run.model.states(source, mask, target)
    embeddings = run.model.embedding.weight.to(run.kind)
    counted = gold != IGNORED
    loss = smoothed_loss(states[counted].to(run.kind), embeddings, gold[counted], recipe.smoothing)
    run.model.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    for optimizer, _ in run.optimizers:
        optimizer.step()
    keep = min(recipe.average, (run.step + 1) / (run.step + 10))
    with torch.no_grad():
        for name, value in run.model.state_dict().items():
            run.average[name].lerp_(value, 1.0 - keep)
    return float(loss.detach()), int(mask.sum()) + int(counted.sum())


def tensors(pairs: Pairs, batch: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return source ids and an end, their mask, a start and target ids, and the ids to predict."""
    sources = [np.append(pairs.side(pair, 0).astype(np.int64), END) for pair in batch]
    targets = [pairs.side(pair, 1).astype(np.int64) for pair in batch]
    source = padded(sources, END)
    mask = torch.arange(source.shape[1])[None, :] < torch.tensor([len(ids) for ids in sources])[:, None]
    target = padded([np.concatenate([[START], ids]) for ids in targets], END)
    gold = padded([np.append(ids, END) for ids in targets], IGNORED)
    return source, mask, target, gold
