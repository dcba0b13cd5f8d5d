"""Measure domain and language of whole documents.

    python -m research.measure.whole

The documents are those of `documents/`, whose archive says what they are; every format goes through the
parsers that users get. Archives of mail, and of files that test a parser, belong to no domain: they are
not counted.
"""

import argparse
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docassay.schemas.rows import Reject, Source
from docassay.transforms.detect import detect
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.read import read

ARCHIVES = (
    "legal-cuad_pdf_txt",
    "legal-bonterms",
    "legal-commonpaper",
    "legal-court",
    "financial-sec_pdf",
    "financial-fomc",
    "medical-fda_crl",
    "medical-spl_labels",
    "medical-ccda",
)
ABOUT = ("SOURCE.txt", "LICENSE", "LICENSE.txt", "README.md", "LICENSE.md", "COPYING.txt")


def documents(archive: Path, folder: Path) -> Iterator[Path]:
    """Unpack an archive and give its documents."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in ABOUT)


def main() -> None:
    """Count right, wrong and unknown domains, and languages, by archive."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.whole", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    total: Counter[str] = Counter()
    with Parser(Limits(parts=False)) as workers:
        for name in ARCHIVES:
            expected, counts = name.partition("-")[0], Counter[str]()
            with tempfile.TemporaryDirectory() as folder:
                for path in documents(options.data / f"documents/{name}.tar.xz", Path(folder)):
                    source = read(Source(str(path)), Limits())
                    if isinstance(source, Reject):
                        counts["rejected"] += 1
                        continue
                    for parsed in workers.submit(source).result():
                        if isinstance(parsed, Reject | Source):
                            counts["rejected"] += 1
                            continue
                        known = detect(parsed, None)
                        right = known.domain == expected
                        counts["domain right" if right else f"domain {known.domain}"] += 1
                        counts["English" if known.language == "en" else f"language {known.language}"] += 1
                        if not right or known.language != "en":
                            print(f"  {name}/{path.name}: {known.domain}, {known.language}", flush=True)
            print(f"{name}: {dict(counts)}", flush=True)
            total += counts
    read_in_all = sum(number for key, number in total.items() if key.startswith("domain"))
    named, english = total["domain right"], total["English"]
    print(f"domain: {named} of {read_in_all} right; {english} called English; rejected: {total['rejected']}")


if __name__ == "__main__":
    main()
