"""Measure on gathered documents set apart whether kinds are told, and what is of none is left alone.

    python -m research.measure.kinds [--gathered ../gathered] [--real ../shared/data/real]
    python -m research.measure.kinds --list blind_ninth --mirror FOLDER

`documents.jsonl` has them as its split ``apart``, or with the type that is right: its sources and most of its
genres are in no training. Each is read as docassay reads it, without its models of passages; checks are run
by rules alone. With `--real` the kinds of the judged real documents, too, whose formats are parsed first.
With `--list` those of a list of `research.corpora.blind`, from the repositories in `--mirror`: as files, with
their titles and what data say, which a text alone has lost.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docassay import domains
from docassay.schemas.rows import UNKNOWN
from docassay.transforms.ask import Answers
from docassay.transforms.comply import comply
from docassay.transforms.detect import detect, is_foreign
from docassay.transforms.document import Document
from docassay.transforms.kind import told_languages
from docassay.transforms.see import see
from docassay.transforms.settle import settle
from docassay.transforms.split import asked_kinds
from research.benchmarks.real import expectations, share, unpack
from research.corpora.blind import LISTS, committed, lines, unchanged
from research.documents.gathered import FILE
from research.documents.judged import document_of
from research.documents.text import read_file

OF_FILES = LISTS[LISTS.index("blind_sixth") :]
"""Lists whose lines are whole files, each with its type."""

EITHER = frozenset({"explanatory_memorandum", "impact_assessment", "legal_commentary", "study_debrief"})
"""Genres that are of their domain or of none, as one takes it."""

PRIVACY = re.compile(r"\bprivacy(?:-policy)?\.md$")
"""Paths of privacy policies among pages of none: they are what they are, wherever they were found."""

CONTRACTS = frozenset({"contract", "services", "purchase", "partnership", "investment"})
NOTES = frozenset({"visit_note", "progress_note", "consult"})
ACCEPTED = {
    "case_excerpt": frozenset({"judgment"}),
    "court_hearing": frozenset({"court_filing", "hearing"}),
    "employment": frozenset({"employment"}),
    "explanatory_memorandum": frozenset({""}),
    "impact_assessment": frozenset({""}),
    "privacy_policy": frozenset({"privacy_policy"}),
    "judgment": frozenset({"judgment"}),
    "restrictive_covenant": frozenset({"employment", "nda", "contract"}),
    "shareholder_paper": frozenset({"corporate_record", "settlement", "severance"}) | CONTRACTS,
    "statute": frozenset({"statute"}),
    "annual_report": frozenset({"", "annual_report_10k"}),
    "annual_report_extract": frozenset({"", "annual_report_10k"}),
    "association_rules": frozenset({"", "corporate_record", "policy"}),
    "bill_of_lading": frozenset({"", "delivery_note"}),
    "biomarker_report": frozenset({"laboratory_report", "pathology_report"}),
    "brokerage_statement": frozenset({"", "bank_statement", "trade_confirmation"}),
    "clinical_note": NOTES,
    "clinical_notes": NOTES | {""},
    "court_order": frozenset({"court_filing", "judgment"}),
    "data_subject_policy": frozenset({"", "policy", "privacy_policy"}),
    "discharge_instructions": frozenset({"", "discharge_summary"}),
    "doctors_letter": frozenset({"clinic_letter", "discharge_summary", "referral_letter"}),
    "eula": frozenset({"terms_of_service", "software_licence", "licence"}),
    "liability_waiver": frozenset({"", "contract"}),
    "membership_agreement": CONTRACTS | {"", "terms_of_service"},
    "operating_agreement": CONTRACTS | {"", "corporate_record"},
    "medical_report": NOTES | {"", "clinic_letter", "laboratory_report"},
    "oncology_note": NOTES | {"", "clinic_letter"},
    "participant_information": frozenset({"", "consent_form"}),
    "payment_instruction": frozenset({"invoice", "payment_instruction"}),
    "quarterly_summary": frozenset({"", "earnings_release", "quarterly_report_10q"}),
    "rent_receipt": frozenset({"", "receipt"}),
    "service_level_agreement": frozenset({"", "services", "terms_of_service"}),
    "stock_analysis": frozenset({"", "market_news", "research_note"}),
    "study_protocol": frozenset({"", "clinical_trial"}),
    "subprocessor_list": frozenset({"", "data_processing_agreement", "privacy_policy"}),
    "tax_assessment": frozenset({"", "tax_form"}),
    "vehicle_rental": frozenset({"", "contract", "lease"}),
    "warranty": frozenset({"", "policy", "terms_of_service"}),
    "withdrawal_notice": frozenset({"", "legal_notice", "terms_of_service"}),
}
"""The kinds that a professional would call a gathered document of a domain, by its genre.

