"""The documentation names what there is, what it names is there, and its blocks run."""

from __future__ import annotations

import ast
import csv
import io
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from docassay import domains
from docassay.cli import app
from docassay.observe.prometheus import families, write_drift
from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.views.export import plain
from docassay.views.query import ask
from docassay.views.shipped_views import VIEWS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
SEATS = sorted((DOCS / "seats").glob("*.md"))
GUIDES = [*TOP, *sorted(DOCS.glob("*.md")), *SEATS]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
FIGURES = sorted((DOCS / "figures").glob("*.md"))
BELOW = [*sorted((ROOT / "deploy").glob("**/README.md")), ROOT / "research" / "README.md"]
PAGES = [*GUIDES, ROOT / "CHANGELOG.md", *DECISIONS, *FIGURES, *BELOW]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
BLOCK = r"```%s\n(.*?)```"
SHELL = [
    line
    for page in GUIDES
    for block in re.findall(BLOCK % "sh", TEXTS[page], re.DOTALL)
    for line in textwrap.dedent(block).splitlines()
]
GROUP: Any = get_command(app)
COMMANDS = {name: GROUP.get_command(None, name) for name in GROUP.list_commands(None)}
LINES = [
    f"{name} {below}" if below else name
    for name, command in sorted(COMMANDS.items())
    for below in (sorted(command.commands) if hasattr(command, "commands") else [""])
]
MOST_WORDS = 1_000
MOST_WORDS_OF_A_PAGE = 1_200
MOST_WORDS_OF_A_SEAT = 500
MOST_WORDS_OF_A_DECISION = 300
MOST_DECISIONS = 20


