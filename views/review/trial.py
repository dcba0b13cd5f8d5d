"""Try the files of an overlay as they are being written: their examples, and what they say of the tables.

A child process with limits of time and memory does it, on a copy of the folder: a rule that is being written
may be anything. Of the folder's files the rules, facts, terms and examples are given; functions are those
that its saved files call already.
"""

from __future__ import annotations

import os
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docassay import domains
from docassay.domains import examples
from docassay.domains.folders import own_folders
from docassay.domains.overlay import Overlay
from docassay.observe.sanitize import line
from docassay.schemas.errors import DomainError, RunError
from docassay.schemas.rows import Flag
from docassay.transforms.extract import read_facts
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.child import Request, allow_threads
from docassay.transforms.isolation.worker import Pool
from docassay.views.query import ask
from docassay.views.rules_diff import answers, changes, own_rules
from docassay.views.shipped_views import quoted

FUNCTION = "docassay.views.review.trial:run"
FILES = ("rules.toml", "facts.toml", "terms.toml", examples.FILE)
"""The files that are written here."""

SECONDS = 60.0
"""Time that documents are read in; what was counted by then is shown."""

GRACE = 30.0
"""Seconds beyond, for the start, the examples and the document at work, after which the process is killed."""

MEMORY = 3_000_000_000
SHOWN = 20
"""Documents that are shown of each outcome of a rule."""

MOST_LINKS = 1_000
"""Most other files of the folder, which functions of its own may need."""

FOUND, NOTHING, GONE = "found", "nothing", "gone"
OUTCOMES = (FOUND, "fail", "review", "pass", NOTHING, GONE)
"""What a rule says of a document, the worst first: a sign, a verdict, nothing; or no longer anything."""


@dataclass(slots=True)
class Tried:
    """What a rule says of the documents of the tables.

    Attributes:
        before: Documents by what the rule says in the tables.
        now: Documents by what it says as it is written now.
        documents: Some of each outcome: the document, its URI, what was said of it before, and the evidence.
    """

    rule: str
    title: str
    before: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)
    documents: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)

    @property
    def outcomes(self) -> list[str]:
        """The outcomes that there are, the worst first."""
        return [one for one in OUTCOMES if self.before[one] or self.now[one]]


def run(request: Request) -> dict[str, Any]:
    """Try files in the child process; see `Trial` for what is asked and given."""
    allow_threads()
    asked = request.asked
    end = time.monotonic() + asked["seconds"]
    folder = Path(asked["folder"])
    copy = Path(os.environ["TMPDIR"]) / folder.name
    try:
        _check_calls(asked["files"], folder)
        _lay_out(copy, folder, asked["files"])
        os.environ["DOCASSAY_DOMAINS"] = os.pathsep.join([*asked["others"], str(copy)])
        overlay = domains.overlay_in(copy)
        domain = domains.load(overlay.extends)
        found = list(examples.read(copy / examples.FILE))
    except RecursionError:
        return {"faults": ["The files are nested too deeply."]}
    except DomainError as error:
        return {"faults": [str(error).replace(str(copy), folder.name)]}
    problems = [
        f"Example {number} of {examples.FILE}, of {example['rule']}: {problem}"
        for number, example in found
        if (problem := examples.problem(domain, example, read_facts))
    ]
    lacking = list(examples.missing(overlay.added, [example for _, example in found]))
    result = {"faults": [], "problems": problems, "lacking": lacking, "examples": len(found)}
    if asked["tables"]:
        result |= _over(asked["tables"], overlay, asked["only"], end, lambda *of: request.parent.call(of))
    return result


def _check_calls(files: Mapping[str, str], folder: Path) -> None:
    """Refuse a call of a function that the saved files do not call: here rules are written, not code.

    Raises:
        DomainError: There is one, or a file is no TOML.
    """
    for name in FILES[:3]:
        saved, known = folder / name, set[str]()
        with suppress(OSError, ValueError, RecursionError):  # one that is none, or is broken, calls nothing
            known = set(_calls(tomllib.loads(saved.read_text(encoding="utf-8"))))
        try:
            new = set(_calls(tomllib.loads(files.get(name, "")))) - known
        except tomllib.TOMLDecodeError as error:
            raise DomainError(f"{name} is not valid TOML: {error}") from None
        if new:
            raise DomainError(
                f"{name}: {min(new)[:80]} calls a function, which can only be added in the file itself"
            )


