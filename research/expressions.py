"""Compare the expressions of the shipped rules with those of an earlier commit, the terms put in.

    python -m research.expressions compare [--since COMMIT] [--only DOMAIN]
    python -m research.expressions long [--only DOMAIN]
    python -m research.expressions carry [--since COMMIT] [--rows-equal RULE ...]

`compare` lists each rule, kind, section and wording whose expressions are not those of the commit. Two
expressions are the same where they differ in groups alone that change nothing: ``(?:a|(?:b|c))`` and
``(?:a|b|c)``. *Split* means that the alternatives are the same, in the same order, in more expressions or
fewer: the rows may differ where two alternatives match one after the other, so compare these, too.

`long` lists the expressions over 150 characters. `carry` writes into ``rewritten.tsv`` of each domain that
what was judged of a rule holds for it as it stands now: of rules that call no function and whose expressions
are the same, and of those of which somebody has seen that their rows are equal (``--rows-equal all``: all).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docassay import domains
from docassay.domains.entries import read_toml
from docassay.domains.folders import terms_of
from docassay.domains.rule_digest import REWRITTEN, rule_digests
from docassay.domains.signs import FOLDER as FRAUD
from docassay.domains.signs import signs_of
from docassay.domains.terms import Terms, too_long, written_out
from docassay.languages import lists

BASE = "2a2b62d"
"""The last commit before expressions had terms."""

FILES = ("rules.toml", "domain.toml", "sections.toml", "wording.toml")
ENTRIES = ("flag", "check", "kind", "section")
_NO_EXPRESSIONS = frozenset(
    [
        "terms",
        "title",
        "task_flag",
        "document_flag",
        "tasks",
        "least_words",
        "every_mail",
        "kinds",
        "overrules",
    ]
)
_ALL_MATCH = frozenset({"include", "when", "sure", "body"})
"""Keys of lists of which each expression has to match: alternatives cannot stand apart there."""

_RENAMED = {"near": "include", "unless": "exclude"}
_COLUMNS = ("rule", "was", "digest", "why")

_TOKEN = re.compile(
    r"(?P<escape>\\[pPx]\{[^}]*\}|\\.)"
    r"|(?P<class>\[\^?\]?(?:\\[pP]\{[^}]*\}|\\.|\[:\^?\w+:\]|[^\]\\])*\])"
    r"|(?P<flag>\(\?[a-zA-Z-]+\))"
    r"|(?P<open>\((?:\?(?:P<\w+>|[a-zA-Z-]*:))?)"
    r"|(?P<close>\))|(?P<or>\|)"
    r"|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)"
    r"|(?P<character>.)",
    re.DOTALL,
)


def normal(expression: str) -> list[str]:
    """Give the alternatives of an expression, without groups that change nothing.

    >>> normal("(?i)(?:(?:a|b)|(?:c)d)"), normal("a(?:b|(?:c|d))?")
    (['(?i)a', '(?i)b', '(?i)cd'], ['a(?:b|c|d)?'])
    """
    tokens = [(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(expression)]
    flags = tokens.pop(0)[1] if tokens and tokens[0][0] == "flag" else ""
    tokens.reverse()
    alternatives = _alternatives(tokens)
    assert not tokens, expression
    while len(alternatives) == 1 and len(alternatives[0]) == 1 and alternatives[0][0][1] == "":
        item = alternatives[0][0][0]
        if isinstance(item, str) or item[0] != "(?:":
            break
        alternatives = item[1]  # flags within reach no further than they would without the group
    return [flags + "".join(one) for one in _flat(alternatives)]


def _alternatives(tokens: list[tuple[str, str]]) -> list[list[Any]]:
    """Parse a group to its end: alternatives of ``(item, repeat)``; an item may be ``(opening, group)``."""
    alternatives: list[list[Any]] = [[]]
    while tokens and tokens[-1][0] != "close":
        kind, text = tokens.pop()
        if kind == "or":
            alternatives.append([])
            continue
        item: Any = text
        if kind == "open":
            item = (text, _alternatives(tokens))
            tokens.pop()
        repeat = tokens.pop()[1] if tokens and tokens[-1][0] == "repeat" else ""
        alternatives[-1].append((item, repeat))
    return alternatives


def _flat(alternatives: list[list[Any]]) -> list[list[str]]:
    flat: list[list[str]] = []
    for alternative in alternatives:
        items: list[str] = []
        for item, repeat in alternative:
            if isinstance(item, str):
                items.append(item + repeat)
                continue
            opening, inside = item[0], _flat(item[1])
            plain = opening == "(?:" and not any(_is(one, "flag") for part in inside for one in part)
            if plain and not repeat and len(alternative) == 1:
                flat += inside[:-1]
                items = inside[-1]
            elif plain and len(inside) == 1 and (not repeat or _is("".join(inside[0]), "atom")):
                items += [*inside[0][:-1], "".join(inside[0][-1:]) + repeat]
            else:
                items.append(f"{opening}{'|'.join(''.join(one) for one in inside)}){repeat}")
        flat.append(items)
    return flat


def _is(text: str, what: str) -> bool:
    """Tell whether a text is one flag, or one atom, which a repetition after it would be of."""
    match = _TOKEN.fullmatch(text)
    group = match.lastgroup if match else None
    return group in ({"escape", "class", "character"} if what == "atom" else {what})


def values(contents: Mapping[str, Any], terms: Terms) -> dict[tuple[str, str], Any]:
    """Give what can be compared of a file, by entry and key: lists of expressions, and other values."""
    found: dict[tuple[str, str], Any] = {}
    for table, value in contents.items():
        if table in _NO_EXPRESSIONS:
            continue
        if table not in ENTRIES:
            levels = (one if isinstance(one, list) else [one] for one in value)
            found[table, ""] = written_out([one for level in levels for one in level], terms)
            continue
        for entry in value:
            section = f"{entry.get('task')}.{entry.get('label')}.{entry.get('kinds')}"
            name = entry.get("id") or entry.get("name") or section
            for key, part in entry.items():
                if table == "kind" and key == "title":
                    key = "title_patterns"
                key = _RENAMED.get(key, key)
                if isinstance(part, list) and key not in _NO_EXPRESSIONS:
                    found.setdefault((name, key), []).extend(written_out(part, terms))
                elif key != "title":
                    found[name, key] = part
    return found


def compared(folder: Path, file: str, since: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is not the same in a file as at a commit: the rule, the key, and how it differs."""
    shown = _shown(folder, file, since)
    if shown is None or not (folder / file).is_file():
        return
    shared = _shown(folder, "terms.toml", since)
    outer = Terms(lists(), "languages")
    outer = outer if shared is None else Terms(tomllib.loads(shared), "terms.toml", outer)
    contents = tomllib.loads(shown)
    before = values(contents, Terms(contents.get("terms", {}), file, outer))
    own = terms_of(folder, file)
    now = values(read_toml(folder / file), own)
    if file == "rules.toml":
        now |= values({"flag": signs_of(folder.name)}, terms_of(FRAUD, file, own))
    for name, key in sorted({*before, *now}):
        if difference := _difference(key, before.get((name, key)), now.get((name, key))):
            yield name, key, difference


