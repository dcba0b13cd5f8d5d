"""Questions: digests of rules, and of tasks that headings answer, to tell which a release has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from docassay.domains.folders import load
from docassay.domains.rule_digest import rule_digests


@cache
def question_digests(domain: str) -> Mapping[str, str]:
    """Give the digest of each rule of a domain, and of each task in its `sections.toml`.

    They are named as `decided_by` of rows names them: ``DOMAIN.ID``, or ``OVERLAY.ID`` of an added rule.

    Raises:
        DomainError: No such domain, or its folder is wrong.
    """
    loaded = load(domain)
    path = loaded.folder / "sections.toml"
    sections = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    digests = {section.task: sections for section in loaded.sections} | dict(rule_digests(domain))
    return {loaded.decided_by(name).removeprefix("rule "): own for name, own in digests.items()}