Of other genres it is the kind of that name, or none."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a document of a known genre.

    Attributes:
        genre: Its genre, or of a real document its set.
        asked: Checks that wrote rows.
        foreign: Of these rows, those of checks that are asked of other kinds only.
        none: It is of no domain; where one may see it otherwise, `domains` has the others, too.
    """

    genre: str
    domains: frozenset[str]
    kinds: frozenset[str]
    domain: str
    kind: str
    sure: bool
    candidates: int
    asked: int
    foreign: int
    unread: bool
    none: bool


def told(
    document: Document, genre: str, of: frozenset[str], kinds: frozenset[str], none: bool = False
) -> Told:
    """Tell a document's domain and kind, and count the rows of its checks."""
    found = detect(see(document))
    answers = Answers()
    is_foreign_check: dict[str, bool] = {}
    for domain, kind in asked_kinds(found) if found.domain != UNKNOWN else ():
        view = domains.RuleInput(found.text, kind, found.media_type, stated=found.embedded_values)
        answers.findings += comply("", domain, view, silent=answers.silent)
        for rule in domain.checks:
            answers.owners[rule.id] = domain.name
            of_others = bool(rule.kinds) and rule.kinds.isdisjoint(kinds)
            is_foreign_check[rule.id] = domain.name not in of or of_others
    rows, _ = settle(found, answers)
    return Told(
        genre,
        of,
        kinds,
        found.domain,
        found.kind,
        found.kind_confident,
        len(found.kind_candidates),
        len(rows),
        sum(is_foreign_check[row.check_id] for row in rows),
        is_foreign(found.language, found.language_probability),
        none or of == {UNKNOWN},
    )


def judged(first: str, also: str) -> tuple[frozenset[str], frozenset[str]]:
    """Read the domains and the kinds that a list calls right, as ``domain.kind`` with commas between.

    >>> judged("none.", "medical.,medical.clinical_trial")[1] == {"", "clinical_trial"}
    True
    """
    pairs = [one.partition(".") for one in (first, *filter(None, also.split(",")))]
    names = frozenset(UNKNOWN if domain == "none" else domain for domain, _, _ in pairs)
    return names, frozenset(kind for _, _, kind in pairs)


def gathered(folder: Path) -> Iterator[Told]:
    """Tell the gathered documents that are set apart."""
    with (folder / FILE).open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = json.loads(line)
            if "type" in row:
                of, kinds = judged(f"{row['domain']}.{row['type']}", row["also"])
                text = Document("", "", row["text"], "text/plain")
                yield told(text, row["genre"], of, kinds, row["domain"] == "none")
            elif row["split"] == "apart":
                policy = bool(PRIVACY.search(row["path"])) and row["language"] in told_languages()
                none = row["domain"] == "none" and not policy
                of = frozenset({UNKNOWN if none else "legal" if policy else row["domain"]})
                if row["genre"] in EITHER:
                    of |= {UNKNOWN}
                genre = "privacy_policy" if policy else row["genre"]
                named = {kind.name for of_domain in of - {UNKNOWN} for kind in domains.load(of_domain).kinds}
                kinds = frozenset({""}) if none else ACCEPTED.get(genre, frozenset({genre} & named or {""}))
                yield told(Document("", "", row["text"], "text/plain"), genre, of, kinds)


def listed(name: str, mirror: Path) -> Iterator[Told]:
    """Tell the documents of a list as the files that they are; count what is missing or has changed."""
    missing = 0
    for line in lines(name):
        content = committed(mirror, line["repository"], line["commit"], line["path"])
        document = document_of(line["path"], content) if unchanged(line, content) else None
        if document is None:
            missing += 1
            continue
        of, kinds = judged(f"{line['domain']}.{line['type']}", line["also"])
        yield told(document, line["genre"], of, kinds, line["domain"] == "none")
    print(f"{missing} documents are missing")


def real(data: Path, folder: Path) -> Iterator[Told]:
    """Tell the judged real documents, mails left out."""
    for one in expectations(data):
        if not one.kinds or one.kinds == {"email"}:
            continue
        kinds = frozenset("" if kind == "none" else kind for kind in one.kinds)
        body = (folder / one.file).read_bytes()
        for text in read_file("", "", "", one.file, body):
            document = Document("", "", text.text, text.media_type, text.title)
            yield told(document, one.group, frozenset({one.domain}), kinds)


def print_figures(rows: list[Told]) -> None:
    """Print shares by genre, and which kind each genre was told to be."""
    by_genre: dict[str, list[Told]] = defaultdict(list)
    for row in rows:
        by_genre["none: all" if row.none else "domain: all"].append(row)
        if row.none and not row.unread:
            by_genre["none: in a language that is read"].append(row)
        by_genre[f"{'none' if row.none else 'domain'}: {row.genre}"].append(row)
    for genre, of in sorted(by_genre.items()):
        print(
            f"{genre}\tdomain {share(sum(r.domain in r.domains for r in of), len(of))}"
            f"\tkind {share(sum(r.kind in r.kinds for r in of), len(of))}"
            f"\tno row {sum(not r.asked for r in of)}\tno candidate {sum(not r.candidates for r in of)}"
            f"\trows {sum(r.asked for r in of)}, foreign {sum(r.foreign for r in of)}"
        )
    wrong = Counter((r.genre, r.domain, r.kind, r.sure) for r in rows if r.kind not in r.kinds)
    for (genre, domain, kind, sure), count in wrong.most_common(60):
        print(f"{count}\t{genre} told {domain}.{kind or '-'}{', sure' if sure else ''}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.kinds", description=__doc__)
    parser.add_argument("--gathered", type=Path, default=Path("../gathered"))
    parser.add_argument("--real", type=Path, help="the real documents, too")
    parser.add_argument("--unpacked", type=Path, help="where they lie unpacked, or will")
    parser.add_argument("--list", choices=OF_FILES, help="the files of a list, and nothing else")
    parser.add_argument("--mirror", type=Path, help="folder of their repositories")
    options = parser.parse_args()
    if options.list:
        print_figures(list(listed(options.list, options.mirror)))
        return
    print_figures(list(gathered(options.gathered)))
    if options.real:
        if not options.unpacked.is_dir():
            unpack(options.real, options.unpacked)
        print_figures(list(real(options.real, options.unpacked)))


if __name__ == "__main__":
    main()
