"""What an input covers, by names alone, is what a walk finds there."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay.pipelines.sources import walk
from docassay.pipelines.sources.missing_inputs import below

FILES = (
    "a.txt",
    "b.md",
    ".hidden",
    "in/a.txt",
    "in/.h/x.txt",
    "in/x/a.txt",
    "in/x/.h.txt",
    "in/x/y/b.txt",
    "into/a.txt",
)
INPUTS = (
    ".",
    "in",
    "./in/",
    "in/x",
    "in/a.txt",
    "*.txt",
    "*",
    "in/*",
    "in/**",
    "in/**/*",
    "in/**/*.txt",
    "**/*.txt",
    "**",
    "i?/x",
    "in/[xy]/*.txt",
    "in/.*",
    "**/y",
    "in/**/x",
    "no*",
)


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_it_agrees_with_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, absolute: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    top = f"{tmp_path}/" if absolute else ""
    found = {one.path for one in walk.files(f"{top}{name}") if isinstance(one, walk.Found)}
    is_below = below(f"{top}{name}")
    assert {f"{top}{file}" for file in FILES if is_below(f"{top}{file}")} == found


@pytest.mark.parametrize("file", ["/elsewhere/a.txt", "../a.txt", "gs://bucket/a.txt", "kafka://mail/0/17"])
def test_the_working_folder_has_nothing_of_elsewhere(file: str) -> None:
    assert not below(".")(file)


def test_a_pattern_of_an_object_store_is_matched_as_it_is_listed() -> None:
    is_below = below("gs://bucket/in/**.txt")
    assert is_below("gs://bucket/in/a/b.txt")
    assert not is_below("gs://bucket/out/b.txt")
    assert not below("gs://bucket/in/*.txt")("gs://bucket/in/a/b.txt")
