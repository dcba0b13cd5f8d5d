"""Measure the official rules of electronic invoices against the tests of their publishers, and on real ones.

A unit test of EN 16931's repository states for an XML which rules hold and which fail; a file of tests counts
as right where each of its tests gives what it states. The invoices of XRechnung's test suite are right, so
that no rule that must hold fails. Of real invoices it counts what a run with the rules would say.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.einvoice.answer import CHECK, findings
from docassay.transforms.einvoice.ask import audit
from docassay.transforms.einvoice.audit import Opened, opened_rules
from docassay.transforms.einvoice.rule_sets import check_rules
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import XML
from docassay.transforms.formats.xml import tree
from docassay.transforms.parse import parse

_TESTS = "{http://difi.no/xsd/vefa/validator/1.0}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_LIMITS = Limits(invoices=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the figures of what is named."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.einvoice", description=__doc__)
    parser.add_argument("--rules", required=True, help="folder that `docassay einvoice` made")
    parser.add_argument("--unit", type=Path, help="the folder `test` of EN 16931's repository")
    parser.add_argument("--valid", type=Path, help="a folder of right invoices: XRechnung's test suite")
    parser.add_argument("--real", type=Path, nargs="*", default=(), help="folders of invoices, XML or PDF")
    given = parser.parse_args(argv)
    rules = check_rules(given.rules)
    if given.unit:
        _unit(given.unit, opened_rules(rules.folder, rules.digest))
    if given.valid:
        _invoices("right invoices", [given.valid], rules.folder)
    if given.real:
        _invoices("real invoices", given.real, rules.folder)


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
    syntax = "CII" if invoice.tag.endswith("}CrossIndustryInvoice") else "UBL"
    number = next(
        n for n, one in enumerate(opened.rules.sets) if (one.name, one.syntax) == ("en16931", syntax)
    )
    content = etree.tostring(invoice, encoding="unicode", with_tail=False)
    report = opened.report(number, opened.invoice(etree.tostring(tree(content.encode()), encoding="unicode")))
    failed = Counter(one.get("id") for one in report.iter(f"{_SVRL}failed-assert"))
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


def _invoices(what: str, folders: Sequence[Path], rules: str) -> None:
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
