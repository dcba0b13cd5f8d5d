"""The child that rebuilds PDFs, and how it speaks with its parent (`transforms.sandbox_redact`).

Frames are those of `transforms.sandbox_child`. The request is a head in JSON and the PDF; the answer is a
head in JSON and the new PDF, or an empty one where the head says ``refused`` or ``lack``.
"""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import asdict, replace
from typing import Any

from docassay.transforms.formats import Limits, Unusable, ocr
from docassay.transforms.sandbox_child import (
    begin,
    pack,
    receive,
    receive_setup,
    restrict,
    send,
    streams,
    too_much,
)
from docassay.transforms.temporary import lack_of


def serve() -> None:
    """Answer the request on standard input: what a child runs."""
    requests, answers = streams()
    if (told := receive_setup(requests)) is None:
        return
    _, folder, limits = told
    restrict(limits)
    from docassay.transforms.formats import pdf_redacted  # noqa: F401, where its memory counts

    send(answers, [b""])
    if (request := receive(requests)) is not None and (content := receive(requests)) is not None:
        asked = json.loads(request)
        begin(replace(limits, seconds=asked["seconds"]))
        head, rebuilt = _answer(asked, content, limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, [pack(head), rebuilt])
    shutil.rmtree(folder, ignore_errors=True)  # the parent is gone, or closing


def _answer(asked: dict[str, Any], content: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        return _rebuilt(asked, content)
    except Unusable as unusable:
        return {"refused": [unusable.reason, unusable.detail]}, b""
    except MemoryError:
        return {"refused": ["out_of_memory", too_much(limits)]}, b""
    except Exception as error:
        if lack := lack_of(error):
            return {"lack": lack}, b""
        return {"refused": ["crashed", f"it could not be rebuilt: {type(error).__name__}"]}, b""


def _rebuilt(asked: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    from docassay.transforms.formats.pdf_layer import Placed
    from docassay.transforms.formats.pdf_redacted import PagePlan, Painted, pictures, rebuild, texts

    plans = [
        PagePlan(
            tuple(Painted(*box) for box in page["painted"]),
            tuple(Placed(*word) for word in page["words"]),
            page["blank"],
        )
        for page in asked["pages"]
    ]
    rebuilt, facts = rebuild(content, plans, asked["ocr"], asked["keep_pictures"])
    recognised: list[str] = []
    if asked["ocr"]:
        recognised = [
            ocr.recognise(picture, "image/x-portable-graymap").text for picture in pictures(rebuilt)
        ]
    head = {
        "pages": [asdict(page) for page in facts],
        "texts": list(texts(rebuilt)),
        "recognised": recognised,
    }
    return head, rebuilt
