"""Every task of the corpora has a shipped head."""

from docassay.models import catalog
from research.corpora import TASKS


def test_every_head_that_is_trained_is_shipped() -> None:
    assert set(TASKS) == set(catalog.read(catalog.find(catalog.DEFAULT_ENCODER)).tasks)
