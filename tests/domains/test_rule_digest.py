"""What changes the digest of a rule: what was judged of it holds as long as nothing of it has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import rule_digest
from tests.fresh import forget_domains

RULES = r"""
[terms]
weekend_days = ['saturday', 'sunday']
unused = ['monday']

[[flag]]
id = "weekend"
title = "Paid on a weekend"
severity = "low"
why = "Why it matters."
source = "A policy"
any = ['(?i)pay on {weekend_days}']

[[flag]]
id = "large"
severity = "high"
why = "Why it matters."
source = "A policy"
any = ["call:large_sums"]

[[check]]
id = "planned"
severity = "low"
why = "Why it matters."
source = "A policy"
requires = ["section:plan"]
"""

CODE = '''
"""What rules call."""

from pathlib import Path

from docassay.domains.folders import compiler
from docassay.domains.harbour.figures import LIMIT

_MANY = compiler(Path(__file__).parent, "words.toml")("(?i){many} sums")


def large_sums(view: object) -> list:
    """Find large sums."""
    return _found(view) if _MANY.search(view.text) else []  # all of them


def _found(view):
    return [view.text.find(word) for word in WORDS if len(word) > LIMIT]


def other(view):
    return []


WORDS = ["million"]
'''

LISTS = """
[terms]
many = ['many', '{most}']
most = ['most']
few = ['few']
"""

SECTIONS = """
[[section]]
task = "note"
label = "plan"
titles = ['plan']

[[section]]
task = "filing"
label = "risks"
titles = ['risks']
"""


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "harbour"
    folder.mkdir()
    (folder / "domain.toml").write_text('title = "Harbour"\n')
    (folder / "rules.toml").write_text(RULES)
    (folder / "__init__.py").write_text(CODE)
    (folder / "figures.py").write_text("LIMIT = 3\nOTHER = 4\n")
    (folder / "words.toml").write_text(LISTS)
    (folder / "sections.toml").write_text(SECTIONS)
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(folder))
    yield folder
    forget_domains()


def _digests(folder: Path) -> dict[str, str]:
    forget_domains()
    return dict(rule_digest.rule_digests(folder.name))


@pytest.mark.parametrize(
    ("file", "old", "new", "changed", "why"),
    [
        ("rules.toml", "'sunday'", "'holiday'", {"weekend"}, "a term that it uses"),
        ("rules.toml", "'monday'", "'tuesday'", set(), "a term that no rule uses"),
        ("rules.toml", "{weekend_days}", "(?:saturday|sunday)", set(), "the same expression, written out"),
        ("rules.toml", "weekend_days", "free_days", set(), "the name of a list"),
        ("rules.toml", "Paid on a weekend", "Weekend", set(), "its title"),
        ("rules.toml", 'severity = "high"', 'severity = "low"', set(), "its severity"),
        ("__init__.py", "> LIMIT", ">= LIMIT", {"large"}, "a function that its function uses"),
        ("__init__.py", '"million"', '"billion"', {"large"}, "a list that its function uses"),
        ("__init__.py", "def other(view):\n    return []", "", set(), "a function that it does not use"),
        ("__init__.py", "def other", "def another", set(), "the name of another function"),
        ("__init__.py", "# all of them", "# each", set(), "a comment"),
        ("__init__.py", "Find large sums.", "List large sums.", set(), "a docstring"),
        ("__init__.py", "view: object) -> list", "view: str) -> tuple", set(), "annotations"),
        ("words.toml", "'many'", "'lots of'", {"large"}, "a list of a file that an expression names"),
        ("words.toml", "'most'", "'all'", {"large"}, "a list that such a list names"),
        ("words.toml", "'few'", "'some'", set(), "a list of that file that nothing names"),
        ("figures.py", "LIMIT = 3", "LIMIT = 4", {"large"}, "what its function uses of another module"),
        ("figures.py", "OTHER = 4", "OTHER = 5", set(), "what it does not use of that module"),
        (
            "sections.toml",
            "titles = ['plan']",
            "titles = ['plans']",
            {"planned"},
            "the section that it names",
        ),
        ("sections.toml", "titles = ['risks']", "titles = ['risk']", set(), "a section of another task"),
    ],
)
def test_a_digest_is_of_what_a_rule_reads(
    harbour: Path, file: str, old: str, new: str, changed: set[str], why: str
) -> None:
    before = _digests(harbour)
    assert set(before) == {"weekend", "large", "planned"}
    text = (harbour / file).read_text()
    assert old in text
    (harbour / file).write_text(text.replace(old, new))
    after = _digests(harbour)
    assert {rule for rule in before if before[rule] != after[rule]} == changed, why


def test_a_line_of_rewritten_rules_holds_for_the_digest_that_it_names_alone(harbour: Path) -> None:
    own = _digests(harbour)
    lines = [
        "rule\twas\tdigest\twhy",
        f"weekend\told\t{own['weekend']}\tequal",
        "large\told\tother\tequal",
        "",
    ]
    (harbour / rule_digest.REWRITTEN).write_text("\n".join(lines))
    judged = rule_digest.judged_digests("harbour")
    assert judged["weekend"] == {own["weekend"], "old"}
    assert judged["large"] == {own["large"]}


def test_every_line_of_the_shipped_domains_holds() -> None:
    for name in domains.names():
        path = domains.load(name).folder / rule_digest.REWRITTEN
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        own = rule_digest.rule_digests(name)
        lapsed = [rule for rule, _, digest, _ in lines if own[rule] != digest]
        assert lapsed == [], "judge these rules again, or run python -m research.expressions carry"
