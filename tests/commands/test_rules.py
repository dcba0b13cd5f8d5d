"""Rules of one's own on top of a domain: made, tried, switched off, graded, and named in rows and runs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay import domains
from docassay.cli import app
from docassay.domains import examples, rule_digest
from docassay.domains.judged import judged
from tests.fresh import forget_domains, overlay

OWN = """
[[flag]]
id = "weekend_payment"
severity = "high"
why = "Our policy pays on working days alone."
source = "ACME treasury policy, 4.2"
any = ['(?i)pay on (?:saturday|sunday)']

[[change]]
rule = "urgency_and_secrecy"
severity = "critical"
why = "Our policy names urgency and secrecy first."

[[change]]
rule = "advance_fee"
off = true
"""

CHECK = """
[[check]]
id = "insured"
severity = "low"
why = "why"
source = "source"
requires = ["label:{}"]
[[flag]]"""

TEXT = """SERVICES AGREEMENT

This agreement is made between Alpha Ltd and Beta Ltd, who agree as follows: the client shall pay on Sunday.
To release the inheritance funds of 4,000,000 USD, pay the processing fee by Western Union.
The governing law is the law of [____].
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch, {"rules.toml": OWN}) as folder:
        yield folder


def docassay(*words: str, rules: str = "") -> Result:
    """Run a command in this process, with the folders of rules that the environment names."""
    forget_domains()
    done = CliRunner().invoke(app, words, env={"DOCASSAY_DOMAINS": rules})
    forget_domains()
    return done


def test_an_overlay_adds_changes_and_switches_off(acme: Path) -> None:
    flags = {rule.id: rule for rule in domains.load("legal").flags}
    assert flags["weekend_payment"].source == "ACME treasury policy, 4.2"
    assert flags["urgency_and_secrecy"].severity == "critical"
    assert flags["urgency_and_secrecy"].why == "Our policy names urgency and secrecy first."
    assert "advance_fee" not in flags
    assert domains.load("legal").decided_by("weekend_payment") == "rule acme.weekend_payment"
    assert domains.load("legal").decided_by("urgency_and_secrecy") == "rule legal.urgency_and_secrecy"
    assert "acme" not in domains.names()


def test_provenance_names_an_overlay_by_its_digest(acme: Path) -> None:
    before = domains.digests()
    (acme / "rules.toml").write_text(OWN.replace("high", "low"))
    forget_domains()
    after = domains.digests()
    assert {name for name in after if after[name] != before[name]} == {"acme"}


