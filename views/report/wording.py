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
    "bad_name": "a file name that cannot be written down",
    "broken_line": "a line of a list that is no record",
    "crashed": "its parser crashed",
    "duplicate": "the same bytes as another input",
    "empty": "an empty file",
    "encrypted": "protected by a password",
    "fault": "a fault of docassay or of a domain's folder",
    "garbled": "fonts that map to other letters; --ocr reads them",
    "link": "a link, which is followed only with --follow-links",
    "malformed": "not what its format asks for, or damaged",
    "missing": "published before, not found any more",
    "no_segment": "nothing in it that could be read as a passage",
    "no_text": "no text in it: a scan, perhaps, which --ocr reads",
    "only_whitespace": "nothing but white space",
    "out_of_memory": "reading it took too much memory",
    "timeout": "reading it took too long",
    "too_deep": "files within files, too deep",
    "too_large": "larger than what is read",
    "too_late": "a message later than --lateness allows",
    "too_long": "longer than what is read",
    "too_many_attachments": "more attachments than are read",
    "too_many_pages": "more pages than are read",
    "unreadable": "no permission, or gone or damaged",
    "unsupported_media_type": "a format that is not read",
    "xml_entities": "XML with entities of its own or of another file",
    "zip_bomb": "an archive that unpacks to far more than it seems",
}
"""What the usual rejects mean."""


def words(name: str) -> str:
    """Write an id as words.

    >>> words("changed_bank_details"), words("")
    ('Changed bank details', 'No kind')
    """
    return title(name) or "No kind"


def language(tag: str) -> str:
    """Name a language by its tag, where it is a common one, as the entry of a list."""
    return "cannot be told" if tag == UNDETERMINED else language_named(tag)


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
    'is there'
    >>> expected("ExpectColumnValuesToBeBetween", {"column": "risk", "min_value": 0, "max_value": 1})
    'is from 0 to 1'
    """
    column = arguments.get("column")
    if column in _DERIVED:
        return _DERIVED[column]
    if name == NOT_NULL:
        return "is there"
    if name == "ExpectColumnValuesToBeUnique":
        return "is there once"
    if name == "ExpectColumnValuesToBeInSet":
        return f"is one of {', '.join(map(str, arguments['value_set']))}"
    if name == "ExpectColumnValuesToMatchRegex":
        return f"has the form {arguments['regex']}"
    if name == "ExpectColumnPairValuesAToBeGreaterThanB":
        return f"is after {arguments['column_B']}"
    least, most = arguments.get("min_value"), arguments.get("max_value")
    return f"is from {least} to {most}" if most is not None else f"is {least} or more"


_DERIVED = {
    "known": "its document or segment is there",
    "exact": "its offsets give its evidence, letter by letter",
    "placed": "its boxes lie on its page",
}
