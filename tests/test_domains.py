"""A fourth domain is one folder: nothing else is changed, and the command line gives rows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay import domains
from docassay.cli import app
from tests.fresh import forget_domains

DOMAIN = """
title = "Insurance"
tasks = []
cues = ['(?i)\\bpolicyholder\\b', '(?i)\\bclaim number\\b', '(?i)\\bdeductible\\b']
headings = [['^[A-Z][A-Z ]{4,60}$']]

[[kind]]
name = "claim_form"
title_patterns = ['(?i)claim form']
"""

RULES = """
[[flag]]
id = "loss_before_cover"
severity = "high"
why = "A loss reported before the policy began is not covered and is often backdated."
source = "NAIC, insurance fraud typologies"
any = ['(?i)loss occurred before (?:the )?(?:policy|cover)']

[[check]]
id = "claim_number_present"
severity = "low"
why = "A claim is handled under its number."
source = "NAIC Unfair Claims Settlement Practices Act (Model 900)"
kinds = ["claim_form"]
requires = ['(?i)claim number[: ]+\\w+']
"""

TEXT = """CLAIM FORM

Policyholder: A. Example. The deductible is 500.

WHAT HAPPENED
The adjuster notes that the loss occurred before the policy was signed.
"""


@pytest.fixture
def insurance(tmp_path: Path) -> Path:
    folder = tmp_path / "further" / "insurance"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Insurance."""\n')
    (folder / "domain.toml").write_text(DOMAIN)
    (folder / "rules.toml").write_text(RULES)
    (folder / "examples.jsonl").write_text("")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "claim.txt").write_text(TEXT)
    return tmp_path


def docassay(*words: str, further: Path | str) -> Result:
    """Run a command in this process, with the folders of domains that the environment names."""
    forget_domains()
    done = CliRunner().invoke(app, words, env={"DOCASSAY_DOMAINS": str(further)})
    forget_domains()
    return done


@pytest.mark.slow
def test_new_folder_is_a_domain_of_the_command_line(insurance: Path) -> None:
    out = insurance / "out"
    done = docassay(
        "batch",
        str(insurance / "in"),
        "--out",
        str(out),
        "--domain",
        "insurance",
        further=insurance / "further",
    )
    assert done.exit_code == 0, done.stderr
    (document,) = pq.read_table(out / "documents").to_pylist()
    assert (document["domain"], document["kind"], document["status"]) == (
        "insurance",
        "claim_form",
        "flagged",
    )
    (flag,) = pq.read_table(out / "flags").to_pylist()
    assert flag["code"] == "loss_before_cover"
    assert (
        TEXT[flag["start_char"] : flag["end_char"]] == flag["evidence"] == "loss occurred before the policy"
    )
    (finding,) = pq.read_table(out / "findings").to_pylist()
    assert (finding["check_id"], finding["verdict"]) == ("claim_number_present", "review")
    assert finding["searched"], "says where it looked"
    headings = [row["heading"] for row in pq.read_table(out / "segments").to_pylist()]
    assert headings == [["CLAIM FORM"], ["WHAT HAPPENED"]]


def test_new_folder_is_listed(insurance: Path) -> None:
    assert "Insurance" in docassay("domains", further=insurance / "further").stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("rules.toml", 'severity = "high"', 'severity = "awful"', "severity 'awful' is none of low"),
        ("rules.toml", "source = ", "sauce = ", "unknown key sauce"),
        ("rules.toml", 'kinds = ["claim_form"]', 'kinds = ["poem"]', "kinds poem stand in no"),
        ("rules.toml", "any = ['(?i)", "any = ['(?<=x)", "is not an RE2 expression"),
        ("rules.toml", "any = ['(?i)", "any = ['call:nothing', '", "names no function"),
        ("rules.toml", "requires = ", "forbids = ['x']\nrequires = ", "has one of requires, forbids"),
        ("rules.toml", "requires = ", "titles = ['x']\nforbids = ", "forbids has no use for it"),
        ("rules.toml", "requires = ", "hints = ['x']\nrequires = ", "write these, too"),
        ("domain.toml", 'title = "Insurance"', "title = ", "is not valid TOML"),
        ("domain.toml", 'name = "claim_form"', "least = 1", r"a \[\[kind\]\] has no name"),
        ("domain.toml", "headings = [['^[A-Z]", "headings = [['^(?<=x)[A-Z]", "headings: .* is not an RE2"),
        ("domain.toml", "headings = [[", "headings = [[7, ", "headings: 7 is not an RE2 expression"),
        (
            "domain.toml",
            "headings = [['^[A-Z][A-Z ]{4,60}$']]",
            "headings = ['^[A-Z]']",
            "one list of patterns per level",
        ),
        ("domain.toml", "[[kind]]", "[[task_flag]]\ncode = 'x'\n[[kind]]", "task_flag 'x': task is missing"),
        ("domain.toml", "[[kind]]", "[[task_flag]]\nkode = 'x'\n[[kind]]", "unknown key kode"),
    ],
)
def test_wrong_domain_file_says_what_to_mend(
    insurance: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, message: str
) -> None:
    path = insurance / "further" / "insurance" / file
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(insurance / "further"))
    forget_domains()
    with pytest.raises(domains.DomainError, match=message):
        domains.load("insurance")


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("\n\nimport nothing_of_that_name\n", 3, "nothing_of_that_name"),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
    ],
)
def test_code_that_cannot_be_imported_is_named_with_its_line(
    insurance: Path, monkeypatch: pytest.MonkeyPatch, code: str, line: int, says: str
) -> None:
    path = insurance / "further" / "insurance" / "__init__.py"
    path.write_text(code)
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(insurance / "further"))
    forget_domains()
    with pytest.raises(domains.DomainError, match=says) as raised:
        domains.load("insurance")
    assert f"{path}:{line}: " in str(raised.value)
    assert "docassay.domains.insurance" not in sys.modules, "it can be tried again"


@pytest.mark.parametrize("name", ["legal", "insurance", "rules"])
def test_two_domains_of_one_name_are_refused_with_both_folders(insurance: Path, name: str) -> None:
    other = insurance / "others" / name
    other.mkdir(parents=True)
    (other / "domain.toml").write_text(DOMAIN)
    further = f"{insurance / 'further'}{os.pathsep}{insurance / 'others'}"
    done = docassay("domains", further=Path(further))
    said = " ".join(done.stderr.split())
    assert done.exit_code == 2
    places = {"legal": "domains/legal", "insurance": "further/insurance", "rules": "a module of docassay"}
    assert str(other) in said and places[name] in said


def test_a_folder_named_twice_is_one(insurance: Path) -> None:
    further = f"{insurance / 'further'}{os.pathsep}{insurance / 'in' / '..' / 'further'}"
    assert "Insurance" in docassay("domains", further=Path(further)).stdout


def test_the_digest_is_of_rules_and_code_and_of_nothing_else(
    insurance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(insurance / "further"))
    folder = insurance / "further" / "insurance"

    def digest() -> str:
        forget_domains()
        return domains.digests()["insurance"]

    first = digest()
    assert len(first) == 64 and first == digest()
    (folder / "examples.jsonl").write_text("{}")
    assert digest() == first
    for name in ("domain.toml", "rules.toml", "__init__.py", "more.py"):
        before = digest()
        with (folder / name).open("a") as file:
            file.write("# changed\n")
        assert digest() != before, name
    forget_domains()


def test_unknown_domain_lists_those_there_are() -> None:
    with pytest.raises(domains.DomainError, match="there are financial, legal, mail, medical"):
        domains.load("astrology")
