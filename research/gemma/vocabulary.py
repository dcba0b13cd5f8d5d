"""Take the tokens out of a model's vocabulary that its languages do not need.

Two thirds of a small language model's weights are its embeddings, and a third of those stand for scripts that
it is not asked for. A byte-pair vocabulary is cut by forgetting merges: a word whose token is gone is read as
the tokens that it was merged from, at last as bytes, so nothing becomes unknown, and Latin text is read as
before.
"""

import json
from pathlib import Path

KEPT = (
    range(0x0250),  # ASCII, Latin-1, Latin Extended-A and B
    range(0x1E00, 0x1F00),  # Latin Extended Additional
    range(0x2000, 0x2800),  # dashes, quotes, currencies, arrows, mathematics, boxes and bullets
)
"""Characters of the tokens that stay."""

GREEK = range(0x0370, 0x0400)
"""Letters that stay one by one: µg/l, α, β."""

SPACE = "▁"


def kept(token: str) -> bool:
    """Tell whether a token stays.

    >>> [kept(token) for token in ("▁l’été", "Straße", "<0xE2>", "▁≤", "▁μ", "▁договор", "▁και")]
    [True, True, True, True, True, False, False]
    """
    letters = token.replace(SPACE, "")
    if len(letters) == 1 and ord(letters) in GREEK:
        return True
    return all(any(ord(letter) in block for block in KEPT) for letter in letters)


def prune(folder: Path) -> int:
    """Cut the vocabulary of a decoder as Transformers saves it, in place; return the tokens that stay.

    Args:
        folder: `model.safetensors`, whose output is its input embeddings, `tokenizer.json`, `config.json`.
    """
    from safetensors.torch import load_file, save_file

    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    model = tokenizer["model"]
    stay = sorted((entry for entry in model["vocab"].items() if kept(entry[0])), key=lambda entry: entry[1])
    places = {token: place for place, (token, _) in enumerate(stay)}
    model["vocab"] = places
    model["merges"] = [
        [left, right]
        for left, right in model["merges"]
        if left in places and right in places and left + right in places
    ]
    tokenizer["added_tokens"] = [
        {**token, "id": places[token["content"]]}
        for token in tokenizer["added_tokens"]
        if token["content"] in places
    ]
    path.write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")

    weights = load_file(folder / "model.safetensors")
    name = "model.embed_tokens.weight"
    weights[name] = weights[name][[row for _, row in stay]].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})

    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "vocab_size": len(stay)}, indent=2) + "\n", encoding="utf-8")
    return len(stay)
