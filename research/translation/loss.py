"""The loss of a training step, with its gradient computed along with it.

Scores over a vocabulary are the largest arrays of a step. PyTorch's loss goes over them in float32 a
dozen times; this one goes over them four times, which makes a step on a processor a quarter faster.
"""

from typing import Any

import torch
from torch import Tensor


def smoothed_loss(states: Tensor, embeddings: Tensor, gold: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross-entropy with smoothed labels (Szegedy et al. 2016, arXiv:1512.00567).

    Args:
        states: What precedes each token to predict, [tokens, width].
        embeddings: Of the vocabulary, [vocabulary, width]; scores are their products with `states`.
        gold: The tokens, [tokens].
        smoothing: What all tokens of the vocabulary share of the probability of one.
    """
    loss: Tensor = _Smoothed.apply(states, embeddings, gold, smoothing)
    return loss


class _Smoothed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, embeddings: Tensor, gold: Tensor, smoothing: float) -> Tensor:
        scores = (states @ embeddings.t()).float()
        scores -= scores.amax(1, keepdim=True)
        of_gold, mean = scores.gather(1, gold[:, None])[:, 0], scores.mean(1)
        total = scores.exp_().sum(1)
        loss = (total.log() - (1 - smoothing) * of_gold - smoothing * mean).mean()
        # The gradient by the scores, in their place: probabilities less what they should be.
        scores.div_(total[:, None]).sub_(smoothing / scores.shape[1])
        scores.scatter_add_(1, gold[:, None], torch.full_like(of_gold, smoothing - 1)[:, None])
        ctx.save_for_backward(states, embeddings, scores.to(states.dtype))
        return loss

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, Tensor, None, None]:
        states, embeddings, surplus = ctx.saved_tensors
        share = above[0] / len(states)
        return surplus @ embeddings * share, surplus.t() @ states * share, None, None