def section(text: str, heading: str) -> str:
    """Give what stands below a heading, down to the next one of its rank."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def blocks(page: str, language: str) -> list[str]:
    """Give the blocks of a page below docs/; those of a list are indented there."""
    found = re.findall(BLOCK % language, TEXTS[DOCS / page], re.DOTALL)
    return [textwrap.dedent(block) for block in found]


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_pages_but_generated_figures_are_short() -> None:
    lengths = {page.name: len(TEXTS[page].split()) for page in GUIDES}
    assert not {name: words for name, words in lengths.items() if words > MOST_WORDS_OF_A_PAGE}


def test_the_page_of_a_seat_is_a_task_of_ten_minutes() -> None:
    for page in SEATS:
        assert (
            TEXTS[page].startswith("# If you are a") and len(TEXTS[page].split()) <= MOST_WORDS_OF_A_SEAT
        ), page


def test_the_readme_begins_with_the_two_commands_that_ci_takes_from_it() -> None:
    block = re.search(BLOCK % "sh", section(README, "Two commands"), re.DOTALL)
    assert block
    assert [line.split("#")[0].strip() for line in block[1].splitlines()] == ["make demo", "make test"]


def test_every_command_is_documented() -> None:
    told = "\n".join(TEXTS[page] for page in GUIDES)
    assert [command for command in LINES if f"docassay {command}" not in told] == []


def test_documented_commands_have_the_options_they_show() -> None:
    shown: dict[str, str] = {}
    for line in SHELL:
        if not line.startswith("docassay "):
            continue
        words = shlex.split(line, comments=True)[1:]
        words = words[: words.index("--")] if "--" in words else words  # what follows is a runner's own
        command = words[: 2 if hasattr(COMMANDS[words[0]], "commands") else 1]
        key = " ".join(command)
        if key not in shown:
            shown[key] = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"}).output
        assert all(word in shown[key] for word in words if word.startswith("--")), line


def test_patterns_of_a_documented_command_are_quoted() -> None:
    """Zsh ends a command whose pattern matches no file of this machine; bash gives what it matches."""
    for page in PAGES:
        for line in re.findall(r"(?m)^ *(docassay .+)", TEXTS[page]):
            bare = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line)
            assert not re.search(r"://\S*[*?\[]", bare), (page, line)


def test_documented_targets_are_in_the_makefile() -> None:
    targets = {line.split()[1] for line in SHELL if line.startswith("make ")}
    assert targets <= set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            assert target.exists(), (page, link)
            if anchor:
                headings = re.findall(r"(?m)^#+ (.+)$", target.read_text(encoding="utf-8"))
                anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}
                assert anchor in anchors, (page, link)


def test_files_and_modules_that_a_page_names_are_there() -> None:
    links = [link.name for link in (ROOT / "docassay").iterdir() if link.is_symlink()]
    folders = "|".join([*links, "research"])
    for page in PAGES:
        text = re.sub(r"```.*?```", "", TEXTS[page], flags=re.DOTALL)
        for module in re.findall(r"python -m ((?:docassay|research)\.[\w.]*\w)", text):
            if module == "research.benchmarks.NAME":
                continue
            path = ROOT / module.removeprefix("docassay.").replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), (page, module)
        for name in re.findall(rf"`((?:{folders})/[\w/-]+(?:\.\w+)?)`", text):
            if not {"NAME", "RUN"} & set(re.split(r"\W", name)):
                assert (ROOT / name).exists(), (page, name)
        for module in re.findall(rf"`((?:{folders})(?:\.[a-z_]+)+)\.\w+`", text):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").is_file() or path.is_dir(), (page, module)


def test_a_decision_is_a_page() -> None:
    for page in DECISIONS:
        text = TEXTS[page]
        assert text.startswith(f"# {int(page.name[:4])}. "), page
        places = [re.search(rf"(?m)^(## |\*\*){part}", text) for part in ("Context", "Choice", "Consequence")]
        starts = [place.start() for place in places if place]
        assert len(starts) == 3 and starts == sorted(starts), page
        assert len(text.split()) <= MOST_WORDS_OF_A_DECISION, page


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) <= MOST_DECISIONS


def test_the_architecture_lists_the_folders_in_the_order_of_their_layers() -> None:
    tree = re.findall(r"(?m)^( *)(\w+)/", blocks("architecture.md", "text")[0])
    above, listed = "", []
    for indent, name in tree:
        if indent:
            assert (ROOT / above / name).is_dir(), name
        else:
            listed.append(above := name)
    links = {path.name for path in (ROOT / "docassay").iterdir() if path.is_symlink()}
    assert set(listed) == links | {"deploy", "docs", "tests", "research", "requirements"}
    assert all((ROOT / name).is_dir() for name in listed)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (layers,) = [
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and "docassay.schemas" in contract["layers"]
    ]
    ordered = [layer.removeprefix("docassay.") for layer in reversed(layers)]
    assert [name for name in listed if name in ordered] == [name for name in ordered if name in listed]


def keys() -> dict[str, list[str]]:
    """Give what tells the rows of each table apart, as docs/tables.md says."""
    rows = re.findall(r"(?m)^\| `(\w+)` \| .+ \| (`.+`) \|$", TEXTS[DOCS / "tables.md"])
    return {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}


def test_every_view_is_documented() -> None:
    text = TEXTS[DOCS / "views.md"]
    assert [view for view in VIEWS if not re.search(rf"(?m)^\| `.*\b{view}\b", text)] == []


def test_every_table_is_documented_with_its_key() -> None:
    documented = keys()
    assert [table for table in TABLES if not set(documented[table]) <= set(schema(table).names)] == []


def environment(tools: Path) -> dict[str, str]:
    """Have a shell find `docassay`, `python` and `python3`."""
    tools.mkdir(exist_ok=True)
    for name, code in {"docassay": "-m docassay", "python": "", "python3": ""}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {code} "$@"\n')
        (tools / name).chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


def shell(script: str, work: Path, tools: Path) -> str:
    """Run commands in a folder, which is made if it is not there, and give what they print."""
    work.mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=work,
        env=environment(tools),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the README's block on how to use it, but for the installation; give the folder of its tables."""
    (block,) = re.findall(BLOCK % "sh", section(README, "Install and use"), re.DOTALL)
    script = "\n".join(line for line in block.splitlines() if not line.startswith("pip "))
    place = tmp_path_factory.mktemp("readme")
    shell(script, place / "work", place / "tools")
    return place / "work"


