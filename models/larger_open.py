"""Opening larger models: from settings, which are checked before any document, to what can be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from docassay.models import catalog, endpoint, larger_decoder, larger_encoder
from docassay.models.asking import Asking
from docassay.models.catalog import Card
from docassay.models.larger import Larger, Limits, Settings
from docassay.models.meter import Meter
from docassay.models.translator import generator_languages
from docassay.schemas.errors import ModelError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}")
"""What an endpoint's model may be called: rows and addresses name it."""


def settings_of(
    address: str,
    allowed: Sequence[str] = (),
    model: str = "",
    least: float = 0.9,
    mask: bool = False,
    per_document: int = 100,
    limits: Limits | None = None,
) -> Settings:
    """Read what `--escalate` names: an endpoint, or a model folder by its path or its name in the catalog.

    Args:
        address: ``http://HOST[:PORT]/v1``, a folder, or the name of a model.
        allowed: The hosts that something may be sent to, as ``HOST`` or ``HOST:PORT``.
        model: The name by which an endpoint knows its model.
        least: From this probability on an answer is taken, where the model has no threshold of its own.
        mask: Mask personal data in what it is shown.
        per_document: Most questions about one document.
        limits: What a run may spend; money on an endpoint only.

    Raises:
        UsageError: The address or the name is none, or the host may not be sent to.
        ModelError: There is no such model, or one that answers nothing.
    """
    limits = limits or Limits()
    if address.startswith(("http://", "https://")):
        _check_endpoint(address, allowed, model)
        return Settings("endpoint", address.rstrip("/"), model, least, mask, per_document, limits)
    folder = Path(address) if (Path(address) / "model.toml").is_file() else None
    if folder is None and (Path(address).is_dir() or "/" in address):
        raise ModelError(f"{address} is no model folder: there is no model.toml")
    at = str(folder.resolve()) if folder else address  # a name is looked up again where it is opened
    card = catalog.read(folder or catalog.find(address))
    limits = replace(limits, money=None, price_in=0.0, price_out=0.0)  # the price is an endpoint's
    if card.kind == "generator":
        if generator_languages(card):
            if folder and address not in catalog.folders():  # the stage `translate` looks it up
                raise ModelError(
                    f"{address} holds a generator that translates, which is named by its name in the catalog:"
                    f" --escalate {folder.resolve().name}, with its folder among those of --models"
                )
            return Settings("translator", address, "", least, mask, per_document, limits)
        return Settings("decoder", at, "", least, mask, per_document, limits)
    if card.kind != "encoder":
        raise ModelError(
            f"model {card.id} is of kind {card.kind!r}; labels are escalated to an encoder, a generator or"
            " an endpoint, translations to a generator that translates"
        )
    return Settings("encoder", at, "", least, mask, per_document, limits)


def _check_endpoint(address: str, allowed: Sequence[str], model: str) -> None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{address!r} is no address of an endpoint, as http://localhost:8000/v1") from None
    if parts.username or parts.password or "@" in parts.netloc:
        raise UsageError("no user or key in an address: the key is read from the environment")
    if not host or parts.query or parts.fragment:
        raise UsageError(f"{address!r} is no address of an endpoint, as http://localhost:8000/v1")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    named = {host.lower(), f"{host}:{port}".lower(), parts.netloc.lower()}
    if named.isdisjoint(name.lower() for name in allowed):
        raise UsageError(
            f"texts of documents would be sent to {parts.netloc}; to allow that: --allow-send {parts.netloc}"
        )
    if not _NAME.fullmatch(model):
        raise UsageError("an endpoint needs --escalate-model NAME, the name by which it knows its model")


def check(settings: Settings, small: Card) -> tuple[Card, ...]:
    """Check, before any document, what can be checked without asking; give the cards of models on disk.

    Raises:
        ModelError: A folder is not what its card says, or answers no question of the small model.
    """
    if settings.kind == "endpoint":
        endpoint.headers()
        return ()
    kind = larger_decoder if settings.kind == "decoder" else larger_encoder
    return (kind.check(folder_of(settings), small),)


def folder_of(settings: Settings) -> Path:
    """Find the folder of a model, in this process: it may lie elsewhere on a worker's machine.

    Raises:
        ModelError: The catalog has none of the name.
    """
    return Path(settings.at) if Path(settings.at).is_absolute() else catalog.find(settings.at)


def open_asking(settings: Settings, threads: int = 1) -> Asking:
    """Open what settings name, in this process.

    Raises:
        ModelError: A folder is not what its card says.
    """
    meter = Meter(settings.limits)
    model: Larger
    if settings.kind == "endpoint":
        model = endpoint.Endpoint(settings, meter)
    elif settings.kind == "decoder":
        model = larger_decoder.LargerDecoder(folder_of(settings), meter, settings.least, threads)
    else:
        model = larger_encoder.LargerEncoder(folder_of(settings), meter, threads)
    return Asking(settings, model, meter)
