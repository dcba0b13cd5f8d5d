"""Extras: the optional dependencies that read and write the paths of object stores and catalogs."""

from __future__ import annotations

from importlib.util import find_spec

from docassay.schemas.errors import MissingError

EXTRAS = {
    "gs": ("gcp", "google.cloud.storage"),
    "s3": ("aws", "boto3"),
    "iceberg": ("iceberg", "pyiceberg"),
}
"""By scheme: the extra, and a module that only it installs."""


def check_extra(path: str) -> None:
    """Check that the extra for a path's scheme is installed; a local path needs none.

    Raises:
        MissingError: It is not; the message has the command that installs it.
    """
    extra, module = EXTRAS.get(path.partition("://")[0], ("", ""))
    if not extra:
        return
    try:
        installed = find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        installed = False
    if not installed:
        raise MissingError(f"{path}: needs the extra `{extra}`: pip install '.[{extra}]'")
