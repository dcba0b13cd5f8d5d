"""Draw rows to be judged by people who see passage and question only, and keep what they said.

    python -m research.benchmarks.judge draw TABLES --documents FOLDER --out WORK [--each 3] [--absent]
        [--most 60]
    python -m research.benchmarks.judge keep WORK --answers FILE.tsv [...] --round before
    python -m research.benchmarks.judge publish
    python -m research.benchmarks.judge weigh TABLES --round before

`draw` takes rows of each sign of fraud, each verdict of each check, and each label of each head, at most
one of a document; with `--most` so many rows of each verdict, no labels, and of signs all that are `high` or
`critical`. `WORK/questions.jsonl` is for the judges: the passage, its surroundings and the question,
neither rule nor verdict; `WORK/texts` has the documents as they were read. `WORK/key.tsv` says which row each
question is of. Answers have the columns ``id``, ``answer`` and ``why``.

`keep` writes `judged/round-NAME.tsv`: the document by its digest, the span, what was asked, what came of it.
Nothing of a text goes there, and what has been judged is not edited. `publish` counts all rounds into
`judged.tsv` of each domain. `weigh` gives the share of right verdicts as a reader of these tables meets them:
a draw has as many rows of a rare check as of a frequent one.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docassay import domains
from docassay.domains.judged import ABSENT, FILE, rule_of
from docassay.domains.judged import COLUMNS as COUNTED
from docassay.domains.rule_digest import rule_digests
from docassay.models.catalog import folders, read
from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.read import read as read_source
from research.benchmarks.real import JUDGED, read_tsv, rows_of

AROUND = 700
"""Characters shown on either side of a passage."""

COLUMNS = (
    "doc_id", "start_char", "end_char", "table_name", "name", "verdict", "decided_by", "digest", "answer",
    "judged", "why",
)  # fmt: skip

ANSWERS = ("yes", "elsewhere", "no", "person", "not_applicable")
"""What a judge may answer; ``elsewhere``: the document meets it, but the passage is not what shows it."""

Row = Mapping[str, Any]


def candidates(tables: Path) -> Iterator[dict[str, Any]]:
    """Yield what can be judged: flags, findings, and the labels of which a model is sure."""
    for row in rows_of(tables, "flags"):
        yield {**row, "table_name": "flags", "name": row["code"], "verdict": ""}
    for row in rows_of(tables, "findings"):
        yield {**row, "table_name": "findings", "name": row["check_id"]}
    spans = {(row["doc_id"], row["segment"]): row for row in rows_of(tables, "segments")}
    for row in rows_of(tables, "classifications"):
        if not row["abstained"]:
            segment = spans[row["doc_id"], row["segment"]]
            span = {"start_char": segment["start_char"], "end_char": segment["end_char"]}
            name = f"{row['task']}.{row['label']}"
            by = f"model {row['model']}"
            yield {
                **row,
                **span,
                "table_name": "classifications",
                "name": name,
                "verdict": "",
                "decided_by": by,
            }


def is_absence(row: Row) -> bool:
    """Tell whether a row is a check that found nothing: a document's own, or as kept in a round."""
    return row["verdict"] in ("fail", "review") and row["start_char"] in (None, "")


def drawn(rows: Sequence[Row], seed: int, each: int) -> list[Row]:
    """Draw up to `each` rows of each table, name and verdict, each of another document, by a seed."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["table_name"], row["name"], row["verdict"]].append(row)
    chosen: list[Row] = []
    for _, members in sorted(groups.items()):
        documents: set[str] = set()
        for row in sorted(members, key=lambda row: _lot(row, seed)):
            if row["doc_id"] not in documents and len(documents) < each:
                documents.add(row["doc_id"])
                chosen.append(row)
    return chosen


def limited(rows: Sequence[Row], seed: int, most: int) -> list[Row]:
    """Keep the grave signs, and of the rows of each verdict at most so many, by the seed."""
    signs = [row for row in rows if row["table_name"] == "flags" and row["severity"] in ("high", "critical")]
    findings = sorted((row for row in rows if row["table_name"] == "findings"), key=lambda r: _lot(r, seed))
    kept: list[Row] = []
    for verdict in ("pass", "fail", "review"):
        kept += [row for row in findings if row["verdict"] == verdict][:most]
    return [*signs, *kept]


def _lot(row: Row, seed: int) -> str:
    """Give a row's place in the draw: it hangs on nothing but the row and the seed."""
    key = [seed, row["doc_id"], row["start_char"], row["table_name"], row["name"], row["verdict"]]
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def texts(tables: Path, folder: Path, wanted: set[str]) -> dict[str, Document]:
    """Read the wanted documents again, by their digests; parts of a file are read with it."""
    uris = {row["doc_id"]: row["uri"] for row in rows_of(tables, "documents") if row["doc_id"] in wanted}
    found: dict[str, Document] = {}
    for uri in sorted({uri.partition("#")[0] for uri in uris.values()}):
        path = Path(uri.removeprefix("file://"))
        waiting: list[Any] = [Source(str(path if path.is_absolute() else folder / path))]
        while waiting:
            source = read_source(waiting.pop(), Limits())
            for outcome in parse(source, Limits()) if isinstance(source, Source) else ():
                if isinstance(outcome, Document):
                    found[outcome.doc_id] = outcome
                elif isinstance(outcome, Source):
                    waiting.append(outcome)
    return found


