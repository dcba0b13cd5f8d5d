"""Measure the signs of fraud in mail and in messages of a telephone: fraud found, honest mail flagged.

    python -m research.benchmarks.mails [--gathered mail.jsonl] [--messages fraud.json] [--honest honest.json]

`--gathered` is what `research.corpora.gathered` makes; of it what is set apart is measured, and the bodies of
its short mails once more as messages without headers. `--messages` and `--honest` are what
`research.corpora.messages` makes, fraud by SMS and honest messages that trained nothing. Asked are the signs
of every mail, by rules and by the head on whole mails; a domain's own signs and the encoder are not, so that
it is quick. `--forms` measures nothing: it lists what our forms of mails, on which the head is trained, have
word for word from the fraud and the messages that are measured; there should be nothing.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path

from docassay import domains
from docassay.domains import RuleInput
from docassay.schemas.rows import Flag, Source
from docassay.transforms.document import Document
from docassay.transforms.flag import flag, flag_mail, risk
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.see import see
from research.benchmarks import report
from research.benchmarks.real import BY_HEADERS, DATA, MAIL_SETS, SEVERE, share
from research.documents.mail_forms import forms
from research.documents.mail_forms.quoted import RUN, quoted
from research.documents.text import short_body

AS_MESSAGE = "apart_mail_as_message"
MESSAGES = frozenset({"messages", "honest_messages", "apart_chat"})
"""The sets of messages of a telephone; the bodies of mails as messages are hard cases, and stand apart."""

FRAUD = frozenset({"mail_phishing", "mail_bec", "messages"})
"""The sets that are fraud; all others are honest."""

_COUNTED = 8

Found = tuple[str, frozenset[str], frozenset[str], float]
"""Of a text: its set, the codes of its severe flags of rules, those of the head, and its risk."""


def texts(
    data: Path, gathered: Path | None, messages: Path | None, honest: Path | None = None
) -> Iterator[tuple[str, str, bytes]]:
    """Yield each text that is measured: its set, the name of its file, its bytes."""
    for name in MAIL_SETS:
        with tarfile.open(data / f"{name}.tar.xz") as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    yield name, member.name, file.read()
    if gathered:
        for row in map(json.loads, filter(None, gathered.read_text(encoding="utf-8").split("\n"))):
            if row["split"] == "apart":
                yield f"apart_{row['domain']}", f"{row['id']}.txt", row["text"].encode()
                if row["domain"] == "mail" and (body := short_body(row["text"])):
                    yield AS_MESSAGE, f"{row['id']}-body.txt", body.encode()
    for name, path in (("messages", messages), ("honest_messages", honest)):
        for number, text in enumerate(json.loads(path.read_text(encoding="utf-8")) if path else ()):
            yield name, f"{number}.txt", text.encode()


def measured(item: tuple[str, str, bytes]) -> Found | None:
    """Ask the signs of every mail of one text; None where it cannot be read."""
    group, name, content = item
    if (document := _read(name, content)) is None:
        return None
    of_rules: list[Flag] = []
    of_head: list[Flag] = []
    doubt = 0.0
    for domain in domains.mail_domains():
        of_rules += flag(document.doc_id, domain, RuleInput(document.text))
        if domain.every_mail:
            of_head, _, doubt = flag_mail(document, domain)
    severe = [frozenset(f.code for f in flags if f.severity in SEVERE) for flags in (of_rules, of_head)]
    return group, severe[0], severe[1], risk([*of_rules, *of_head], doubt)


def _read(name: str, content: bytes) -> Document | None:
    outcome = parse(Source(f"file:///{name}", content), Limits(parts=False))[0]
    return see(outcome) if isinstance(outcome, Document) else None


def show_quoted(items: Iterable[tuple[str, str, bytes]]) -> int:
    """Print what our forms quote of the fraud and of the messages of a telephone, and count it."""
    read = (_read(name, content) for group, name, content in items if group in FRAUD | MESSAGES)
    found = list(quoted(forms(), (document.text for document in read if document)))
    for form, words in found:
        print(form.label, form.language, form.name, words, sep="\t")
    print(f"{len(found)} runs of {RUN} words")
    return len(found)


def main() -> None:
    """Measure all and print a line for each set; then what a threshold on the risk would find."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.mails",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--gathered", type=Path)
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--honest", type=Path)
    parser.add_argument("--forms", action="store_true", help="list what our forms quote")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    items = texts(options.data, options.gathered, options.messages, options.honest)
    if options.forms:
        raise SystemExit(1 if show_quoted(items) else 0)
    with Pool(options.workers) as pool:
        asked = [one for one in pool.imap(measured, items, chunksize=20) if one]
    by_group: dict[str, list[Found]] = defaultdict(list)
    for one in asked:
        by_group[one[0]].append(one)
    rows = []
    for group, members in by_group.items():
        codes = [rules | head for _, rules, head, _ in members]
        counted = Counter(code for severe in codes for code in severe).most_common(_COUNTED)
        rows.append(
            [
                group,
                "fraud" if group in FRAUD else "honest",
                share(sum(map(bool, codes)), len(members)),
                share(sum(bool(severe - {BY_HEADERS}) for severe in codes), len(members)),
                str(sum(bool(head) for _, _, head, _ in members)),
                " ".join(f"{code} {count}" for code, count in counted),
            ]
        )
    report.show(
        "a high or critical flag", ["set", "is", "flagged", "by content", "by the head", "codes"], rows
    )
    mails = {name: found for name, found in by_group.items() if name not in MESSAGES | {AS_MESSAGE}}
    messages = {name: found for name, found in by_group.items() if name in MESSAGES}
    for what, found in (("mails", mails), ("messages", messages)):
        title = f"least risk of {what}, and what has it"
        report.show(title, ["of honest", "least risk", "of each set"], traded(found))


def traded(by_group: dict[str, list[Found]]) -> list[list[str]]:
    """Give for shares of the honest the risk that no more of them have, and what fraud has it."""
    honest = sorted(one[3] for group, members in by_group.items() if group not in FRAUD for one in members)
    rows = []
    for part in (0.001, 0.003, 0.01):
        least = honest[int(len(honest) * (1 - part))] if honest else 1.0
        of_each = [
            f"{group} {share(sum(one[3] > least for one in members), len(members))}"
            for group, members in by_group.items()
            if group in FRAUD
        ]
        rows.append([f"{part:.3f}", f"{least:.3f}", "; ".join(of_each)])
    return rows


if __name__ == "__main__":
    main()