def _shown(folder: Path, file: str, since: str) -> str | None:
    """Give a file of a domain as it was at a commit; None where it was not there."""
    command = ["git", "show", f"{since}:domains/{folder.name}/{file}"]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return None if shown.returncode else shown.stdout


def _difference(key: str, old: Any, new: Any) -> str:
    if old == new:
        return ""
    if not isinstance(old, list) or not isinstance(new, list):
        return f"{old!r} is {new!r} now"
    if not all(isinstance(one, str) for one in (*old, *new)):
        return "a table is compared by its rows"
    before, after = [normal(one) for one in old], [normal(one) for one in new]
    if before == after:
        return ""
    alternatives = [[one for part in side for one in part] for side in (before, after)]
    if key not in _ALL_MATCH and alternatives[0] == alternatives[1]:
        return "split"
    lines = [f"    - {'|'.join(one)}" for one in before if one not in after]
    lines += [f"    + {'|'.join(one)}" for one in after if one not in before]
    return "\n".join(["differs", *(lines or ["    in the order of its expressions"])])


def compare(options: argparse.Namespace) -> int:
    """Print what is not the same; return 1 where something differs."""
    differs = 0
    for name in options.only or domains.names():
        folder = domains.load(name).folder
        for file in FILES:
            for rule, key, difference in compared(folder, file, options.since):
                print(f"{name}/{file}: {rule}.{key}: {difference}")
                differs += difference != "split"
    print(f"{differs} differ from {options.since}")
    return 1 if differs else 0


def long(options: argparse.Namespace) -> int:
    """Print the expressions that are too long to be read, and count them."""
    count = 0
    for name in options.only or [*domains.names(), "fraud"]:
        for path in sorted((FRAUD if name == "fraud" else domains.load(name).folder).glob("*.toml")):
            for where, expression in too_long(read_toml(path)):
                count += 1
                print(f"{len(expression):5} {name}/{path.name}: {where}: {expression[:60]}")
    print(f"{count} over 150 characters")
    return 0


def carry(options: argparse.Namespace) -> int:
    """Write that what was judged of rules holds for them as they stand now."""
    for name in options.only or domains.names():
        folder = domains.load(name).folder
        unproven = {rule for rule, _, how in compared(folder, "rules.toml", options.since) if how != "split"}
        unproven |= _calling(folder)
        own = rule_digests(name)
        rows = _rewritten(folder)
        for row in rows:
            rule = row["rule"]
            if rule not in own or own[rule] == row["digest"]:
                continue
            if {rule, "all"} & {*options.rows_equal}:
                row |= {"digest": own[rule], "why": "rows equal on the samples and on real documents"}
            elif rule not in unproven:
                row |= {"digest": own[rule], "why": f"expressions equal to those of {options.since}"}
            else:
                print(f"{name}: {rule}: neither expressions nor rows are known to be equal")
        with (folder / REWRITTEN).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return 0


def _rewritten(folder: Path) -> list[dict[str, str]]:
    if not (folder / REWRITTEN).is_file():
        return []
    with (folder / REWRITTEN).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def _calling(folder: Path) -> set[str]:
    """Name the rules that call functions, whose code is not compared here."""
    rules = read_toml(folder / "rules.toml")
    entries = (*rules.get("flag", []), *rules.get("check", []), *signs_of(folder.name))
    return {entry["id"] for entry in entries if '"call:' in json.dumps(entry)}


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        prog="python -m research.expressions", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("command", choices=("compare", "long", "carry"))
    parser.add_argument("--since", default=BASE, help="the commit that the rules are compared with")
    parser.add_argument("--only", nargs="*", metavar="DOMAIN")
    parser.add_argument("--rows-equal", nargs="*", default=[], metavar="RULE")
    options = parser.parse_args(arguments)
    return {"compare": compare, "long": long, "carry": carry}[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
