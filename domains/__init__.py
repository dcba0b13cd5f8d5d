"""Domains: what legal, financial or medical readers ask of a document. One folder each.

A domain is found by its folder, so adding one changes nothing else:

    domains/insurance/
        domain.toml      title, cues, document kinds, headings, tasks asked of the models
        rules.toml       signs of fraud ([[flag]]) and compliance checks ([[check]]); docs/rule-keys.md
        facts.toml       what its documents state ([[fact]]), of which checks may expect something
        sections.toml    what passages are by their headings ([[section]]); may be left out
        examples.jsonl   texts with the rows expected of them, and why
        __init__.py      `split`, where outlining by headings is not enough
        clauses.py       functions that rules call; any name will do

A domain with ``every_mail = true`` is one that no document is of: it is asked of every mail, beside the
mail's own domain. Its ``[[document_flag]]`` entries are the labels of a head on whole mails.

`DOCASSAY_DOMAINS` names more domains, or folders that hold some, separated like those of `PATH`. Two domains
of one name are an error. A folder there whose ``domain.toml`` says ``extends = "legal"`` is an overlay: rules
of your own on top of that domain (`domains/overlay.py`).

Patterns are RE2 expressions: their time grows linearly with the text, whatever the text
(https://swtch.com/~rsc/regexp/regexp3.html). They see the plain form of a text (`plain`): straight quotation
marks, hyphens, spaces of one width and no bullets, at the same offsets. A pattern written
``call:MODULE.NAME`` is a function of the domain, from a `RuleInput` to spans; it sees the text as it is.

A document in another language has two texts: the original, and its English. `reads` of a rule says which
of them the rule is applied to:

    reads = "original"   the default, and right for whatever compares figures, dates, names or identifiers
                         (every ``call:`` that does). Such a rule has to know the words of each language
                         that it should work in: ``Rechnungsdatum``, ``date de la facture``.
    reads = "both"       a rule of wording, which its English patterns may find in the translation as well.
                         What it finds there alone rests on the translator, which `decided_by` names.

A check's `include` and `exclude` are sought in the sentence of its evidence, a sign's within some characters;
a field that nobody filled in is evidence of nothing. Words have names under ``[terms]`` (`domains/terms.py`);
a table in place of an expression says what stands beside what. `titles` match the headings under which a
check's answer stands, `hints` are what answers there alone.

Take ``both`` only where a translation that writes every figure wrong would change no outcome; a test of the
shipped rules does just that to their examples.
"""

from __future__ import annotations

from docassay.domains.domain import Domain
from docassay.domains.folders import (
    check_rankers,
    digests,
    document_domains,
    load,
    mail_domains,
    names,
    overlay_in,
    overlays,
    rule_title,
)
from docassay.domains.outline import outline
from docassay.domains.rules import (
    MAX_SPANS,
    CheckRule,
    Compared,
    FlagRule,
    Matcher,
    RuleInput,
    Span,
    TaskFlag,
    applies,
    reason,
    spans,
)
from docassay.domains.sections import labels_by_heading
from docassay.domains.typography import plain
from docassay.domains.verdicts import is_silent, judge
from docassay.schemas.errors import DomainError

__all__ = [
    "MAX_SPANS",
    "CheckRule",
    "Compared",
    "Domain",
    "DomainError",
    "FlagRule",
    "Matcher",
    "RuleInput",
    "Span",
    "TaskFlag",
    "applies",
    "check_rankers",
    "digests",
    "document_domains",
    "is_silent",
    "judge",
    "labels_by_heading",
    "load",
    "mail_domains",
    "names",
    "outline",
    "overlay_in",
    "overlays",
    "plain",
    "reason",
    "rule_title",
    "spans",
]
