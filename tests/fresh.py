"""Domains read anew in a process that has read them before."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest


def forget_domains() -> None:
    """Empty the caches of the modules of `domains`, as a process has them when it starts."""
    for name, module in list(sys.modules.items()):
        if name.startswith("docassay.domains.") and name.count(".") == 2:
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@contextmanager
def overlay(
    place: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """Give the folder ``acme`` of an overlay of `legal` with these files, which this process reads anew."""
    folder = place / "acme"
    folder.mkdir()
    for name, text in {"domain.toml": 'extends = "legal"\n', "rules.toml": "", **(files or {})}.items():
        (folder / name).write_text(text)
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(folder))
    forget_domains()
    yield folder
    forget_domains()
