"""The commands `docassay rules`: overlays that add to and change the rules of a domain."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from docassay.commands.options import (
    EXIT_FOUND,
    Tables,
    epilog,
    errors,
    print_error,
    print_line,
    stdout,
    table_of,
)
from docassay.commands.running import progress
from docassay.observe.sanitize import line
from docassay.schemas.errors import DomainError, UsageError
from docassay.schemas.rows import SEVERITIES
from docassay.views.labels import counted

if TYPE_CHECKING:
    from docassay.domains.facts import FactField
    from docassay.views.rules_diff import RulesDiff

app = typer.Typer()
rules = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(
    rules,
    name="rules",
    help="Add rules to a domain, switch its rules off or change their severity, in a folder of your own.",
    epilog=epilog(
        "docassay rules new acme --extends legal · docassay rules test acme"
        " · docassay rules try acme tables · DOCASSAY_DOMAINS=acme docassay batch inbox --out tables",
        "0 done · 2 a wrong option, or an overlay that is wrong · 4 an example has an unexpected result",
    ),
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the overlay.")]

_DOMAIN = """extends = "{extends}"
title = "{title}"
"""

_RULES = """# Our own rules on top of the domain {extends}.
# docassay review TABLES --rules {folder}   edits them in a form, on the Rules page
# docassay rules test {folder}       runs examples.jsonl
# docassay rules try {folder} TABLES shows what would change in existing tables
# docassay domains {extends}          lists the domain's rules
# A rule of the domain is switched off, or given another severity, text or threshold, like this:
#
#     [[change]]
#     rule = "ID"
#     severity = "low"
#
# A check says what a fact must be (expect = "term <= P3Y"), or words that must or must not be there
# (requires = [{{ words = ["governed by"] }}], forbids = [...]). Facts of {extends}:
{facts}

[[flag]]
id = "{title}_example"
title = "Example of {words}"
severity = "low"
why = "Replace this rule with your own: why a reader should look at the passage."
source = "The policy, law or standard that says so, with its section"
any = [{{ words = ["sample clause of {words}", "sample provision of {words}"] }}]

[[check]]
id = "{title}_sample_fee"
title = "Example of what {words} expects"
severity = "low"
why = "Replace this check with your own: which values of a fact you accept; facts.toml defines the fact."
source = "The policy, law or standard that says so, with its section"
expect = "{title}_fee <= 1000 EUR"
"""

_FACTS = """# Our own facts in addition to those of the domain {extends}.

