"""The extras that read and write the paths of object stores."""

from __future__ import annotations

from importlib.util import find_spec

from docassay.schemas.errors import MissingError

EXTRAS = {"gs": ("gcp", "google.cloud.storage"), "s3": ("aws", "boto3")}
"""By scheme: the extra, and a module that it alone brings."""


def check_extra(path: str) -> None:
    """Make sure that the extra that a path's scheme needs is installed; a local path needs none.

    Raises:
        MissingError: It is not; the message has the command that brings it.
    """
    extra, module = EXTRAS.get(path.partition("://")[0], ("", ""))
    if not extra:
        return
    try:
        there = find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        there = False
    if not there:
        raise MissingError(f"{path}: needs the extra `{extra}`: pip install 'docassay[{extra}]'")
