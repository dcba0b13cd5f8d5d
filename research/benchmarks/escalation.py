"""What a larger model costs a batch: documents/s without one, with an encoder, with an endpoint of 500 ms.

    python -m research.benchmarks.escalation [--documents 600] [--larger FOLDER] [--repeats 3] [--save]

The larger encoder is the folder named, else the shipped encoder under another name, which is as costly as
the small one. The endpoint is a server in a process of its own that waits 500 ms and names the first label.
Cores are processor seconds of `docassay` over wall seconds: while an endpoint is waited for they should be as
busy as without. Runs alternate, and ratios are medians over the repeats. On a machine with other work the
ratio of processor seconds tells more than that of seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from docassay.models.catalog import DEFAULT_ENCODER, find
from research.benchmarks import report
from tests import corpus

WAITS = 0.5
"""Seconds that the endpoint takes for an answer."""


def main() -> None:
    """Measure, print and, with --save, save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.escalation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--larger", type=Path, help="a model folder of `docassay train --full`")
    parser.add_argument("--budget", type=int, default=100, help="questions about a document")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)  # the endpoint's own process
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    figures, details = measure(options.documents, options.larger, options.budget, options.repeats)
    if options.save:
        report.save("escalation", figures, details)


def measure(
    documents: int, larger: Path | None, budget: int, repeats: int
) -> tuple[list[report.Figure], dict[str, Any]]:
    """Run a batch without and with larger models, in turn."""
    ran: dict[str, list[report.Ran]] = {}
    runs: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        corpus.write(work / "in", corpus.items(documents, form="txt"))
        folder = larger or _twin(work / "twin")
        server = subprocess.Popen(
            [sys.executable, "-m", "research.benchmarks.escalation", "--serve"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout
            host = server.stdout.readline().strip()
            endpoint = ("--escalate", f"http://{host}/v1", "--escalate-model", "first", "--allow-send", host)
            more = {
                "none": (),
                "encoder": ("--escalate", str(folder), "--escalate-budget", str(budget)),
                "endpoint": (*endpoint, "--escalate-budget", str(budget)),
            }
            for n in range(repeats):
                for kind, words in more.items():
                    out = work / f"{kind}-{n}"
                    ran.setdefault(kind, []).append(report.batch(work / "in", out, *words))
                    runs[kind] = report.row_of_runs(out)
                    print(f"{kind}: {ran[kind][-1].seconds:.1f} s, {ran[kind][-1].cpu:.1f} of processor")
        finally:
            server.kill()
            server.wait()
    segments = runs["none"]["counts"]["assess.segments"]
    asked = {kind: run["counts"].get("escalate.asked", 0) for kind, run in runs.items()}
    rate = {kind: documents / statistics.median(one.seconds for one in some) for kind, some in ran.items()}
    cores = {kind: statistics.median(one.cpu / one.seconds for one in some) for kind, some in ran.items()}
    speed = {
        kind: statistics.median(a.seconds / b.seconds for a, b in zip(ran["none"], some, strict=True))
        for kind, some in ran.items()
    }
    work_of = {
        kind: statistics.median(b.cpu / a.cpu for a, b in zip(ran["none"], some, strict=True))
        for kind, some in ran.items()
    }
    report.show(
        f"{documents:,} documents, {segments:,} segments",
        [
            "larger model",
            "labels asked",
            "share of segments",
            "documents/s",
            "of none's",
            "processor",
            "cores",
        ],
        [
            [kind, asked[kind], asked[kind] / segments, rate[kind], speed[kind], work_of[kind], cores[kind]]
            for kind in ran
        ],
    )
    share = f"{asked['encoder'] / segments:.1%}"
    figures = [
        report.figure(
            f"documents/s with a larger encoder asked of {share} of segments, over without",
            f"{speed['encoder']:.2f}",
        ),
        report.figure("the same in processor time per document", f"{work_of['encoder']:.2f}"),
        report.figure(
            f"documents/s with an endpoint of 500 ms asked of {share} of segments, over without",
            f"{speed['endpoint']:.2f}",
        ),
        report.figure("cores busy with and without it", f"{cores['endpoint']:.2f}, {cores['none']:.2f}"),
    ]
    details = {
        "documents": documents,
        "segments": segments,
        "asked": asked,
        "load": os.getloadavg(),
        "seconds": {kind: [round(one.seconds, 2) for one in some] for kind, some in ran.items()},
        "cpu_seconds": {kind: [round(one.cpu, 2) for one in some] for kind, some in ran.items()},
    }
    return figures, details


def serve() -> None:
    """Serve chat completions that name the first label, each after `WAITS` seconds; print the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer a request."""
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            properties = request["response_format"]["json_schema"]["schema"]["properties"]
            said = json.dumps({key: entry["enum"][0] for key, entry in properties.items()})
            time.sleep(WAITS)
            content = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def _twin(folder: Path) -> Path:
    """Make a folder of the shipped encoder under another name."""
    shipped = find(DEFAULT_ENCODER)
    folder.mkdir()
    for path in shipped.iterdir():
        if path.name != "model.toml":
            (folder / path.name).symlink_to(path)
    card = (shipped / "model.toml").read_text(encoding="utf-8")
    (folder / "model.toml").write_text(card.replace(f'name = "{DEFAULT_ENCODER}"', 'name = "twin"', 1))
    return folder


if __name__ == "__main__":
    main()
