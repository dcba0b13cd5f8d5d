"""Shared options of `--escalate`: larger models, their limits, the hosts that texts may go to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.schemas.errors import UsageError

if TYPE_CHECKING:
    from docassay.models.larger import Limits, Settings
    from docassay.transforms.context import Options

ESCALATE_EXAMPLE = (
    "docassay batch contracts/ --out tables --escalate http://localhost:8000/v1 --escalate-model qwen2.5-7b"
    " --allow-send localhost:8000 --mask --escalate-limit calls=2000"
)

LIMITS = ("calls", "tokens", "seconds", "money", "rate", "timeout")

Escalate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL|FOLDER|URL",
        help="A larger model to ask where the small one abstains: the folder of an encoder"
        " (`train --full`), a decoder (`models add PATH --as generator`), an OpenAI-compatible endpoint"
        " (http://HOST:PORT/v1), or, for doubted translations, a generator that translates, by its name"
        " (docs/translation.md). May be repeated: each is asked what those before it left open; one"
        " endpoint.",
    ),
]
EscalateModel = Annotated[str, typer.Option(metavar="NAME", help="The name of the model at the endpoint.")]
EscalateBudget = Annotated[
    int,
    typer.Option(
        min=0, max=10_000, help="Questions and sentences of a document that may go to a larger model."
    ),
]
EscalateLimit = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT=N",
        help="Limits of each model in a worker process and run: calls, tokens, seconds of waiting;"
        " of an endpoint also money, rate (calls a second), timeout (seconds an answer, 30). Repeatable.",
    ),
]
EscalatePrice = Annotated[
    str | None,
    typer.Option(metavar="IN/OUT", help="The price of the endpoint for a million tokens, in and out."),
]
EscalateLeast = Annotated[
    float,
    typer.Option(
        min=0.5,
        max=1,
        help="Minimum probability for accepting a label from a decoder or endpoint; where an endpoint gives"
        " no log-probabilities, its labels are taken to have this one.",
    ),
]
AllowSend = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST", help="A host that texts may be sent to; nothing is sent to any other."),
]
Mask = Annotated[bool, typer.Option("--mask", help="Mask personal data in texts for larger models.")]


def larger_models(
    *,
    escalate: Sequence[str] | None,
    model: str,
    budget: int,
    least: float,
    allow_send: Sequence[str] | None,
    mask: bool,
    limits: Sequence[str] | None = None,
    price: str | None = None,
) -> tuple[Settings | None, tuple[Settings, ...]]:
    """Read the options: the generator of translations, if any, and the larger models of labels.

    Raises:
        UsageError: One is wrong, or a host may not be sent to.
    """
    if not escalate:
        return None, ()
    from docassay.models.larger_open import settings_of

    read = _limits(limits or (), price)
    translators: list[Settings] = []
    larger: list[Settings] = []
    for address in escalate:
        settings = settings_of(address, allow_send or (), model, least, mask, budget, read)
        (translators if settings.kind == "translator" else larger).append(settings)
    if len(translators) > 1:
        named = ", ".join(settings.at for settings in translators)
        raise UsageError(f"translations go to one larger model; {named} are several")
    endpoints = [settings.at for settings in larger if settings.kind == "endpoint"]
    if len(endpoints) > 1:
        raise UsageError(
            f"one endpoint can be asked, since there is one key and one --escalate-model;"
            f" {', '.join(endpoints)} are several"
        )
    return (translators[0] if translators else None), tuple(larger)


def reading_options(
    *,
    domain: str,
    model_folders: tuple[str, ...],
    threads: int,
    ocr: bool,
    parts: str,
    personal_data: bool,
    translator: Settings | None,
    larger: tuple[Settings, ...],
    validate: str = "auto",
    text_column: str = "text",
) -> Options:
    """Give the options of the stages, as the options of a command that reads documents say.

    Args:
        domain: ``auto``, or a domain's name.
        model_folders: What `use_models` gave.
        threads: Cores that the engine of one process may use.
        ocr: Read scanned pages.
        parts: ``auto`` or ``off``.
        personal_data: Find personal data in documents of any kind.
        translator: The first that `larger_models` gave.
        larger: The second.
        validate: ``auto`` or ``full``.
        text_column: Column of texts in lists.
    """
    from docassay.transforms.context import Options
    from docassay.transforms.parse import Limits

    return Options(
        domain=None if domain == "auto" else domain,
        model_folders=model_folders,
        threads=threads,
        text_column=text_column,
        limits=Limits(ocr=ocr, parts=parts == "auto"),
        personal_data=personal_data,
        full_validation=validate == "full",
        fallback_translator=translator,
        fallback_classifiers=larger,
    )


def _limits(limits: Sequence[str], price: str | None) -> Limits:
    from docassay.models.larger import Limits

    whole = {field.name for field in fields(Limits) if str(field.type).startswith("int")}
    values: dict[str, float] = {}
    for limit in limits:
        name, _, number = limit.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1
        least = 0 if name in ("calls", "tokens", "seconds", "money") else 1e-3
        if name not in LIMITS or not least <= value < 1e12:
            raise UsageError(f"--escalate-limit {limit}: give one of {', '.join(LIMITS)} as WHAT=N")
        values[name] = int(value) if name in whole else value
    if price is not None:
        try:
            values["price_in"], values["price_out"] = (float(part) for part in price.split("/"))
        except ValueError:
            raise UsageError(f"--escalate-price {price}: give IN/OUT, as 0.15/0.60") from None
        if not all(0 <= values[name] < 1e9 for name in ("price_in", "price_out")):
            raise UsageError(f"--escalate-price {price}: a price is 0 or more")
    if "money" in values and price is None:
        raise UsageError("--escalate-limit money=N needs --escalate-price IN/OUT")
    return Limits(**values)  # type: ignore[arg-type]  # whole where it must be
