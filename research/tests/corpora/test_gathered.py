"""Documents gathered from public repositories: a draw is the same each time, and no placeholder is left."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from research.corpora.gathered import mails, tables
from research.corpora.gathered.__main__ import MANIFEST, gather, merge, sources
from research.corpora.gathered.readers import READERS
from research.corpora.gathered.text import markdown, markup, tidy
from research.corpora.gathered.values import Values

pytestmark = pytest.mark.training

TEMPLATE = """<title>Your order {{ order.number }}</title><body><p>Hello {{customer_name}},</p>
{% if paid %}<p>thank you for your order of {{ order.date }}. You paid {{ total }} and we send it
to {{ address }}.</p>{% endif %}<p><a href="x">Follow it</a>: {{ tracking_url }}</p></body>"""


def test_a_template_becomes_the_same_mail_each_time_without_a_placeholder() -> None:
    drawn = [list(mails.fill("order.html", TEMPLATE, "en", "2@Lamp Shop")) for _ in range(2)]
    assert drawn[0] == drawn[1]
    first, second = (text for _, text in drawn[0])
    assert first != second
    assert (
        first.startswith("From: Lamp Shop <") and "@lampshop." in first and "\nSubject: Your order " in first
    )
    assert not set("{}<%") & set(first.split("\n\n", 1)[1])


@pytest.mark.parametrize(
    ("text", "kind"), [("Code: {{ .Code }}", r"Code: \d{6}"), ("Within %{count} days", r"Within \d+ days")]
)
def test_values_follow_the_name_of_the_placeholder(text: str, kind: str) -> None:
    assert __import__("re").fullmatch(kind, mails.filled(text, Values("seed", "en")))


def test_strings_that_stand_together_are_one_group() -> None:
    nested = "fr:\n  mailer:\n    reset:\n      subject: Sujet\n      body: Corps\n"
    assert list(tables.tables("fr.yml", nested)) == [
        (".fr.mailer.reset", [("subject", "Sujet"), ("body", "Corps")])
    ]
    flat = json.dumps({"email-invite-subject": "S", "email-invite-text": "T", "board": "B"})
    assert dict(tables.tables("de.json", flat))["email-invite"] == [
        ("email-invite-subject", "S"),
        ("email-invite-text", "T"),
    ]


def test_text_is_what_a_person_sees() -> None:
    assert markdown("---\ntitle: Soup\n---\n![p](x.png)Stir [well](y).") == "# Soup\n\nStir well."
    assert tidy(markup("<head>x</head><p>one</p><p>two &amp; three</p>")) == "one\n\ntwo & three"


def test_the_manifest_names_known_readers_and_keeps_repositories_on_one_side() -> None:
    sides: dict[str, set[str]] = {}
    for source in sources(MANIFEST):
        assert source.reader.partition(":")[0] in READERS, source
        assert source.split in ("train", "apart") and len(source.commit) == 40, source
        sides.setdefault(source.repository, set()).add(source.split)
    assert [name for name, split in sides.items() if len(split) > 1] == []


def test_a_repository_is_read_from_its_git_directory(tmp_path: Path) -> None:
    work = tmp_path / "mirror/some+recipes/repo"
    work.mkdir(parents=True)
    for number in range(3):
        (work / f"{number}.md").write_text(f"# Soup {number}\n" + "Chop onions and stir. " * 20)
    (work / "3.md").write_text("# Short")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"),
    ):
        subprocess.run(["git", "-C", str(work), *command], check=True)
    manifest = tmp_path / "manifest.tsv"
    lines = (
        "repository commit pattern reader genre domain language licence split most",
        r"some/recipes HEAD ^\d\.md$ markdown recipe none en CC0 train 2",
    )
    manifest.write_text("".join(line.replace(" ", "\t") + "\n" for line in lines))
    gather(tmp_path / "mirror", tmp_path, sources(manifest))
    assert merge(tmp_path, tmp_path, {"some+recipes"}) == {("train", "none"): 2}
    rows = [json.loads(line) for line in (tmp_path / "documents.jsonl").read_text().splitlines()]
    assert all(row["text"].startswith("# Soup ") and row["genre"] == "recipe" for row in rows)
