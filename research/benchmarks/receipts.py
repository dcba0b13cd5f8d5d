"""Measure how much of receipts OCR reads: the values that people keyed, looked for in its text.

    python -m research.benchmarks.receipts --receipts FOLDER [--every N] [--certainty]

FOLDER has ``img/*.jpg`` and ``key/*.json`` (company, date, address, total) as the 626 receipts of ICDAR 2019
SROIE in the public repository zzzDavid/ICDAR-2019-SROIE. A value is there if the text has its letters and
digits in their order; spaces, signs and capitals do not count.
With ``--certainty`` it tells instead how sure the recogniser is of pages upright and upside down.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from docassay.transforms.formats import limits_of, ocr
from docassay.transforms.formats.media_types import JPEG

_NO_SIGN = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """Give the letters and digits of a text, small.

    >>> letters("Bar Wang Rice @ 12.80")
    'barwangrice1280'
    """
    return _NO_SIGN.sub("", text.lower())


def print_certainty(pictures: Sequence[Path]) -> None:
    """Print the least and the greatest certainty of pages upright and of the same upside down."""
    upright, turned = [], []
    for picture in pictures:
        pixels = np.asarray(Image.open(picture).convert("RGB"))
        upright.append(ocr.certainty(ocr.lines_of(pixels)))
        turned.append(ocr.certainty(ocr.lines_of(np.rot90(pixels, 2))))
    for name, certain in (("upright", upright), ("upside down", turned)):
        print(f"{name:12} {min(certain):.3f} to {max(certain):.3f} of {len(certain)}")


def main() -> None:
    """Read the receipts and print the share of each value that is there, and the seconds a page."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.receipts", description=__doc__)
    parser.add_argument("--receipts", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="read each Nth receipt")
    parser.add_argument(
        "--certainty", action="store_true", help="tell how sure it is of upright pages and others"
    )
    options = parser.parse_args()
    keys = sorted(options.receipts.glob("key/*.json"))[:: options.every]
    pictures = [options.receipts / "img" / f"{key.stem}.jpg" for key in keys]
    if options.certainty:
        print_certainty(pictures)
        return
    there: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    seconds = []
    for key, picture in zip(keys, pictures, strict=True):
        began = time.process_time()
        read = letters(ocr.read(picture.read_bytes(), limits_of(ocr=True), JPEG).text)
        seconds.append(time.process_time() - began)
        for name, value in json.loads(key.read_text()).items():
            asked[name] += 1
            there[name] += letters(value) in read
    for name, count in asked.items():
        print(f"{name:8} {there[name]:4} of {count}  {there[name] / count:.3f}")
    print(f"seconds of a processor a page: {np.mean(seconds):.2f}, at most {max(seconds):.2f}")


if __name__ == "__main__":
    main()
