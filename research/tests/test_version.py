"""The description of a model that is trained here."""

from pathlib import Path

import pytest

from docassay.models import modelfile
from research.version import following


def test_a_model_trained_again_is_the_next_version(tmp_path: Path) -> None:
    assert following(tmp_path) == "1"
    modelfile.write(tmp_path, {"format": 1, "version": "9"})
    assert following(tmp_path) == "10"


def test_a_version_that_is_no_number_has_none_after_it(tmp_path: Path) -> None:
    modelfile.write(tmp_path, {"format": 1, "version": "beta"})
    with pytest.raises(ValueError, match="beta"):
        following(tmp_path)
