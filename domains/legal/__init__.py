"""Contracts, court files and lawyers' letters."""

from __future__ import annotations

from domains.legal.split import split

__all__ = ["split"]