def _calls(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("call:"):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _calls(one)


def _lay_out(copy: Path, folder: Path, files: Mapping[str, str]) -> None:
    """Make a folder of the files given, and of links to what else the other has."""
    copy.mkdir()
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MOST_LINKS:
                raise DomainError(f"{folder} has more than {MOST_LINKS:,} files; it is not a folder of rules")
            if entry.name not in FILES:
                (copy / entry.name).symlink_to(os.path.abspath(entry.path))
    for name, text in files.items():
        (copy / name).write_text(text, encoding="utf-8")


def _over(out: str, overlay: Overlay, only: Sequence[str], end: float, told: Any) -> dict[str, Any]:
    """Run rules on the documents of the tables until the time is up."""
    own = own_rules(overlay, only)
    tried = {rule.id: Tried(rule.id, rule.title) for rule in (*own.flags, *own.checks)}
    before = _before(out, list(tried))
    for (rule, _), outcome in before.items():
        tried[rule].before[outcome] += 1
    total, answered = answers(out, own) if tried else (0, iter(()))
    read = unfinished = 0
    for one in answered:
        read += 1
        unfinished += one.rows is None
        for rule, (outcome, evidence) in _outcomes(one.rows or [], tried).items():
            was = before.pop((rule, one.doc_id), "")
            outcome = GONE if was and outcome == NOTHING else outcome
            tried[rule].now[outcome] += 1
            shown = tried[rule].documents.setdefault(outcome, [])
            if len(shown) < SHOWN:
                shown.append((one.doc_id, one.uri, was, line(evidence, 200)))
        told(read, total)
        if time.monotonic() > end:
            break
    changed = [
        (one.rule, one.what, one.verdict, one.rows, one.documents)
        for one in (() if only else changes(out, overlay))
    ]
    return {
        "read": read,
        "total": total,
        "unfinished": unfinished,
        "tried": list(tried.values()),
        "changes": changed,
    }


def _outcomes(rows: Sequence[Any], tried: Mapping[str, Tried]) -> dict[str, tuple[str, str]]:
    """Give what each rule says of a document, the worst of several, and the evidence."""
    said = dict.fromkeys(tried, (NOTHING, ""))
    for row in rows:
        rule, outcome = (row.code, FOUND) if isinstance(row, Flag) else (row.check_id, row.verdict)
        if OUTCOMES.index(outcome) < OUTCOMES.index(said[rule][0]):
            said[rule] = outcome, row.evidence or ""
    return said


def _before(out: str, rules: Sequence[str]) -> dict[tuple[str, str], str]:
    """Give what rules say in the tables, by rule and document."""
    if not rules:
        return {}
    listed = ", ".join(map(quoted, rules))
    rows = ask(
        out,
        f"select code as rule, doc_id, '{FOUND}' as said from flags where code in ({listed}) group by all"
        " union all select check_id, doc_id, case when bool_or(verdict = 'fail') then 'fail' when"
        " bool_or(verdict = 'review') then 'review' else 'pass' end from findings"
        f" where check_id in ({listed}) group by check_id, doc_id",
    ).rows()
    return {(row["rule"], row["doc_id"]): row["said"] for row in rows}


def _told(result: Any) -> dict[str, Any]:
    """Read what the child gives."""
    tried = [
        Tried(rule, title, Counter(before), Counter(now), documents)
        for rule, title, before, now, documents in result.get("tried", ())
    ]
    return {**result, "tried": tried}


class Trial:
    """A trial under way, or its result.

    Attributes:
        reviewer: Who asked for it.
        done: Documents read so far, and how many there are.
        fault: Why it came to no result.
        result: What `run` gives: `faults` (the files are wrong), `problems`, `lacking` and the number of
            `examples`, and of the tables `read`, `total`, `unfinished`, `tried` and `changes`.
    """

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str],
        out: str = "",
        only: Sequence[str] = (),
        reviewer: str = "",
    ) -> None:
        """Begin in a thread.

        Args:
            folder: The overlay's.
            files: Its `FILES` as they are being written, by name.
            out: The output folder; without it the examples alone are tried.
            only: The rules that are run on the tables; all of its own where there are none.
            reviewer: Who asks.
        """
        self.reviewer, self.done, self.fault = reviewer, (0, 0), ""
        self.result: dict[str, Any] = {}
        others = [str(one) for one in own_folders() if one.resolve() != folder.resolve()]
        self._asked = {
            "folder": os.path.abspath(folder), "files": dict(files), "tables": out, "only": list(only),
            "others": others, "seconds": SECONDS,
        }  # fmt: skip
        seconds = (SECONDS if out else 0) + GRACE
        self._pool = Pool(FUNCTION, Limits(seconds=seconds, memory_bytes=MEMORY), memory="RLIMIT_DATA")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self._thread.is_alive()

    def wait(self) -> Trial:
        """Wait for the end."""
        self._thread.join()
        return self

    def stop(self) -> None:
        """End it without a result."""
        self.fault = "Stopped."
        self._pool.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._pool as pool:
                for result in pool.stream(self._asked, _told, self._count):
                    self.result = result
        except Unusable as unusable:
            why = {"timeout": "It took too long", "out_of_memory": "It needed too much memory"}
            said = why.get(unusable.reason, "The process that runs the rules has ended")
            self.fault = self.fault or f"{said}: simplify the rule, or choose fewer document types."
        except (RunError, RuntimeError) as error:
            self.fault = self.fault or line(str(error), 400)

    def _count(self, of: Any) -> None:
        self.done = int(of[0]), int(of[1])
