"""Launch a Flex Template's job: its parameters become the words of `docassay batch` or `docassay stream`.

`batch.metadata.json` and `stream.metadata.json` describe the parameters. What Dataflow's launcher
adds (project, region, where the job's graph is to be written) follows after ``--``, where docassay
checks it like everything that is given there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

LISTS = ("inputs", "allow_uri")
SWITCHES = ("new_only", "ocr")
VALUES = ("source", "out", "domain", "text_column", "window", "lateness", "shards")


def command(parameters: Sequence[str]) -> list[str]:
    """Make the words of a docassay command.

    >>> command(["--inputs=gs://b/a,gs://b/c", "--out=gs://b/t", "--ocr=true", "--project=p"])
    ['batch', 'gs://b/a', 'gs://b/c', '--out=gs://b/t', '--ocr', '--runner=dataflow', '--', '--project=p']
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in (*LISTS, *SWITCHES, *VALUES, "runner"):
        parser.add_argument(f"--{name}")
    given, runner_options = parser.parse_known_args(list(parameters))
    if bool(given.inputs) == bool(given.source):
        parser.error("name either inputs (a batch) or source (a stream)")
    places = given.inputs.split(",") if given.inputs else [given.source]
    words = ["batch" if given.inputs else "stream", *(place.strip() for place in places)]
    for name in VALUES:
        if getattr(given, name) and name != "source":
            words.append(f"--{name.replace('_', '-')}={getattr(given, name)}")
    for name in SWITCHES:
        if getattr(given, name) == "true":
            words.append(f"--{name.replace('_', '-')}")
    for place in (given.allow_uri or "").split(","):
        if place.strip():
            words.append(f"--allow-uri={place.strip()}")
    return [*words, "--runner=dataflow", "--", *(word for word in runner_options if word != "--streaming")]


def main() -> None:
    """Run the command; its exit code is the launcher's."""
    from docassay import cli

    sys.argv = ["docassay", *command(sys.argv[1:])]
    cli.main()


if __name__ == "__main__":
    main()
