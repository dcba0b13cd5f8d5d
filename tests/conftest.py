"""What every test leaves behind as it found it."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator

import pytest

from docassay.models.catalog import use_folders

MODELS = os.environ.get("DOCASSAY_MODELS", "")
os.environ["XDG_DATA_HOME"] = os.path.join(tempfile.gettempdir(), "docassay-no-models-of-a-user")


@pytest.fixture(autouse=True)
def _settings_of_the_process() -> Iterator[None]:
    """Take back what a command, run in this process, has set for it."""
    _take_back()
    yield
    _take_back()


def _take_back() -> None:
    logging.disable(logging.NOTSET)
    os.environ["DOCASSAY_MODELS"] = MODELS
    use_folders(())
