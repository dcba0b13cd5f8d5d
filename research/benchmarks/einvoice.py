"""Measure the official rules of electronic invoices against the tests of their publishers, and on real ones.

A unit test of EN 16931's repository states for an XML which rules hold and which fail; a file of tests counts
as right where each of its tests gives what it states. The invoices of XRechnung's test suite are right, so
that no rule that must hold fails. XRechnung's rules have tests that change an invoice at one place, and state
a rule that then holds, or fails. Of real invoices it counts what a run with the rules would say.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from lxml import etree

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.einvoice.answer import CHECK, findings
from docassay.transforms.einvoice.ask import audit
from docassay.transforms.einvoice.audit import Opened, opened_rules
from docassay.transforms.einvoice.rule_sets import Rules, check_rules
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import XML
from docassay.transforms.formats.xml import tree
from docassay.transforms.parse import parse

_TESTS = "{http://difi.no/xsd/vefa/validator/1.0}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_RULES = re.compile(r"[^\s,]+")
_LIMITS = Limits(invoices=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the figures of what is named."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.einvoice", description=__doc__)
    parser.add_argument("--rules", required=True, help="folder that `docassay einvoice` made")
    parser.add_argument("--unit", type=Path, help="the folder `test` of EN 16931's repository")
    parser.add_argument("--changed", type=Path, help="the folder `test` of XRechnung's rules")
    parser.add_argument("--valid", type=Path, help="a folder of right invoices: XRechnung's test suite")
    parser.add_argument("--real", type=Path, nargs="*", default=(), help="folders of invoices, XML or PDF")
    given = parser.parse_args(argv)
    rules = check_rules(given.rules)
    if given.unit:
        _unit(given.unit, opened_rules(rules.folder, rules.digest))
    if given.changed:
        _changed(given.changed, opened_rules(rules.folder, rules.digest))
    if given.valid:
        _invoices("right invoices", [given.valid], rules)
    if given.real:
        _invoices("real invoices", given.real, rules)


def _unit(folder: Path, opened: Opened) -> None:
    """Run the unit tests of EN 16931's rules."""
    right = total = tests = right_tests = 0
    for file in sorted(folder.rglob("*.xml")):
        root = etree.parse(file).getroot()
        if root.tag != f"{_TESTS}testSet":
            continue
        outcomes = [_is_as_stated(test, opened) for test in root.iter(f"{_TESTS}test")]
        total += 1
        right += all(outcomes)
        tests += len(outcomes)
        right_tests += sum(outcomes)
        if not all(outcomes):
            print(f"  {file.relative_to(folder)}: {outcomes.count(False)} of {len(outcomes)} differ")
    print(f"EN 16931 unit tests: {right} of {total} files as stated, {right_tests} of {tests} tests")


def _is_as_stated(test: etree._Element, opened: Opened) -> bool:
    """Tell whether each rule that a test names holds or fails as it states."""
    invoice = next(one for one in test if isinstance(one.tag, str) and one.tag != f"{_TESTS}assert")
    failed = _failed(invoice, "en16931", opened)
    stated = test.find(f"{_TESTS}assert")
    if stated is None:
        return True
    for one in stated:
        if one.tag == f"{_TESTS}success" and failed[one.text]:
            return False
        if one.tag in (f"{_TESTS}error", f"{_TESTS}warning"):
            wanted = int(one.get("number", 0))
            if not failed[one.text] or (wanted and failed[one.text] != wanted):
                return False
    return True


def _changed(folder: Path, opened: Opened) -> None:
    """Run the tests of XRechnung's rules: instructions before the elements that they change."""
    right = total = left_out = 0
    for file in sorted(folder.rglob("*.xml")):
        tests = len(list(_instructions(etree.parse(file).getroot())))
        for number in range(tests):
            stated = _stated(next(islice(_instructions(etree.parse(file).getroot()), number, None)))
            wanted = [(rule, False) for rule in _RULES.findall(stated.get("schematron-valid", ""))]
            wanted += [(rule, True) for rule in _RULES.findall(stated.get("schematron-invalid", ""))]
            if not wanted:
                continue
            for root in _variants(file, number):
                if root is None:
                    left_out += 1
                    continue
                failed = _failed(root, "xrechnung", opened)
                is_right = all((rule.partition(":")[2] in failed) == fails for rule, fails in wanted)
                total += 1
                right += is_right
                if not is_right:
                    print(f"  {file.relative_to(folder)}: {stated}")
    print(f"XRechnung's changed invoices: {right} of {total} as stated, {left_out} changes not made")


