"""Have whole documents read that are `clear`, among others, by readers who do not know which are.

    python -m research.benchmarks.judge_clear draw TABLES --documents FOLDER --out WORK --seed 1
    python -m research.benchmarks.judge_clear keep WORK --answers ONE.tsv TWO.tsv --round 1

`draw` takes documents by a seed, at most a quarter of them of one kind: `clear` ones and, so that a reader
cannot know, others that were asked something. `WORK/questions.jsonl` names each document's text and what it
was asked, without verdicts; the signs of fraud are one question for all. Answers have the columns ``id``,
``answer`` (``nothing`` or ``something`` to look at) and ``why``.

`keep` writes `judged/clear-ROUND.tsv` and prints in how many clear documents all readers, one, or none found
nothing, and how often they agree.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.benchmarks.judge import new_round, texts, write_round
from research.benchmarks.real import read_tsv, rows_of

COLUMNS = ("doc_id", "kind", "status", "answer", "why")
ANSWERS = ("nothing", "something")
FRAUD = "Nothing in the document shows fraud, deception or pressure against its reader."


def drawn(
    documents: Sequence[Mapping[str, Any]], seed: int, clear: int, others: int
) -> list[Mapping[str, Any]]:
    """Draw `clear` documents that are clear and `others` that are not, at most a quarter of one kind each."""
    chosen = []
    for wanted, most in ((True, clear), (False, others)):
        kinds: Counter[str | None] = Counter()
        members = [row for row in documents if (row["status"] == "clear") == wanted]
        for row in sorted(members, key=lambda row: _lot(row["doc_id"], seed)):
            if kinds.total() < most and kinds[row["kind"]] < max(1, most // 4):
                kinds[row["kind"]] += 1
                chosen.append(row)
    return sorted(chosen, key=lambda row: _lot(row["doc_id"], seed + 1))


def _lot(doc_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {doc_id}".encode()).hexdigest()


def draw(options: argparse.Namespace) -> None:
    """Write the questions, the texts and the key."""
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    for row in sorted(rows_of(options.tables, "findings"), key=lambda row: row["check_id"]):
        asked[row["doc_id"]][f"{row['why']} ({row['source']})"] = None
    documents = [
        row
        for row in rows_of(options.tables, "documents")
        if row["doc_id"] in asked and row["domain"] != "mail" and "#" not in row["uri"]
    ]
    chosen = drawn(documents, options.seed, options.clear, options.others)
    by_id = texts(options.tables, options.documents, {row["doc_id"] for row in chosen})
    (options.out / "texts").mkdir(parents=True, exist_ok=True)
    with (
        (options.out / "questions.jsonl").open("w", encoding="utf-8") as questions,
        (options.out / "key.tsv").open("w", encoding="utf-8", newline="") as key,
    ):
        writer = csv.writer(key, delimiter="\t", lineterminator="\n")
        writer.writerow(["id", *COLUMNS[:3]])
        for n, member in enumerate(chosen, start=1):
            document = by_id[member["doc_id"]]
            (options.out / "texts" / f"{n}.txt").write_text(document.text, encoding="utf-8")
            data = {"data": dict(document.embedded_values)} if document.embedded_values else {}
            packet = {"id": n, "document": f"{n}.txt", "asked": [*asked[member["doc_id"]], FRAUD], **data}
            questions.write(json.dumps(packet, ensure_ascii=False) + "\n")
            writer.writerow([n, *(member[name] or "" for name in COLUMNS[:3])])
    print(
        f"{len(chosen)} documents, {sum(row['status'] == 'clear' for row in chosen)} clear, in {options.out}"
    )


def keep(options: argparse.Namespace) -> None:
    """Write what each reader said of each document, and print the counts."""
    path = new_round(f"clear-{options.round}")
    key = {row["id"]: row for row in read_tsv(options.work / "key.tsv")}
    said: dict[str, list[str]] = defaultdict(list)
    lines = []
    for file in options.answers:
        for row in read_tsv(file):
            if row["answer"] not in ANSWERS:
                raise SystemExit(f"{file}: {row['answer']!r} is neither {' nor '.join(ANSWERS)}")
            said[row["id"]].append(row["answer"])
            asked = key[row["id"]]
            lines.append(
                [*(asked[name] for name in COLUMNS[:3]), row["answer"], " ".join(row["why"].split())]
            )
    write_round(path, [COLUMNS, *sorted(lines)])
    print(summary(said, {n: row["status"] for n, row in key.items()}))


def summary(said: Mapping[str, Sequence[str]], statuses: Mapping[str, str]) -> str:
    """Count what the readers said.

    >>> summary({"1": ["nothing", "nothing"], "2": ["nothing", "something"]}, {"1": "clear", "2": "clear"})
    'clear: nothing by all 1, by one 1, by none 0 of 2; others: nothing by all 0 of 0; agreed on 1 of 2'
    """
    clear = [answers for n, answers in said.items() if statuses[n] == "clear"]
    others = [answers for n, answers in said.items() if statuses[n] != "clear"]
    whole = [answers.count("nothing") / len(answers) for answers in clear]
    return (
        f"clear: nothing by all {whole.count(1)}, by one {sum(0 < share < 1 for share in whole)},"
        f" by none {whole.count(0)} of {len(clear)};"
        f" others: nothing by all {sum(set(answers) == {'nothing'} for answers in others)} of {len(others)};"
        f" agreed on {sum(len(set(answers)) == 1 for answers in said.values())} of {len(said)}"
    )


def main() -> None:
    """Draw or keep."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.judge_clear",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("draw")
    command.add_argument("tables", type=Path)
    command.add_argument("--documents", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--clear", type=int, default=150)
    command.add_argument("--others", type=int, default=50)
    command.set_defaults(run=draw)
    command = commands.add_parser("keep")
    command.add_argument("work", type=Path)
    command.add_argument("--answers", type=Path, nargs="+", required=True)
    command.add_argument("--round", required=True)
    command.set_defaults(run=keep)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