[[fact]]
name = "{title}_fee"
title = "Example of a fact of {words}"
type = "amount"
find = ['(?i)\\bsample\\s+fee\\s+of\\s+{pattern}:\\s+EUR\\s+[\\d.,]*\\d']
"""

_EXAMPLES: tuple[tuple[str, list[str] | str, str], ...] = (
    ("This is the sample clause of {words}.", ["sample clause of {words}"], "the plain words"),
    ("A Sample Clause of {words}.", ["Sample Clause of {words}"], "capitals make no difference"),
    ("This is a clause of {words}.", [], "another clause of the same name"),
    ("This is the sample clause of somebody.", [], "a clause of another name"),
    ("Sample fee of {words}: EUR 900.00", "pass", "a fee that is low enough"),
    ("Sample fee of {words}: EUR 1,000.00", "pass", "the highest fee that passes"),
    ("Sample fee of {words}: EUR 1,000.01", "fail", "a fee that is too high"),
    ("Sample fee of {words}: to be agreed", "review", "no fee is stated"),
)


@rules.command(
    epilog=epilog(
        "docassay rules new acme --extends legal", "0 made · 2 no such domain, or the folder already exists"
    )
)
def new(
    folder: Folder,
    extends: Annotated[str, typer.Option(help="The domain to extend; `docassay domains` lists them.")],
) -> None:
    """Create an overlay with a sign, a check and a fact to replace, and their examples."""
    with errors():
        from docassay import domains

        fields = domains.load(extends).facts
        title = folder.resolve().name
        if not title.isidentifier() or not title.isascii():
            raise UsageError(
                f"{title}: the folder's name may have only letters, digits and _, since rules use it"
            )
        if title in domains.names():
            raise UsageError(f"{title} is the name of a domain; choose another name")
        words = title.replace("_", " ")
        pattern = words.replace(" ", "\\s+")
        contents = {
            "domain.toml": _DOMAIN.format(extends=extends, title=title),
            "rules.toml": _RULES.format(
                extends=extends, title=title, words=words, folder=folder, facts=_listed(fields)
            ),
            "facts.toml": _FACTS.format(extends=extends, title=title, words=words, pattern=pattern),
            "examples.jsonl": "".join(_example(title, words, *one) for one in _EXAMPLES),
        }
        try:
            folder.mkdir(parents=True)
            for name, content in contents.items():
                (folder / name).write_text(content, encoding="utf-8")
        except FileExistsError:
            raise UsageError(f"{folder} already exists; name another folder") from None
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None
        print_line(
            f"{folder} extends {extends}; write your rules into {folder / 'rules.toml'},"
            f" or on a page: docassay review TABLES --rules {folder}; then:"
        )
        print_line(f"  docassay rules test {folder}")
        print_line(f"  DOCASSAY_DOMAINS={folder} docassay batch ...")


def _listed(fields: Sequence[FactField]) -> str:
    """List facts with their types, as lines of comment."""
    named = ", ".join(f"{field.name} ({field.type})" for field in fields) or "none"
    return textwrap.fill(named, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _example(title: str, words: str, text: str, expect: list[str] | str, why: str) -> str:
    is_check = isinstance(expect, str)
    told = expect if is_check else [one.format(words=words) for one in expect]
    rule = f"{title}_sample_fee" if is_check else f"{title}_example"
    return json.dumps({"rule": rule, "text": text.format(words=words), "expect": told, "why": why}) + "\n"


@rules.command(
    "test",
    epilog=epilog(
        "docassay rules test acme", "0 all have the expected result · 2 the overlay is wrong · 4 one does not"
    ),
)
def run_examples(folder: Folder) -> None:
    """Run the examples of an overlay.

    A sign of fraud needs two texts with evidence, and two with none.

    A check needs two that give fail or review, and two that give pass or null (not asked of the text).
    """
    with errors():
        from docassay import domains
        from docassay.domains import examples
        from docassay.domains.entries import read_toml
        from docassay.domains.terms import too_long
        from docassay.transforms.extract import read_facts

        overlay = domains.overlay_in(folder)
        domain = domains.load(overlay.extends)
        found = list(examples.read(folder / examples.FILE))
        problems = [
            f"{folder / examples.FILE}, line {number}: {example['rule']}: {problem}"
            for number, example in found
            if (problem := examples.problem(domain, example, read_facts))
        ]
        problems += examples.missing(overlay.added, [example for _, example in found])
        long = list(too_long(read_toml(folder / "rules.toml")))
    for where, expression in long:
        print_error(
            f"{folder / 'rules.toml'}: {where}: warning: an expression of {len(expression)} characters is"
            f" hard to read; give its words names under [terms]: {expression[:40]}..."
        )
    for problem in problems:
        print_error(problem)
    if problems:
        raise typer.Exit(EXIT_FOUND)
    print_line(
        f"{len(found)} examples have the expected result; {folder} adds"
        f" {counted(len(overlay.flags), 'sign')} of fraud and"
        f" {counted(len(overlay.checks), 'check')} to {overlay.extends} and changes"
        f" {counted(len(overlay.changes), 'rule')} of it"
    )


@rules.command(
    epilog=epilog("docassay rules disable nda_term --in acme", "0 written · 2 there is no such rule")
)
def disable(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule of the domain.")],
    folder: Annotated[Path, typer.Option("--in", metavar="FOLDER", help="The folder of the overlay.")],
) -> None:
    """Switch a rule off, by an entry in the `rules.toml` of the overlay."""
    with errors():
        _change(folder, rule, "off", True)
        print_line(f"{rule} is off when DOCASSAY_DOMAINS names {folder}")


@rules.command(
    epilog=epilog("docassay rules severity nda_term low --in acme", "0 written · 2 there is no such rule")
)
def severity(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule of the domain.")],
    level: Annotated[str, typer.Argument(metavar="SEVERITY", help=", ".join(SEVERITIES))],
    folder: Annotated[Path, typer.Option("--in", metavar="FOLDER", help="The folder of the overlay.")],
) -> None:
    """Change the severity of a rule, by an entry in the `rules.toml` of the overlay."""
    with errors():
        if level not in SEVERITIES:
            raise UsageError(f"severity {level!r} is not one of {', '.join(SEVERITIES)}")
        _change(folder, rule, "severity", level)
        print_line(f"{rule} is {level} when DOCASSAY_DOMAINS names {folder}")


@rules.command(
    "try",
    epilog=epilog(
        "docassay rules try acme tables",
        "0 shown · 2 a wrong option, an overlay that is wrong, or no tables · 130 interrupted",
    ),
)
def try_rules(
    folder: Folder,
    tables: Tables,
) -> None:
    """Show what an overlay would change in existing tables, without changing them.

    New rules run on the text in the tables, not on translations; a check with a `label` runs on its wording
    alone, `label:` stands for the labels in the tables, and facts are those of the text, not those that files
    state as data.
    """
    with errors():
        from docassay import domains
        from docassay.views.rules_diff import rules_diff

        overlay = domains.overlay_in(folder)
        with progress("trying") as watch:
            result = rules_diff(tables, overlay, watch)
        _show(result)


def _change(folder: Path, rule: str, key: str, value: str | bool) -> None:
    """Have an overlay change a rule of its domain: by a new entry, or where it does already, by that one.

    What is wrong afterwards is taken back.
    """
    from docassay import domains
    from docassay.domains.overlay import changeable
    from docassay.domains.rules_text import with_entry

    overlay = domains.overlay_in(folder)
    domain = domains.load(overlay.extends)
    if rule not in changeable(domain) | overlay.changes.keys() or rule in domain.owners:
        raise UsageError(
            f"{overlay.extends} has no rule {rule!r} to change; docassay domains {overlay.extends} lists them"
        )
    if overlay.changes.get(rule, {}).get(key) == value:
        return
    path = folder / "rules.toml"
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(with_entry(text, "change", rule, {key: value}, "rule", str(path)), encoding="utf-8")
        domains.load.cache_clear()
        domains.overlay_in(folder)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    except DomainError:
        path.write_text(text, encoding="utf-8")
        raise


def _show(result: RulesDiff) -> None:
    headings = ("rule", "change", "rows", "documents", "examples")
    table = table_of(*headings, right=("rows", "documents"), lines=True)
    for effect in result.effects:
        such = Text()
        for uri, evidence in effect.passages:
            such.append(f"{line(uri, 60)}\n", "dim").append(f"“{line(evidence, 100)}”\n", "italic")
        such.rstrip()
        what = f"{effect.what} {effect.verdict}".rstrip()
        table.add_row(effect.rule, what, f"{effect.rows:,}", f"{effect.documents:,}", such)
    stdout.print(table)
    if result.read:
        print_line(f"new rules ran on {result.read:,} documents")
    if result.cleared:
        print_line(f"{result.cleared:,} documents would become clear")
    if result.unfinished:
        print_line(f"new rules ran out of time on {result.unfinished:,} documents")