def _instructions(root: etree._Element) -> Iterator[etree._ProcessingInstruction]:
    return (one for one in root.getroottree().iter(etree.ProcessingInstruction) if one.target == "xmute")


def _stated(instruction: etree._ProcessingInstruction) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', instruction.text or ""))


def _variants(file: Path, number: int) -> Iterator[etree._Element | None]:
    """Give an invoice as an instruction changes it, once for each value; None of a change not known here."""
    root = etree.parse(file).getroot()
    stated = _stated(next(islice(_instructions(root), number, None)))
    mutator, separator = stated["mutator"], stated.get("separator", ",")
    values = [one.strip() for one in stated.get("values", "").split(separator)] if mutator == "code" else [""]
    for value in values:
        root = etree.parse(file).getroot()
        instruction = next(islice(_instructions(root), number, None))
        target = instruction.getnext()
        while target is not None and not isinstance(target.tag, str):
            target = target.getnext()
        attribute = stated.get("attribute")
        if target is None or mutator not in ("identity", "code", "remove", "empty"):
            yield None
            continue
        if mutator in ("code", "empty") and attribute:
            target.set(attribute, value)
        elif mutator == "code":
            target.text = value
        elif mutator == "empty":
            target[:] = []
            target.text = ""
        elif mutator == "remove" and attribute:
            target.attrib.pop(attribute, None)
        elif mutator == "remove" and (parent := target.getparent()) is not None:
            parent.remove(target)
        yield root


def _failed(root: etree._Element, name: str, opened: Opened) -> Counter[str | None]:
    """Count the assertions of a set that fail on an invoice."""
    syntax = "CII" if root.tag.endswith("}CrossIndustryInvoice") else "UBL"
    number = next(n for n, one in enumerate(opened.rules.sets) if (one.name, one.syntax) == (name, syntax))
    written = etree.tostring(tree(etree.tostring(root, with_tail=False)), encoding="unicode")
    report = opened.report(number, opened.invoice(written))
    return Counter(one.get("id") for one in report.iter(f"{_SVRL}failed-assert"))


def _invoices(what: str, folders: Sequence[Path], rules: Rules) -> None:
    """Ask the rules of each invoice as a run does, and count what they say."""
    seen: set[str] = set()
    count: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    unasked: Counter[str] = Counter()
    placed = 0
    seconds: list[float] = []
    for file in sorted(one for folder in folders for one in folder.rglob("*") if one.is_file()):
        for document in _documents(file):
            begin = time.perf_counter()
            asked = audit(document, rules)
            seconds.append(time.perf_counter() - begin)
            rows = (
                findings(asked.official, document.doc_id, document.text, document.media_type == XML)
                if asked.official
                else []
            )
            fatal = [row for row in rows if row.verdict == "fail"]
            answer = asked.official
            count["invoices"] += 1
            count["asked"] += bool(answer and answer.asked)
            count["unanswered"] += bool(answer and answer.error)
            count["break a rule that must hold"] += bool(fatal)
            count["warned"] += any(row.verdict == "review" and row.severity == "low" for row in rows)
            count["findings that fail"] += len(fatal)
            placed += sum(row.start_char is not None for row in fatal)
            broken.update({row.check_id.removeprefix(f"{CHECK}_") for row in fatal})
            unasked.update(answer.not_asked if answer else ())
            if fatal:
                print(f"  {file.name}: {', '.join(sorted({row.source.split(', ')[-1] for row in fatal}))}")
            seen.add(document.doc_id)
    print(
        f"{what}: {', '.join(f'{name} {number}' for name, number in count.items())}, of which placed {placed}"
    )
    for name, number in broken.most_common():
        print(f"    {name}: {number}")
    for name, number in unasked.most_common():
        print(f"    {name}: {number}")
    ordered = [1000 * one for one in sorted(seconds)]
    middle, most = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]
    print(f"  ms: median {middle:.1f}, 95 % {most:.1f}, most {ordered[-1]:.0f}")


def _documents(file: Path) -> Iterator[Document]:
    """Give the document of a file, where it is an electronic invoice or holds one."""
    for one in parse(Source(str(file), file.read_bytes()), _LIMITS):
        if isinstance(one, Document) and one.invoice is not None:
            yield one


if __name__ == "__main__":
    main()