@pytest.mark.slow
def test_the_query_of_the_readme_gives_the_result_beside_it(
    samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(samples)
    shown = section(README, "What it shows")
    (query,) = re.findall(BLOCK % "sql", shown, re.DOTALL)
    lines = re.findall(r"(?m)^\|.*", shown)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    result = duckdb.sql(query)
    assert cells[0] == result.columns
    assert cells[2:] == [[str(value) for value in row] for row in result.fetchall()]


@pytest.mark.slow
def test_the_queries_of_the_tables_lose_no_flag(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(samples)
    flags = duckdb.sql("from 'tables/flags/*.parquet'").fetchall()
    riskiest, around, attached, highlights = [
        duckdb.sql(query).fetchall() for query in blocks("joins.md", "sql")
    ]
    assert len(riskiest) == len(around) == len(flags) > 0
    assert all(texts != [None] for *_, texts in around)
    assert any(len(texts) > 1 for *_, texts in around), "a sample has a flag over two segments"
    assert attached
    assert len(highlights) > 10 and all(page and x0 < x1 for _, _, page, x0, _, x1, _ in highlights)


def answer_table(out: str, sql: str) -> str:
    """Ask the tables, and write the answer as a page has it."""
    answer = ask(out, sql)
    rows = [row for batch in answer.batches() for row in batch.to_pylist()]
    lines = [answer.schema.names, ["---"] * len(answer.schema.names)]
    for row in rows:
        cells = [", ".join(value) if isinstance(value, list) else plain(value) for value in row.values()]
        lines.append([str(cell).replace("|", "\\|") for cell in cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@pytest.mark.slow
def test_the_questions_of_an_analyst_have_the_answers_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run every block of the pages, in order, in one empty folder; then ask what they ask."""
    questions = ("analysts.md", "analysts-facts.md")
    text = "".join(TEXTS[DOCS / page] for page in questions)
    tools = tmp_path / "tools"
    script = "\n".join(
        block for page in ("analysts.md", "report.md", "views.md") for block in blocks(page, "sh")
    )
    shell(script, tmp_path / "work", tools)
    monkeypatch.chdir(tmp_path / "work")
    asked = re.findall(r"```sql\n(.*?)```\n\n((?:\|[^\n]*\n)+)", text, re.DOTALL)
    assert len(asked) == 20 == sum(len(blocks(page, "sql")) for page in questions)
    assert re.findall(r"(?m)^### (\d+)\.", text) == [str(n) for n in range(1, 21)]
    for sql, shown in asked:
        assert answer_table("tables", sql) == shown.strip(), sql
    (by_glob,) = blocks("views.md", "sql by glob")
    assert len(duckdb.sql(by_glob).fetchall()) == 2
    (python,) = blocks("views.md", "python")
    subprocess.run([sys.executable, "-c", python], check=True, env=dict(os.environ, PYTHONPATH=str(ROOT)))
    assert {"flags.xlsx", "failed.parquet", "rejects.csv", "views.sql"} <= set(os.listdir())


def test_every_field_of_a_fact_is_documented() -> None:
    declared = {field.name for name in domains.names() for field in domains.load(name).facts}
    further = "".join(TEXTS[DOCS / f"facts-{of}.md"] for of in ("clinical", "invoices"))
    pages = section(TEXTS[DOCS / "facts.md"], "The fields") + further
    told = set(re.findall(r"`(\w+)`", pages))
    assert declared <= told, declared - told


@pytest.mark.slow
def test_facts_run_as_written(tmp_path: Path) -> None:
    """Run the commands of the page in an empty folder; the third prints the table that the page shows."""
    page = TEXTS[DOCS / "facts.md"]
    printed = shell("\n".join(blocks("facts.md", "sh")), tmp_path / "work", tmp_path / "tools")
    lines = re.findall(r"(?m)^\|.*", page.split("third command", 1)[1].split("\n\n`docassay", 1)[0])
    shown = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row for row in csv.reader(io.StringIO(printed)) if row in shown] == [shown[0], *shown[2:]]
    assert (tmp_path / "work" / "invoices.xlsx").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("table", sorted(set(TABLES) - {"decisions"}))  # a run makes none
def test_what_tells_rows_apart_does(samples: Path, table: str) -> None:
    rows = duckdb.sql(f"from '{samples}/tables/{table}/*.parquet'")
    assert 0 < len(rows) == len(rows.project(", ".join(keys()[table])).distinct())


@pytest.mark.slow
def test_playbooks_run_as_written(tmp_path: Path) -> None:
    """Make the folders, put the files of the page into them, and run what it says of their use."""
    make, use = blocks("playbooks.md", "sh")
    files = re.findall(r"```(?:toml|json)\n# (\S+)\n(.*?)```", TEXTS[DOCS / "playbooks.md"], re.DOTALL)
    written = [f"cat > {path} <<'END'\n{content}END" for path, content in files]
    printed = shell("\n".join([make, *written, use]), tmp_path / "work", tmp_path / "tools")
    assert (
        printed.count("examples have the expected result") == 3
        and "nda_sides" in printed
        and "Found: " in printed
    )


@pytest.mark.slow
def test_operations_run_as_written(tmp_path: Path) -> None:
    """Run every block of these pages, in order, in one empty folder."""
    pages = ("operations.md", "lineage.md", "alerts.md", "maintenance.md")
    script = "\n".join(block for page in pages for block in blocks(page, "sh"))
    shell(script, tmp_path / "work", tmp_path / "tools")
    assert os.readlink(tmp_path / "work" / "current") == "tables-2"


@pytest.mark.slow
def test_partitions_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Run every block of the page, in order, in one empty folder."""
    shell("\n".join(blocks("partitions.md", "sh")), tmp_path / "work", tmp_path / "tools")
    monkeypatch.chdir(tmp_path / "work")
    exec("\n".join(blocks("partitions.md", "python")), {})
    assert "2026-01" in capfd.readouterr().out
    assert any(path.name.startswith("by_month=20") for path in (tmp_path / "work/tables/documents").iterdir())


@pytest.mark.slow
def test_nightly_runs_as_written(tmp_path: Path) -> None:
    """Run every block of the page, in order, in one empty folder."""
    printed = shell("\n".join(blocks("nightly.md", "sh")), tmp_path / "work", tmp_path / "tools")
    (last,) = [line for line in printed.splitlines() if line.startswith("0 ")]
    assert int(last.split()[1]) > 10 and (tmp_path / "work" / "nightly.prom").is_file()


@pytest.mark.slow
def test_deciding_runs_as_written(tmp_path: Path) -> None:
    """Run every block of the page, in order, in one empty folder; what was carried over is decided there."""
    shell("\n".join(blocks("deciding.md", "sh")), tmp_path / "work", tmp_path / "tools")
    files = f"'{tmp_path}/work/tables-2/decisions/*.parquet'"
    decided = duckdb.sql(
        f"select object, outcome, corrected_label, reviewer = 'anna' from {files}"
        " order by object desc, outcome"
    )
    assert decided.fetchall() == [
        ("flag", "dismissed", None, True),
        ("fact", "corrected", "2026-05-31", True),
        ("document", "assigned", "Ann Reed", False),
        ("document", "noted", None, False),
    ]


@pytest.mark.slow
def test_catalogs_run_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands of the page, then what it shows in Python and in SQL, on what they have written."""
    pytest.importorskip("pyiceberg")
    from tests.storage.catalogs.test_readers import connect

    shell("\n".join(blocks("catalogs.md", "sh")), tmp_path / "work", tmp_path / "tools")
    monkeypatch.chdir(tmp_path / "work")
    (program,) = blocks("catalogs.md", "python")
    found: dict[str, Any] = {}
    exec(program.replace("/srv/lake", f"{tmp_path}/work/lake"), found)
    flags = found["flags"].scan().to_arrow()
    assert len(flags) > 0
    (query,) = blocks("catalogs.md", "sql")
    query = query.replace("/srv/lake", f"{tmp_path}/work/lake")
    assert sum(number for _, number in connect().execute(query).fetchall()) == len(flags)


@pytest.mark.slow
def test_python_blocks_run_as_written(tmp_path: Path) -> None:
    """Run the blocks of docs/python.md as one program, in an empty folder."""
    program = tmp_path / "page.py"
    program.write_text("\n".join(blocks("python.md", "python")), encoding="utf-8")
    said = shell(f"{shlex.quote(sys.executable)} {program}", tmp_path / "work", tmp_path / "tools")
    assert "of 1 inputs 1 were read, 0 rejected, 0 skipped" in said
    (hello,) = [ast.literal_eval(line) for line in said.splitlines() if line.startswith("(2, ")]
    assert 'that of "Hello." is about 0' in TEXTS[DOCS / "python.md"] and hello[2] < 0.05


def test_every_alert_is_explained_and_asks_for_a_metric_that_there_is(tmp_path: Path) -> None:
    (block,) = blocks("alerts.md", "yaml")
    text = TEXTS[DOCS / "alerts.md"]
    totals = {"a.in": 1, "a.microseconds": 1, "reject.a.b": 1, "flag.high": 1, "rows.a": 1, "a.tokens": 1}
    totals |= {"a.fault": 1}
    names = (
        "oldest_unpublished_seconds",
        "up",
        "run_finished_timestamp_seconds",
        "inputs",
        "inputs_rejected",
    )
    gauges = dict.fromkeys(names, 1.0)
    known = {sample.name for family in families(totals, gauges) for sample in family.samples}
    write_drift([("kinds", "", 0.3, 0.1)], tmp_path / "drift.prom")
    known |= set(re.findall(r"(?m)^(docassay_\w+){", (tmp_path / "drift.prom").read_text(encoding="utf-8")))
    rules = yaml.safe_load(block)["groups"][0]["rules"]
    assert [rule["alert"] for rule in rules] == re.findall(r"^## (Docassay\w+)$", text, re.MULTILINE)
    expressions = {rule["alert"]: rule["expr"] for rule in rules}
    assert all("absent(" in expressions[alert] for alert in ("DocassayDown", "DocassayNightlyMissing"))
    for rule in rules:
        assert set(re.findall(r"docassay_\w+", rule["expr"])) <= known, rule["alert"]
