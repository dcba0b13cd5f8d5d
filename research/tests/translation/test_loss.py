"""The loss by hand is PyTorch's, in value and in gradient; so is attention."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.training


def test_the_loss_and_its_gradients_are_those_of_pytorch() -> None:
    import torch
    from torch.nn import functional

    from research.translation.loss import smoothed_loss

    torch.manual_seed(0)
    states, embeddings = torch.randn(7, 5, requires_grad=True), torch.randn(11, 5, requires_grad=True)
    gold = torch.randint(0, 11, (7,))
    own = smoothed_loss(states, embeddings, gold, 0.1)
    torch.autograd.backward(own * 3.0)
    gradients = [states.grad, embeddings.grad]
    states.grad = embeddings.grad = None
    theirs = functional.cross_entropy(states @ embeddings.t(), gold, label_smoothing=0.1)
    torch.autograd.backward(theirs * 3.0)
    torch.testing.assert_close(own, theirs)
    torch.testing.assert_close(gradients, [states.grad, embeddings.grad])


@pytest.mark.parametrize("causal", [False, True])
def test_attention_looks_where_it_may(causal: bool) -> None:
    import torch
    from torch.nn import functional

    from research.translation.model import Attention

    torch.manual_seed(0)
    attention = Attention(8, 2, over_itself=True)
    states = torch.randn(3, 5, 8)
    mask = None if causal else torch.tensor([5, 3, 1])[:, None, None, None] > torch.arange(5)
    query, key, value = (
        part.view(3, 5, 2, 4).transpose(1, 2) for part in attention.joint(states).chunk(3, dim=-1)
    )
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
    expected = attention.out(mixed.transpose(1, 2).flatten(2))
    torch.testing.assert_close(attention(states, states, mask, causal), expected)
