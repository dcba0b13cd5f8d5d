"""Signs of fraud that stand once for several domains: the pack ``fraud``.

An entry of its ``rules.toml`` says once what a sign is called, how grave it is, why and by which source. Each
``[[flag.asked]]`` below it says in which domains it is asked, and how it is found there:

    [[flag]]
    id = "lookalike_domain"
    severity = "critical"
    why = "A domain imitates a well-known one with a letter that looks similar or is missing."
    source = "FBI IC3, Business Email Compromise: spoofed domains"

    [[flag.asked]]
    domains = ["financial", "mail"]
    any = ["call:lookalike_domain"]

A domain has it as if the entry stood in its own ``rules.toml``: rows name the domain in `decided_by`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from docassay.domains.entries import check_keys, line_of, read_toml
from docassay.domains.rule_entries import FLAG
from docassay.schemas.errors import DomainError

FOLDER = Path(__file__).parent / "fraud"

SIGN = ("id", "title", "severity", "why", "source")
"""The keys of a sign, beside ``asked``."""

ASKED = ("domains", *(key for key in FLAG if key not in SIGN))
"""The keys of an entry of ``[[flag.asked]]``."""


@cache
def signs_of(domain: str) -> tuple[dict[str, Any], ...]:
    """Give the signs that the pack has for a domain, as entries of its ``rules.toml``.

    Raises:
        DomainError: The pack is wrong; names the sign and its line.
    """
    entries = []
    for sign in read_toml(FOLDER / "rules.toml").get("flag", []):
        location = f"{FOLDER.name}/rules.toml: {sign.get('id', 'an entry without id')}"
        check_keys(sign, (*SIGN, "asked"), location)
        said = {key: value for key, value in sign.items() if key != "asked"}
        asked = sign.get("asked", [])
        for way in asked:
            check_keys(way, ASKED, f"{location}: asked")
        ways = [way for way in asked if domain in way.get("domains", ())]
        if not asked or len(ways) > 1:
            raise DomainError(
                f"{location}: [[flag.asked]] names each domain once, and one at least"
                f"{line_of(FOLDER, sign.get('id'))}"
            )
        entries += [said | {key: value for key, value in way.items() if key != "domains"} for way in ways]
    return tuple(entries)
