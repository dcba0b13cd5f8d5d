"""Files of rules are edited by entry: what else they say stays as it is written."""

from __future__ import annotations

import json
import time
import tomllib

import pytest

from docassay.domains.rules_text import toml, with_entry, with_examples
from docassay.schemas.errors import DomainError

TEXT = """# ours
[terms]
day = ['monday']  # and no other

[[check]]
id = "one"  # the first
why = '''
[[check]]
id = "two"
'''
requires = [
    'a', # with a comment
]
# behind it

[[check.doubts]]
match = ['void']

[[flag]]
id = "two"
any = ['x']"""


def test_a_key_is_replaced_added_and_removed_and_the_rest_stays() -> None:
    changed = with_entry(
        TEXT, "check", "one", {"id": "uno", "why": None, "title": 'A "b" # c', "absent": "fail"}
    )
    assert tomllib.loads(changed)["check"] == [
        {
            "id": "uno",
            "requires": ["a"],
            "title": 'A "b" # c',
            "absent": "fail",
            "doubts": [{"match": ["void"]}],
        }
    ]
    assert changed.startswith(TEXT[: TEXT.index("id =")] + 'id = "uno"  # the first\nrequires')
    assert changed.endswith(TEXT[TEXT.index("# behind it") :])


def test_a_value_that_stays_keeps_its_layout_and_a_new_entry_comes_last() -> None:
    assert with_entry(TEXT, "check", "one", {"requires": ["a"]}) == TEXT
    added = with_entry(TEXT, "flag", "three", {"any": [{"words": ["é\x7f\n"]}], "title": None})
    assert added.startswith(TEXT) and tomllib.loads(added)["flag"][1] == {
        "id": "three",
        "any": [{"words": ["é\x7f\n"]}],
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('check = [{ id = "one" }]', "written in one line"),
        ('check = "one"', "is not a list of tables"),
        ('[[check]]\nid = "one"\nx.y = 1\nx.why = 2', "in a way of its own"),
        ('[[check]]\nid = "one"\nany = [\n' + "'a',\n" * 300 + "]", "too long"),
        ("[[check]", "not valid TOML"),
        ("a = " + "[" * 5_000, "not valid TOML"),
    ],
)
def test_what_is_written_otherwise_is_left_to_a_person(text: str, says: str) -> None:
    with pytest.raises(DomainError, match=says):
        with_entry(text, "check", "one", {"x": {"why": 3}})


def test_a_comment_is_found_at_once_behind_any_value() -> None:
    text = '[[check]]\nid = "one"\nwhy = "' + "#" * 30_000 + '" # it "is"\n'
    start = time.process_time()
    assert with_entry(text, "check", "one", {"why": "b"}) == '[[check]]\nid = "one"\nwhy = "b" # it "is"\n'
    assert time.process_time() - start < 1


def test_values_are_written_as_they_are_read() -> None:
    value = [True, 1, 2.5, '"\\\u2028', {"words": ["a", "\x00"], "within": 8}]
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value


def test_examples_of_one_rule_are_replaced_and_those_of_others_stay() -> None:
    text = '{"why":"w",  "rule": "b"}\n{"rule": "a", "text": "1"}\n\n{"rule":  "a", "text": "2"}\nno JSON\n'
    changed = with_examples(text, "a", [{"text": "2"}, {"text": "3\u2028"}], "a")
    lines = changed.splitlines()
    assert lines[0] == '{"why":"w",  "rule": "b"}' and lines[3:] == ["", "no JSON"]
    assert lines[1] == '{"rule":  "a", "text": "2"}' and json.loads(lines[2]) == {
        "rule": "a",
        "text": "3\u2028",
    }
    assert with_examples("", "a", [{"text": "1"}], "c") == '{"rule": "c", "text": "1"}\n'
