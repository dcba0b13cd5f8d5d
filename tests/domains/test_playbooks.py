"""The playbooks of the page: their files are overlays whose examples hold, as they are written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import examples
from docassay.domains.expectations import parse
from docassay.transforms.extract import read_facts
from tests.fresh import forget_domains

PAGE = (Path(__file__).parents[2] / "docs" / "playbooks.md").read_text(encoding="utf-8")
EXTENDS = dict(re.findall(r"(?m)^docassay rules new (\w+) --extends (\w+)$", PAGE))


def files() -> dict[str, str]:
    """Give the contents of the files of the page, by their paths."""
    blocks = re.findall(r"```(?:toml|json)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == len(dict(blocks))
    return dict(blocks)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Path]]:
    for name, domain in EXTENDS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "domain.toml").write_text(f'extends = "{domain}"\n')
    for path, content in files().items():
        (tmp_path / path).write_text(content)
    made = {name: tmp_path / name for name in EXTENDS}
    monkeypatch.setenv("DOCASSAY_DOMAINS", os.pathsep.join(map(str, made.values())))
    forget_domains()
    yield made
    forget_domains()


def test_the_examples_of_each_playbook_hold(folders: dict[str, Path]) -> None:
    assert set(folders) == {"nda", "payable", "discharge"}
    for name, folder in folders.items():
        domain = domains.load(EXTENDS[name])
        found = [example for _, example in examples.read(folder / examples.FILE)]
        problems = [(one, problem) for one in found if (problem := examples.problem(domain, one, read_facts))]
        assert problems == []
        own = [rule for rule, owner in domain.owners.items() if owner == name]
        assert own and list(examples.missing(own, found)) == []


def test_what_the_page_says_that_may_be_expected_is_understood() -> None:
    table = PAGE.split("## What `expect` may say", 1)[1].split("\n\n", 3)[1]
    shown = [one for one in re.findall(r"`([^`]*)`", table) if len(one) > len("US-NY")]
    fields = {field.name: field.type for name in domains.names() for field in domains.load(name).facts}
    assert len([parse(one, fields, "page") for one in shown]) >= 10
