"""Display names of rules, kinds, reasons and expectations in a report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from docassay import domains
from docassay.domains.judged import rule_of
from docassay.schemas.errors import DomainError
from docassay.schemas.expectations import NOT_NULL
from docassay.schemas.rows import UNDETERMINED
from docassay.views.labels import language as language_named
from docassay.views.labels import title

_NUMBERED = re.compile(r"(?:17|\d+) CFR (?:Part )?\d+|\d+ U\.S\.C\. (?:s\. )?\d+\w*")
_SECTION = re.compile(r"[,;]|:\s|\s+(?:Art\.|§|Abs\.|\((?=[a-z ]+\)))")

REASONS = {
    "bad_name": "a file name that cannot be represented as text",
    "broken_line": "a line of a list that is not a record",
    "crashed": "its parser crashed",
    "duplicate": "the same bytes as another input",
    "empty": "an empty file",
    "encrypted": "protected by a password",
    "fault": "a fault in docassay or in a domain's folder",
    "garbled": "fonts that map to the wrong letters; --ocr reads them",
    "link": "a link, which is followed only with --follow-links",
    "malformed": "not valid for its format, or damaged",
    "missing": "published before, no longer found",
    "no_segment": "nothing in it that could be read as a passage",
    "no_text": "no text in it; perhaps a scan, which --ocr reads",
    "only_whitespace": "nothing but white space",
    "out_of_memory": "reading it took too much memory",
    "timeout": "reading it took too long",
    "too_deep": "files nested too deeply",
    "too_large": "larger than the limit",
    "too_late": "a message later than --lateness allows",
    "too_long": "longer than the limit",
    "too_many_attachments": "more attachments than the limit",
    "too_many_pages": "more pages than the limit",
    "unreadable": "no permission to read it, or it is gone or damaged",
    "unsupported_media_type": "a format that is not read",
    "xml_entities": "XML that defines entities or refers to another file",
    "zip_bomb": "an archive that unpacks to far more than its size suggests",
}
"""What the usual rejects mean."""


def words(name: str) -> str:
    """Write an id as words.

    >>> words("changed_bank_details"), words("")
    ('Changed bank details', 'No document type')
    """
    return title(name) or "No document type"


def language(tag: str) -> str:
    """Name a language by its tag, where it is a common one, as the entry of a list."""
    return "unknown" if tag == UNDETERMINED else language_named(tag)


def law_of(source: str) -> str:
    """Extract the first law or standard of a source, without the article.

    >>> law_of("Regulation (EU) 2016/679 (GDPR), Art. 28(3)(a)"), law_of("45 CFR 164.514(b)(2)(i)(A)")
    ('Regulation (EU) 2016/679 (GDPR)', '45 CFR 164')
    >>> law_of("Directive 2014/65/EU (MiFID II) Art. 24(3); Art. 44"), law_of("Directive 1 (trade secrets)")
    ('Directive 2014/65/EU (MiFID II)', 'Directive 1')
    """
    numbered = _NUMBERED.match(source)
    return numbered[0] if numbered else _SECTION.split(source)[0].strip() or source


def titles(decided_by: str) -> Mapping[str, tuple[str, str]]:
    """Return `why` and `source` of the rules of a row's domain, by id; empty without the domain."""
    rule = rule_of(decided_by)
    return _titles(rule[0]) if rule else {}


@cache
def _titles(name: str) -> Mapping[str, tuple[str, str]]:
    try:
        domain = domains.load(name)
    except DomainError:
        return {}
    rules: list[domains.FlagRule | domains.CheckRule] = [*domain.flags, *domain.checks]
    return {rule.id: (rule.why, rule.source) for rule in rules}


def expected(name: str, arguments: Mapping[str, Any]) -> str:
    """Format what an expectation requires.

    >>> expected(NOT_NULL, {"column": "uri"})
    'is present'
    >>> expected("ExpectColumnValuesToBeBetween", {"column": "risk", "min_value": 0, "max_value": 1})
    'is from 0 to 1'
    """
    column = arguments.get("column")
    if column in _DERIVED:
        return _DERIVED[column]
    if name == NOT_NULL:
        return "is present"
    if name == "ExpectColumnValuesToBeUnique":
        return "is unique"
    if name == "ExpectColumnValuesToBeInSet":
        return f"is one of {', '.join(map(str, arguments['value_set']))}"
    if name == "ExpectColumnValuesToMatchRegex":
        return f"has the form {arguments['regex']}"
    if name == "ExpectColumnPairValuesAToBeGreaterThanB":
        return f"is after {arguments['column_B']}"
    least, most = arguments.get("min_value"), arguments.get("max_value")
    return f"is from {least} to {most}" if most is not None else f"is {least} or more"


_DERIVED = {
    "known": "its document or segment exists",
    "exact": "its evidence is exactly the text at its offsets",
    "placed": "its boxes are on its page",
}
