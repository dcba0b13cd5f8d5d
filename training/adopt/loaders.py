"""What the converter of CTranslate2 4.8 does not know of Transformers 5.

Its loader looks for M2M100's language tokens among the tokenizer's additional special tokens, where
Transformers 5 no longer lists them: the converted vocabulary then has no `__fr__`, or the conversion
fails. The tokenizer itself knows the number of each.
"""

from typing import Any

from ctranslate2.converters.transformers import M2M100Loader, register_loader


class LanguageTokens(M2M100Loader):  # type: ignore[misc]
    """Convert M2M100 with its language tokens; NLLB, of the same build, lists them as it should."""

    def get_vocabulary(self, model: Any, tokenizer: Any) -> list[str]:
        """List the tokens by number, as many as the model has rows."""
        languages: dict[str, int] = getattr(tokenizer, "lang_token_to_id", {})
        if not languages:
            return list(super().get_vocabulary(model, tokenizer))
        tokens = {number: token for token, number in {**tokenizer.get_vocab(), **languages}.items()}
        return [tokens.get(number, f"madeupword{number}") for number in range(model.config.vocab_size)]


def register() -> None:
    """Have the converter use these loaders."""
    register_loader("M2M100Config")(LanguageTokens)
