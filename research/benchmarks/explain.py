"""Cold-start time of `docassay explain` on one document.

    python -m research.benchmarks.explain [--repeats 5]

The median over runs in fresh processes, for one sample of each domain that docassay ships.
"""

from __future__ import annotations

import argparse
import statistics

from docassay import domains
from research.benchmarks import report


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.explain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    samples = {name: _sample(name) for name in domains.names()}
    seconds: dict[str, list[float]] = {name: [] for name in samples}
    for _ in range(options.repeats):
        for name, path in samples.items():
            seconds[name].append(report.docassay("explain", path).seconds)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    rows = [[name, samples[name].rsplit("/", 1)[1], medians[name], min(seconds[name])] for name in samples]
    report.show("docassay explain FILE", ["domain", "sample", "median seconds", "least"], rows)
    figures = [report.figure("`docassay explain`, cold, seconds", f"{max(medians.values()):.1f}", "≤ 3")]
    rounded = {name: [round(value, 2) for value in values] for name, values in seconds.items()}
    report.save("explain", figures, {"seconds": rounded})


def _sample(domain: str) -> str:
    """Return the path of a domain's first sample that is plain text, a mail or a web page."""
    folder = domains.load(domain).folder / "samples"
    return min(str(path) for path in folder.iterdir() if path.suffix in (".txt", ".eml", ".html"))


if __name__ == "__main__":
    main()
