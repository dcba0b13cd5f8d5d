"""Ask the official rules of an invoice; runs in a worker, which compiles each set of rules once.

The rules are transformations: they may read nothing but the invoice, write nothing, and know nothing of the
machine. The invoice comes from strangers: what declares entities is not read, and a worker that hangs or
fills its memory is killed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

from docassay.schemas.errors import RunError
from docassay.transforms.einvoice.answer import MOST_FAILED, MOST_PLACES
from docassay.transforms.einvoice.places import Places
from docassay.transforms.einvoice.rule_sets import MANIFEST, Rules, RuleSet, read_rules
from docassay.transforms.formats import Unusable
from docassay.transforms.formats.xml import tree
from docassay.transforms.isolation.child import Request

if TYPE_CHECKING:
    from lxml import etree

_NAMESPACES = {
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": ("CII", ("CrossIndustryInvoice",)),
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": ("UBL", ("Invoice",)),
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": ("UBL", ("CreditNote",)),
}
"""The roots that the official rules know, and their syntax; ZUGFeRD 1 has another."""

_PROFILE = {
    "CII": "{*}ExchangedDocumentContext/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID",
    "UBL": "{*}CustomizationID",
}
"""Where an invoice says which specification it follows: BT-24."""

_SAFE = {
    "http://saxon.sf.net/feature/allowedProtocols": "",
    "http://saxon.sf.net/feature/allow-external-functions": "off",
}
"""No document but the invoice, no variable of the environment, no file written."""

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_LEVELS = {"fatal": True, "error": True, "": True, "warning": False, "warn": False}
"""What a level means; an assertion without one must hold. ``information`` is none that fails."""

_UNSEEN = re.compile(r"[^\w.:#/@+-]")
_LONGEST_SAID = 600

_Row = tuple[str, bool, str, str, str, str, int]
"""The fields of `Failed`, without the first."""


def audit_request(request: Request) -> Any:
    """Ask the rules of the invoice of a request.

    Raises:
        Unusable: The invoice cannot be read, or the rules cannot be run on it.
        RunError: The rules are not those of the run, or cannot be compiled.
    """
    folder, digest, content = request.asked
    root = tree(content)
    name, profile, syntax = _named(root)
    opened = opened_rules(folder, digest)
    if not syntax:
        return name, (), (), (f"no_rules: {_LISTED}{name}",)
    chosen = _chosen(opened.rules, syntax, profile)
    is_named = any(profile in opened.rules.sets[n].profiles for n in chosen)
    not_asked = () if is_named else (f"no_rules: {_LISTED}{name}",)
    if not chosen:
        return name, (), (), not_asked
    from lxml import etree

    # Written anew, without its document type: what `tree` refuses is not read by another parser.
    invoice = opened.invoice(etree.tostring(root, encoding="unicode"))
    places = Places(root)
    replaced = {rule for which in chosen for rule in opened.rules.sets[which].replaces}
    asked, failed = [], []
    for number, which in enumerate(chosen):
        one = opened.rules.sets[which]
        rows, fatal = failures(opened.report(which, invoice), places, replaced.difference(one.replaces))
        asked.append((one.name, f"{one.title} {one.version} ({one.syntax})", fatal))
        failed += [(number, *row) for row in rows]
    failed.sort(key=lambda row: not row[2])  # should they be too many, it is warnings that are left out
    return name, asked, sorted(failed[:MOST_FAILED], key=lambda row: row[0]), not_asked


def _chosen(rules: Rules, syntax: str, profile: str) -> list[int]:
    """Choose the sets that an invoice is asked; of several that share a file, the one that is made for it."""
    of_file: dict[str, int] = {}
    for number, one in enumerate(rules.sets):
        if (
            one.syntax == syntax
            and one.asks(profile)
            and (one.file not in of_file or profile in one.profiles)
        ):
            of_file[one.file] = number
    return sorted(of_file.values())


_LISTED = "official rules of "


def _named(root: etree._Element) -> tuple[str, str, str]:
    """Give what to call the specification that an invoice follows, its identifier, and its syntax."""
    namespace, _, local = str(root.tag).removeprefix("{").rpartition("}")
    syntax, roots = _NAMESPACES.get(namespace, ("", ()))
    if local not in roots:
        return _shown(f"{namespace}#{local}"), "", ""
    stated = root.find(_PROFILE[syntax])
    profile = "" if stated is None else " ".join((stated.text or "").split())
    return _shown(profile) or f"{syntax}:no_specification", profile, syntax


def _shown(text: str) -> str:
    return _UNSEEN.sub("_", text)[:200]


def failures(
    report: etree._Element, places: Places, replaced: Collection[str] = ()
) -> tuple[list[_Row], int]:
    """List the assertions of a report that fail, at the first places of each, and count the fatal ones.

    Args:
        report: What a set of rules gives, in the Schematron Validation Report Language.
        places: Those of the invoice.
        replaced: Rules in whose place others stand.
    """
    at: dict[str, set[str]] = {}
    rows: list[_Row] = []
    fatal = 0
    for one in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        level = (one.get("flag") or one.get("role") or "").strip().lower()
        if level not in _LEVELS:
            continue
        text = one.find(f"{_SVRL}text")
        said = "" if text is None else " ".join("".join(text.itertext()).split())
        rule, location = _rule_of(one, said), one.get("location") or ""
        if rule in replaced:
            continue
        fatal += _LEVELS[level]
        seen = at.setdefault(rule, set())
        if location not in seen and len(seen) < MOST_PLACES:
            seen.add(location)
            said = said.removeprefix(f"[{rule}]").strip(" -:")[:_LONGEST_SAID]
            rows.append((rule, _LEVELS[level], said, *places.of(location, said)))
    return rows, fatal


def _rule_of(assertion: etree._Element, said: str) -> str:
    """Give the id of an assertion, or the one that its message begins with, or ``unnamed``."""
    told = assertion.get("id") or (match[1] if (match := re.match(r"\[([\w.-]{1,60})\]", said)) else "")
    return _UNSEEN.sub("_", told)[:60] or "unnamed"


class Opened:
    """The rules of a folder, each set compiled when it is first asked, and kept."""

    def __init__(self, rules: Rules) -> None:
        """Compile nothing yet."""
        import saxonche

        self.rules = rules
        self._processor = saxonche.PySaxonProcessor(license=False)
        for name, value in _SAFE.items():
            self._processor.set_configuration_property(name, value)
        self._compiled: dict[str, Any] = {}

    def invoice(self, text: str) -> Any:
        """Read an invoice for `report`.

        Raises:
            Unusable: It is no XML.
        """
        try:
            return self._processor.parse_xml(xml_text=text)
        except Exception as error:
            raise Unusable("malformed", _line("not read as XML", error)) from None

    def report(self, number: int, invoice: Any) -> etree._Element:
        """Run a set on an invoice.

        Raises:
            Unusable: It fails on that invoice.
            RunError: They are no XSLT, or give no report.
        """
        rule_set = self.rules.sets[number]
        compiled = self._compiled.get(rule_set.file) or self._compile(number, rule_set)
        try:
            report = compiled.transform_to_string(xdm_node=invoice)
        except Exception as error:
            raise Unusable("crashed", _line(f"{rule_set.title} fails on it", error)) from None
        root = tree(report.encode())
        if root.tag != f"{_SVRL}schematron-output":
            raise RunError(
                f"{rule_set.file} gives no report of rules; name in {MANIFEST} a compiled Schematron"
            )
        return root

    def _compile(self, number: int, rule_set: RuleSet) -> Any:
        try:
            text = self.rules.content(number).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RunError(f"{rule_set.file} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
        try:
            compiled = self._processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=text)
        except Exception as error:
            raise RunError(_line(f"{rule_set.file} cannot be compiled", error)) from None
        self._compiled[rule_set.file] = compiled
        return compiled


def _line(what: str, error: Exception) -> str:
    return f"{what}: {' '.join(str(error).split())}"[:300]


@cache
def opened_rules(folder: str, digest: str) -> Opened:
    """Open a folder of rules once in a process.

    Raises:
        UsageError: The folder is wrong.
        RunError: Its manifest has another digest.
    """
    rules = read_rules(folder)
    if rules.digest != digest:
        raise RunError(f"{folder} has changed since the run began; start the run again")
    return Opened(rules)
