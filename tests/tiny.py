"""A translation model small enough to be made in a test: random weights, the real engine and tokenizer."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

LINES = (
    "Le bailleur donne en location un appartement de deux chambres au locataire.",
    "Le loyer mensuel est payable d'avance le 5 de chaque mois, soit 1 570 euros.",
    "Der Mieter zahlt die Miete im Voraus bis zum dritten Werktag des Monats.",
    "The landlord lets the flat with two bedrooms to the tenant for three years.",
    "The monthly rent is payable in advance on the fifth day of every month.",
    "This agreement is governed by the laws of France and not by any other law.",
    "Le patient ne présente pas de fièvre et prend 10 mg de ramipril par jour.",
    "The patient has no fever and takes 10 mg of ramipril every day at noon.",
    "Veuillez payer la facture numéro 4471 sur le nouveau compte avant midi.",
    "Please pay invoice number 4471 to the new account before noon, tell nobody.",
)


def translator(
    folder: Path, language: str = "fr", seed: int = 1, placeholders: bool = True, **about: object
) -> Path:
    """Write a model folder of kind ``translator`` with one layer on each side."""
    import sentencepiece
    from ctranslate2.specs.transformer_spec import TransformerSpec

    folder.mkdir(parents=True)
    pieces = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 3),
        model_writer=pieces,
        vocab_size=420,
        byte_fallback=True,
        split_digits=True,
        user_defined_symbols=[f"⟦{n}⟧" for n in range(10)] if placeholders else [],
        hard_vocab_limit=False,
        minloglevel=2,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
    )
    (folder / "sentencepiece.model").write_bytes(pieces.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=pieces.getvalue())
    tokens = [model.id_to_piece(n) for n in range(model.get_piece_size())]
    width, inner, chance = 16, 32, np.random.default_rng(seed)
    spec = TransformerSpec.from_config((1, 1), num_heads=2)

    def matrix(*shape: int) -> np.ndarray:
        return chance.normal(0, 0.5, shape).astype(np.float32)

    def norm(layer: object) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)  # type: ignore[attr-defined]

    embedding = matrix(len(tokens), width)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    for side in (spec.encoder, spec.decoder):
        norm(side.layer_norm)
        layer = side.layer[0]
        attentions = [(layer.self_attention, [3 * width, width])]
        if side is spec.decoder:
            attentions.append((layer.attention, [width, 2 * width, width]))
        for attention, rows in attentions:
            norm(attention.layer_norm)
            for linear, size in zip(attention.linear, rows, strict=True):
                linear.weight, linear.bias = matrix(size, width), np.zeros(size, np.float32)
        norm(layer.ffn.layer_norm)
        layer.ffn.linear_0.weight, layer.ffn.linear_0.bias = matrix(inner, width), np.zeros(inner, np.float32)
        layer.ffn.linear_1.weight, layer.ffn.linear_1.bias = matrix(width, inner), np.zeros(width, np.float32)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    card(folder, language, **about)
    return folder


def card(folder: Path, language: str = "fr", **about: object) -> None:
    """Write the folder's card, with the digests of what is there."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != "model.toml"
    }
    head = {
        "format": 1,
        "name": folder.name,
        "version": "0",
        "kind": "translator",
        "source_language": language,
        "target_language": "en",
        "base": "random weights",
        "licence": "Apache-2.0",
        "max_tokens": 64,
        "beam": 1,
    } | about
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in head.items()]
    lines += ["[files]", *(f'"{name}" = "{digest}"' for name, digest in files.items())]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