def test_what_was_judged_of_a_rule_holds_for_another_severity(
    acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_overlay = dict(rule_digest.rule_digests("legal"))
    monkeypatch.setenv("DOCASSAY_DOMAINS", "")
    forget_domains()
    shipped = dict(rule_digest.rule_digests("legal"))
    assert set(with_overlay) - set(shipped) == {"weekend_payment"}
    assert set(shipped) - set(with_overlay) == {"advance_fee"}
    assert all(shipped[rule] == digest for rule, digest in with_overlay.items() if rule in shipped)
    assert judged("rule acme.weekend_payment") is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'severity = "high"',
            'severity = "awful"',
            r"severity 'awful' is none of .*\(line 3 of .*rules.toml\)",
        ),
        ('rule = "advance_fee"', 'rule = "nothing_such"', r"no rule 'nothing_such' to change \(line 15"),
        ('id = "weekend_payment"', 'id = "advance_fee"', r"legal has a rule 'advance_fee' \(line 3"),
        ("off = true", "of = true", r"unknown key of; known are .*\(line 15"),
        ("source =", "sorce =", r"unknown key sorce; did you mean source\? known are .*\(line 3"),
        ("any = [", "kinds = ['ndaa']\nany = [", r"kinds ndaa stand in no .*did you mean nda\?"),
        ("any = ['", "any = [{ words = [''] }, '", r"words has an empty text"),
        ("any = [", "any = ['label:clause_type.insurance', ", r"stands in requires or forbids of a check"),
        ("[[flag]]", CHECK.format("clause_type.insurence"), r"did you mean label:clause_type.insurance\?"),
        ("[[flag]]", CHECK.format("clausetype.insurance"), r"did you mean label:clause_type.insurance\?"),
        ("any = ['", "any = [{ within = 8 }, '", r"has no match or words"),
        (
            "[[flag]]",
            "[terms]\nx0 = ['a', 'b']\n"
            + "".join(f"x{n} = ['{{x{n - 1}}}{{x{n - 1}}}']\n" for n in range(1, 40))
            + "[[flag]]",
            r"terms.x.* with its terms it has more than 100,000 characters",
        ),
        ("any = [", "any = " + "[" * 5_000, r"is nested too deeply"),
        ("off = true", "off = 1", r"off is true or false \(line 15"),
        ("off = true", "absent = 'pass'", r"advance_fee has no absent to change \(line 15"),
        ("off = true", "least = 7", r"least is a probability"),
        ('rule = "advance_fee"', 'rule = "urgency_and_secrecy"\nwhy = "twice"', r"stands in two entries"),
        ("any = ['(?i)", "any = ['(?<=x)", r"is not an RE2 expression.*\(line 3"),
        ("[[change]]", "[[change", r"is not valid TOML.*line 9"),
        ("any = [", "any = ['call:nothing', ", r"names no function"),
    ],
)
def test_a_wrong_overlay_is_named_with_its_line(acme: Path, old: str, new: str, says: str) -> None:
    assert old in OWN
    (acme / "rules.toml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(domains.DomainError, match=says):
        domains.load("legal")


def test_the_domain_stays_where_an_overlay_is_wrong(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (acme / "rules.toml").write_text(OWN.replace("off = true", "off = 1"))
    with pytest.raises(domains.DomainError):
        domains.load("legal")
    monkeypatch.setenv("DOCASSAY_DOMAINS", "")
    forget_domains()
    assert "advance_fee" in {rule.id for rule in domains.load("legal").flags}


def test_an_overlay_of_no_domain_is_refused(acme: Path) -> None:
    (acme / "domain.toml").write_text('extends = "astrology"\n')
    with pytest.raises(domains.DomainError, match="extends = 'astrology' names no domain"):
        domains.load("legal")


def test_rules_of_an_overlay_may_call_its_own_functions_and_the_domains(acme: Path) -> None:
    (acme / "__init__.py").write_text("def every(view):\n    return [(0, 3)]\n")
    shipped = next(
        line.split("call:")[1].split("'")[0]
        for line in (Path(domains.__file__).parent / "legal" / "rules.toml").read_text().splitlines()
        if line.startswith("any = ['call:")
    )
    (acme / "rules.toml").write_text(OWN.replace("any = [", f"any = ['call:every', 'call:{shipped}', "))
    (rule,) = (rule for rule in domains.load("legal").flags if rule.id == "weekend_payment")
    assert domains.spans(rule, domains.RuleInput("abcdef")) == [(0, 3)]


def changes_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Give an overlay's changes by rule, each of which stands once."""
    changes = tomllib.loads((folder / "rules.toml").read_text())["change"]
    by_rule = {change["rule"]: change for change in changes}
    assert len(by_rule) == len(changes)
    return by_rule


def test_a_change_is_made_where_it_stands_and_comments_stay(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    assert docassay("rules", "new", str(folder), "--extends", "legal").exit_code == 0
    entry = '[[change]]\nseverity = "low"  # since May\nwhy = "Ours."\nrule = "nda_term"\n'
    path = folder / "rules.toml"
    before = path.read_text()
    path.write_text(before + entry)
    done = docassay("rules", "severity", "nda_term", "high", "--in", str(folder))
    assert done.exit_code == 0, done.stderr
    assert path.read_text() == before + entry.replace("low", "high")


@pytest.mark.slow
def test_new_test_disable_grade_and_try(tmp_path: Path) -> None:
    folder, tables = tmp_path / "acme", tmp_path / "tables"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text(TEXT + "This is the sample clause of acme.\n")
    words = ("batch", str(tmp_path / "in"), "--out", str(tables), "--domain", "legal")
    assert docassay(*words).exit_code == 0
    shipped = {row["code"] for row in pq.read_table(tables / "flags").to_pylist()}

    made = docassay("rules", "new", str(folder), "--extends", "legal")
    assert made.exit_code == 0, made.stderr
    assert docassay("rules", "new", str(folder), "--extends", "legal").exit_code == 2
    tested = docassay("rules", "test", str(folder))
    assert tested.exit_code == 0 and "8 examples have the expected result" in tested.stdout, tested.stderr
    off = sorted(shipped)[0]
    assert docassay("rules", "disable", off, "--in", str(folder)).exit_code == 0
    assert docassay("rules", "severity", "changed_bank_details", "low", "--in", str(folder)).exit_code == 0
    assert docassay("rules", "severity", "changed_bank_details", "high", "--in", str(folder)).exit_code == 0
    graded = changes_of(folder)
    assert (graded["changed_bank_details"]["severity"], graded[off]["off"]) == ("high", True)
    before = (folder / "rules.toml").read_text()
    assert docassay("rules", "disable", off, "--in", str(folder)).exit_code == 0, "once more changes nothing"
    assert (folder / "rules.toml").read_text() == before
    refused = docassay("rules", "disable", "nothing_such", "--in", str(folder))
    assert refused.exit_code == 2 and "no rule 'nothing_such'" in " ".join(refused.stderr.split())
    assert (folder / "rules.toml").read_text() == before

    tried = docassay("rules", "try", str(folder), str(tables))
    assert tried.exit_code == 0, tried.stderr
    said = " ".join(tried.stdout.split())
    assert "acme_example" in said and off in said and "ran on 1 documents" in said
    assert shipped == {row["code"] for row in pq.read_table(tables / "flags").to_pylist()}

    done = docassay(*words, rules=str(folder))
    assert done.exit_code == 0, done.stderr
    rows = pq.read_table(tables / "flags").to_pylist()
    assert {row["code"] for row in rows} == shipped - {off} | {"acme_example"}
    (own,) = (row for row in rows if row["code"] == "acme_example")
    assert (own["decided_by"], own["severity"]) == ("rule acme.acme_example", "low")
    runs = sorted(pq.read_table(tables / "runs").to_pylist(), key=lambda row: row["started"])
    named = [{one.split()[0] for one in run["rules"]} for run in runs]
    assert "acme" not in named[0] and "acme" in named[1]
    asked = [{one.split()[0] for one in run["questions"]} for run in runs]
    assert asked[1] - asked[0] == {"acme.acme_example", "acme.acme_sample_fee"} and asked[0] - asked[1] == {
        f"legal.{off}"
    }


def test_the_review_does_not_start_with_a_wrong_overlay(acme: Path, tmp_path: Path) -> None:
    (acme / "rules.toml").write_text("[[flag]\n")
    refused = docassay("review", str(tmp_path), rules=str(acme))
    assert refused.exit_code == 2 and "acme/rules.toml" in "".join(refused.stderr.split())


def test_the_review_does_not_start_with_a_folder_that_holds_no_rules(tmp_path: Path) -> None:
    refused = docassay("review", str(tmp_path), "--rules", str(tmp_path))
    assert refused.exit_code == 2 and "is not an overlay; make one with" in " ".join(refused.stderr.split())


def test_an_example_that_does_not_hold_and_one_that_lacks_are_told(acme: Path) -> None:
    example = {"rule": "weekend_payment", "text": "Pay on Sunday.", "expect": [], "why": "it is not a Sunday"}
    (acme / examples.FILE).write_text(json.dumps(example) + "\n")
    done = docassay("rules", "test", str(acme))
    said = " ".join(done.stderr.split())
    assert done.exit_code == 4
    assert "line 1: weekend_payment: expected [], found ['Pay on Sunday']" in said
    assert "needs 2 examples with a finding, has 0" in said


def test_a_domain_or_nothing_is_no_overlay(tmp_path: Path) -> None:
    nothing = docassay("rules", "test", str(tmp_path))
    assert nothing.exit_code == 2 and "is not an overlay" in nothing.stderr
    legal = docassay("rules", "test", str(Path(domains.__file__).parent / "legal"))
    assert legal.exit_code == 2 and "extends none" in " ".join(legal.stderr.split())
