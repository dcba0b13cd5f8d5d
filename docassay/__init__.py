"""Legal, financial and medical documents to tables of evidence.

The public names, each imported when it is first used; docs/python.md shows them at work:

    batch, explain, read_tables, train_head whole tasks as plain functions
    Read, Parse, RunStage                  the stages, as transforms for a Beam pipeline of your own
    Options                                what the stages are told: domain, models, limits
    Source, Result, Reject                 what goes in, and what comes out
    EncoderHandler, Prediction             an encoder in Beam's `RunInference`, for elements of any kind
    Limits                                 how much of a machine one document may take
    DocassayError, UsageError, RunError    what is raised (`docassay.schemas.errors`)

Everything else may change from one release to the next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docassay.pipelines.encoder_handler import EncoderHandler as EncoderHandler
    from docassay.pipelines.encoder_handler import Prediction as Prediction
    from docassay.pipelines.stages import Parse as Parse
    from docassay.pipelines.stages import Read as Read
    from docassay.pipelines.stages import RunStage as RunStage
    from docassay.public import batch as batch
    from docassay.public import explain as explain
    from docassay.public import read_tables as read_tables
    from docassay.public import train_head as train_head
    from docassay.schemas.errors import DocassayError as DocassayError
    from docassay.schemas.errors import RunError as RunError
    from docassay.schemas.errors import UsageError as UsageError
    from docassay.schemas.rows import Reject as Reject
    from docassay.schemas.rows import Result as Result
    from docassay.schemas.rows import Source as Source
    from docassay.transforms.context import Options as Options
    from docassay.transforms.formats import Limits as Limits

_NAMES_OF = {
    "pipelines.stages": ("Parse", "Read", "RunStage"),
    "pipelines.encoder_handler": ("EncoderHandler", "Prediction"),
    "public": ("batch", "explain", "read_tables", "train_head"),
    "schemas.errors": ("DocassayError", "RunError", "UsageError"),
    "schemas.rows": ("Reject", "Result", "Source"),
    "transforms.context": ("Options",),
    "transforms.formats": ("Limits",),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'docassay' has no attribute {name!r}")
    return getattr(import_module(f"docassay.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
