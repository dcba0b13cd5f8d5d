"""No head is shipped or trained that no kind of document asks for, and what is asked is there."""

from __future__ import annotations

from docassay import domains
from docassay.models import catalog
from docassay.models.catalog import PERSONAL_DATA


def test_every_shipped_head_is_asked_by_a_kind_of_its_domain_and_the_other_way_round() -> None:
    shipped = catalog.read(catalog.find(catalog.DEFAULT_ENCODER)).tasks
    asked = {
        (name, task)
        for name in domains.names()
        for task in (*domains.load(name).all_tasks, *(sign.task for sign in domains.load(name).task_flags))
    }
    of_encoder = {one for one in asked if one[1] != PERSONAL_DATA}  # which a tagger of its own answers
    assert of_encoder == {(task.domain, name) for name, task in shipped.items()}


def test_every_head_on_whole_mails_is_asked() -> None:
    asked = {sign.task for name in domains.names() for sign in domains.load(name).document_flags}
    assert asked == set(catalog.read(catalog.find("mail")).tasks)