def question(row: Row, text: str, stated: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Ask what a row says, without the row: neither rule nor verdict.

    Args:
        row: What is judged.
        text: The document's text.
        stated: What the document states as data beside its text, such as the XML of a hybrid invoice.
    """
    start, end = row["start_char"], row["end_char"]
    passage = None
    if start is not None:
        after = text[end : end + AROUND]
        passage = f"{text[max(0, start - AROUND) : start]}⟦{text[start:end]}⟧{after}"
    if row["table_name"] == "flags":
        asked = f"Does the passage in ⟦⟧, in its document, really show this: {row['why']}"
    elif row["table_name"] == "findings":
        asked = f"Does the document meet this: {row['why']} ({row['source']})"
    else:
        task, label = row["name"].split(".", 1)
        asked = f"{task}: is the passage in ⟦⟧ rightly called {label!r}? {_definition(task, label)}"
    data = {"data": dict(stated)} if stated else {}
    return {"question": asked, "passage": passage, "document": f"{row['doc_id']}.txt", **data}


def _definition(task: str, label: str) -> str:
    for folder in folders().values():
        card = read(folder)
        if task in card.tasks:
            return card.tasks[task].definitions.get(label, "")
    return ""


def judged(row: Mapping[str, str], answer: str) -> str:
    """Say whether a row was right: ``right``, ``wrong`` or, where it told nobody anything, ``useless``.

    >>> judged({"verdict": "fail", "table_name": "findings"}, "no")
    'right'
    >>> judged({"verdict": "review", "table_name": "findings"}, "yes")
    'useless'
    """
    if answer not in ANSWERS:
        raise ValueError(f"{answer!r} is none of {', '.join(ANSWERS)}")
    if row["table_name"] != "findings":
        return {"yes": "right", "person": "useless"}.get(answer, "wrong")
    if row["verdict"] == "review":
        return {"person": "right", "no": "right", "not_applicable": "wrong"}.get(answer, "useless")
    return "right" if answer == {"pass": "yes", "fail": "no"}[row["verdict"]] else "wrong"


def draw(options: argparse.Namespace) -> None:
    """Write the questions, the texts and the key."""
    rows = [row for row in candidates(options.tables) if not options.absent or is_absence(row)]
    chosen = drawn(rows, options.seed, options.each)
    if options.most:
        chosen = limited(chosen, options.seed, options.most)
    by_id = texts(options.tables, options.documents, {row["doc_id"] for row in chosen})
    digests = {
        f"{name}.{rule}": digest for name in domains.names() for rule, digest in rule_digests(name).items()
    }
    models = {read(folder).id: read(folder).digest for folder in folders().values()}
    (options.out / "texts").mkdir(parents=True, exist_ok=True)
    for doc_id, parsed in by_id.items():
        (options.out / "texts" / f"{doc_id}.txt").write_text(parsed.text, encoding="utf-8")
    order = sorted(chosen, key=lambda row: (row["doc_id"], row["start_char"] or 0, row["name"]))
    with (
        (options.out / "questions.jsonl").open("w", encoding="utf-8") as questions,
        (options.out / "key.tsv").open("w", encoding="utf-8", newline="") as key,
    ):
        writer = csv.writer(key, delimiter="\t", lineterminator="\n")
        writer.writerow(["id", *COLUMNS[:8]])
        for n, row in enumerate(order, start=1):
            asked = question(row, by_id[row["doc_id"]].text, by_id[row["doc_id"]].embedded_values)
            questions.write(json.dumps({"id": n, **asked}, ensure_ascii=False) + "\n")
            by = row["decided_by"].removeprefix("rule ").removeprefix("model ").split("+")[0]
            values = [row[name] for name in COLUMNS[:7]]
            writer.writerow(
                [n, *("" if v is None else v for v in values), digests.get(by) or models.get(by, "")]
            )
    print(f"{len(order)} questions of {len(by_id)} documents in {options.out}")


def keep(options: argparse.Namespace) -> None:
    """Write what the judges said beside what they were asked."""
    key = {row["id"]: row for row in read_tsv(options.work / "key.tsv")}
    path = new_round(f"round-{options.round}")
    answers = [row for file in options.answers for row in read_tsv(file)]
    lines = []
    for row in sorted(answers, key=lambda row: int(row["id"])):
        asked = key[row["id"]]
        why = " ".join(row["why"].split())
        lines.append(
            [*(asked[name] for name in COLUMNS[:8]), row["answer"], judged(asked, row["answer"]), why]
        )
    write_round(path, [COLUMNS, *lines])
    print(f"{len(lines)} of {len(key)} judged: {path}")


def new_round(name: str) -> Path:
    """Give the path of a round that is not there yet."""
    path = JUDGED / f"{name}.tsv"
    if path.exists():
        raise SystemExit(f"{path} is there already; what has been judged is not edited")
    return path


def write_round(path: Path, lines: Sequence[Sequence[str]]) -> None:
    """Write the lines of a round, its heading first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(
            file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\"
        )
        writer.writerows(lines)


def counts(rows: Sequence[Mapping[str, str]], domain: str) -> list[list[str]]:
    """Count what was judged of a domain's rules, by rule, its digest and verdict, as `judged.tsv` has it.

    What a check did not find is counted besides, under `ABSENT`: right where the judge did not find it.
    """
    counted: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        owner, rule = rule_of(row["decided_by"]) or ("", "")
        if owner == domain:
            counted[rule, row["digest"], row["verdict"]][row["judged"]] += 1
            if is_absence(row):
                said = {"no": "right", "person": "useless"}.get(row["answer"], "wrong")
                counted[rule, row["digest"], ABSENT][said] += 1
    return [
        [*key, *(str(numbers[what]) for what in ("right", "wrong", "useless"))]
        for key, numbers in sorted(counted.items())
    ]


def publish(_: argparse.Namespace) -> None:
    """Write the counts of all rounds into the domains' folders."""
    rows = [row for path in sorted(JUDGED.glob("round-*.tsv")) for row in read_tsv(path)]
    for name in domains.names():
        path = domains.load(name).folder / FILE
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerows([COUNTED, *counts(rows, name)])


def weighed(met: Mapping[tuple[str, str], int], rows: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Give the share of right findings of each verdict, each check weighing as many rows as it has.

    Args:
        met: Rows of each check and verdict in some tables.
        rows: What was judged.

    >>> weighed({("a", "pass"): 3, ("b", "pass"): 1}, [
    ...     {"table_name": "findings", "name": "a", "verdict": "pass", "judged": "right"},
    ...     {"table_name": "findings", "name": "b", "verdict": "pass", "judged": "wrong"}])
    {'pass': 0.75}
    """
    said: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["table_name"] == "findings":
            said[row["name"], row["verdict"]][row["judged"]] += 1
    right: dict[str, float] = defaultdict(float)
    weight: Counter[str] = Counter()
    for (name, verdict), counted in said.items():
        weight[verdict] += met.get((name, verdict), 0)
        right[verdict] += met.get((name, verdict), 0) * counted["right"] / counted.total()
    return {verdict: right[verdict] / total for verdict, total in sorted(weight.items()) if total}


def weigh(options: argparse.Namespace) -> None:
    """Print the shares of a round's verdicts, weighed by the rows of some tables."""
    met = Counter((row["check_id"], row["verdict"]) for row in rows_of(options.tables, "findings"))
    for verdict, share in weighed(met, list(read_tsv(JUDGED / f"round-{options.round}.tsv"))).items():
        print(f"{verdict}: {share:.3f}")


def main() -> None:
    """Draw, keep, publish or weigh."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.judge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("draw")
    command.add_argument("tables", type=Path)
    command.add_argument("--documents", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--each", type=int, default=3)
    command.add_argument("--most", type=int, help="rows of each verdict; no labels")
    command.add_argument("--absent", action="store_true", help="draw only checks that found nothing")
    command.set_defaults(run=draw)
    command = commands.add_parser("keep")
    command.add_argument("work", type=Path)
    command.add_argument("--answers", type=Path, nargs="+", required=True)
    command.add_argument("--round", required=True)
    command.set_defaults(run=keep)
    commands.add_parser("publish").set_defaults(run=publish)
    command = commands.add_parser("weigh")
    command.add_argument("tables", type=Path)
    command.add_argument("--round", required=True)
    command.set_defaults(run=weigh)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
