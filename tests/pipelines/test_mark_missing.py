"""A batch marks what was published below its inputs and is gone, and takes the mark away again."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from docassay.pipelines.batch import Batch, run
from docassay.pipelines.maintain import plan_retry
from docassay.schemas.errors import InputError
from docassay.schemas.runs import Run
from docassay.storage.maintain.verify import verify
from docassay.views.query import ask
from tests.tables import tables

TEXT = "Each party shall keep secret what the other discloses. This is agreement number {}."


def fill(folder: Path, numbers: range = range(6)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number}.txt").write_text(TEXT.format(number))
    return folder


def go(folder: Path | str, out: Path, **request: object) -> Run:
    done = run(Batch((str(folder),), str(out), **{"mark_missing": True, **request}))  # type: ignore[arg-type]
    assert done is not None
    assert done.documents + done.rejects + done.skipped == done.inputs
    return done


def marked(out: Path) -> set[str]:
    rows = tables(out)["rejects"]
    return {Path(row["uri"]).name for row in rows if (row["stage"], row["reason"]) == ("read", "missing")}


def states(out: Path) -> dict[str, str]:
    answer = ask(str(out), "select uri, state from document_states")
    return {Path(row["uri"]).name: row["state"] for rows in answer.batches() for row in rows.to_pylist()}


def test_what_is_gone_is_marked_once_and_says_when_it_was_last_read(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    first = go(folder, out)
    (folder / "1.txt").unlink()
    (folder / "4.txt").unlink()
    second = go(folder, out)
    assert (second.inputs, second.documents, second.rejects) == (6, 4, 2)
    assert json.loads(second.reasons) == {"read missing": 2}
    assert json.loads(second.counts)["reject.read.missing"] == 2
    assert marked(out) == {"1.txt", "4.txt"}
    assert {row["run_id"] for row in tables(out)["rejects"]} == {second.run_id}
    assert all(first.run_id in row["detail"] and row["doc_id"] for row in tables(out)["rejects"])
    assert states(out) == {f"{n}.txt": "missing" if n in (1, 4) else "current" for n in range(6)}
    third = go(folder, out)
    assert (third.inputs, third.rejects) == (4, 0), "it is said once"
    assert {row["run_id"] for row in tables(out)["rejects"]} == {second.run_id}
    assert not verify(str(out)).faults


@pytest.mark.slow
@pytest.mark.parametrize("new_only", [True, False])
def test_an_input_that_comes_back_loses_its_mark(tmp_path: Path, new_only: bool) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    go(folder, out)
    (folder / "1.txt").rename(tmp_path / "1.txt")
    go(folder, out, new_only=new_only)
    assert marked(out) == {"1.txt"}
    (tmp_path / "1.txt").rename(folder / "1.txt")
    last = go(folder, out, new_only=new_only, mark_missing=False)
    assert marked(out) == set()
    assert set(states(out).values()) == {"current"}
    assert last.skipped == (5 if new_only else 0)


def test_one_place_of_several_that_comes_back_loses_its_mark(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in", range(1)), tmp_path / "out"
    (folder / "twin.txt").write_text(TEXT.format(0))
    go(folder, out)
    (folder / "twin.txt").unlink()
    go(folder, out, new_only=True)
    assert marked(out) == {"twin.txt"}
    assert go(folder, out, new_only=True).skipped == 1, "the other place is passed over"
    (folder / "twin.txt").write_text(TEXT.format(0))
    back = go(folder, out, new_only=True)
    assert (back.documents, back.skipped, marked(out)) == (1, 1, set())
    (row,) = tables(out)["documents"]
    assert [Path(uri).name for uri in (row["uri"], *row["other_uris"])] == ["0.txt", "twin.txt"]


@pytest.mark.slow
def test_nothing_is_marked_without_the_option(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    go(folder, out, mark_missing=False)
    (folder / "1.txt").unlink()
    assert go(folder, out, mark_missing=False).rejects == 0


@pytest.mark.slow
def test_only_what_lies_below_the_inputs_of_this_run_is_missed(tmp_path: Path) -> None:
    fill(tmp_path / "in" / "a", range(3))
    fill(tmp_path / "in" / "b", range(3, 6))
    out = tmp_path / "out"
    go(tmp_path / "in", out)
    (tmp_path / "in/a/0.txt").unlink()
    (tmp_path / "in/b/4.txt").unlink()
    go(tmp_path / "in" / "b", out)
    assert marked(out) == {"4.txt"}
    go(f"{tmp_path}/in/*/[0-2].txt", out)
    assert marked(out) == {"0.txt", "4.txt"}


@pytest.mark.slow
@pytest.mark.parametrize("new_only", [True, False])
def test_an_attachment_and_a_line_are_missed_with_their_file_and_alone(
    tmp_path: Path, new_only: bool
) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@ashgrove.example", "The invoice of March"
    message.set_content("Please find attached the invoice for the spare parts, due in April.")
    message.add_attachment("Invoice 4470. Amount due: EUR 1,200.00.", filename="invoice.txt")
    (folder / "mail.eml").write_bytes(message.as_bytes())
    lines = [json.dumps({"text": TEXT.format(number)}) + "\n" for number in (11, 12)]
    (folder / "lines.jsonl").write_text("".join(lines))
    go(folder, out)
    (folder / "mail.eml").unlink()
    (folder / "lines.jsonl").write_text(lines[0])
    go(folder, out, new_only=new_only)
    assert marked(out) == {"mail.eml", "mail.eml#attachment-1", "lines.jsonl#line-2"}


@pytest.mark.slow
def test_what_cannot_be_read_is_not_taken_for_missing(tmp_path: Path) -> None:
    """A file that is a link now, and one whose folder is a link: nobody has looked there."""
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    fill(folder / "inner", range(10, 12))
    go(folder, out)
    (folder / "inner").rename(tmp_path / "elsewhere")
    (folder / "inner").symlink_to(tmp_path / "elsewhere")
    done = go(folder, out)
    assert marked(out) == set()
    assert json.loads(done.reasons) == {"read link": 1}


@pytest.mark.slow
def test_an_empty_folder_stops_the_run_before_any_work(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    go(folder, out)
    before = tables(out)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"6 of 6 published inputs are gone.*--max-missing 1;"):
        go(folder, out)
    assert tables(out) == before
    assert go(folder, out, max_missing=1.0).rejects == 6
    assert go(folder, out).inputs == 0, "what is marked counts no more"


@pytest.mark.slow
def test_more_than_the_share_that_may_be_missing_stops_the_run(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    go(folder, out)
    for number in range(4):
        (folder / f"{number}.txt").unlink()
    with pytest.raises(InputError, match=r"4 of 6 .*--max-missing 0\.67;"):
        go(folder, out)
    assert go(folder, out, max_missing=0.67).rejects == 4


def test_a_list_of_names_is_refused(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in", range(1)), tmp_path / "out"
    (tmp_path / "list").write_text(str(folder))
    with pytest.raises(InputError, match="is a list of names"):
        run(Batch((f"@{tmp_path}/list",), str(out), mark_missing=True))


@pytest.mark.slow
def test_what_is_missing_is_not_retried(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    go(folder, out)
    (folder / "1.txt").unlink()
    go(folder, out)
    plan = plan_retry(str(out))
    assert (plan.inputs, plan.others) == ((), {"read.missing": 1})
