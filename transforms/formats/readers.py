"""Which module reads which media type; a further format is one module here and its name in `READERS`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from docassay.transforms.formats import Limits, Read

READERS = (
    "plain",
    "html",
    "mail",
    "calendar",
    "outlook",
    "edgar",
    "tables",
    "containers",
    "ocr",
    "xml",
    "word",
    "pdf",
)
"""The modules of this folder that read a format, or several."""


class Reader(Protocol):
    """What a module of `READERS` has.

    It may have `SIGNATURES`, too: bytes that documents of a format begin with, and the media type that they
    tell. Formats that are harder to tell apart are told by `transforms.formats.kinds`.

    Attributes:
        MEDIA_TYPES: The media types that it reads.
    """

    MEDIA_TYPES: frozenset[str]

    def read(self, content: bytes, limits: Limits, media_type: str) -> Read:
        """Read a document of one of these media types; raises `Unusable`."""


@cache
def readers() -> Mapping[str, Reader]:
    """Import the readers, once; give each media type its own."""
    modules = [cast(Reader, import_module(f"{__package__}.{name}")) for name in READERS]
    return {media_type: module for module in modules for media_type in module.MEDIA_TYPES}


@cache
def signatures() -> tuple[tuple[bytes, str], ...]:
    """List the signatures of all readers, with the media type that each tells."""
    modules = dict.fromkeys(readers().values())
    return tuple(pair for module in modules for pair in getattr(module, "SIGNATURES", {}).items())
