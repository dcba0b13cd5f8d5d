"""Contracts, court files and lawyers' letters."""

from __future__ import annotations
