"""The main program of the Flex Templates: turns parameters into a command of docassay and runs it.

`batch.metadata.json` and `stream.metadata.json` describe the parameters of `docassay batch` and
`docassay stream`. The options that Dataflow's launcher adds (project, region, where to write the job's
graph) follow after ``--``, where docassay checks them like all of the runner's options.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

LISTS = ("inputs", "allow_uri")
SWITCHES = ("new_only", "ocr")
VALUES = ("source", "out", "domain", "text_column", "window", "lateness", "shards")


def command(parameters: Sequence[str]) -> list[str]:
    """Turn a template's parameters into the arguments of `docassay`.

    >>> command(["--inputs=gs://b/a,gs://b/c", "--out=gs://b/t", "--ocr=true", "--project=p"])
    ['batch', 'gs://b/a', 'gs://b/c', '--out=gs://b/t', '--ocr', '--runner=dataflow', '--', '--project=p']
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in (*LISTS, *SWITCHES, *VALUES, "runner"):
        parser.add_argument(f"--{name}")
    args, runner_options = parser.parse_known_args(list(parameters))
    if bool(args.inputs) == bool(args.source):
        parser.error("name either inputs (a batch) or source (a stream)")
    sources = args.inputs.split(",") if args.inputs else [args.source]
    words = ["batch" if args.inputs else "stream", *(source.strip() for source in sources)]
    for name in VALUES:
        if getattr(args, name) and name != "source":
            words.append(f"--{name.replace('_', '-')}={getattr(args, name)}")
    for name in SWITCHES:
        if getattr(args, name) == "true":
            words.append(f"--{name.replace('_', '-')}")
    for uri in (args.allow_uri or "").split(","):
        if uri.strip():
            words.append(f"--allow-uri={uri.strip()}")
    return [*words, "--runner=dataflow", "--", *(word for word in runner_options if word != "--streaming")]


def main() -> None:
    """Run the command; its exit code is the launcher's."""
    from docassay import cli

    sys.argv = ["docassay", *command(sys.argv[1:])]
    cli.main()


if __name__ == "__main__":
    main()
