"""RTF and old Word documents, through kreuzberg, which the extra `ocr` installs.

kreuzberg is a Rust library. It extracts only the text: no cache on disk, no post-processing (which would join
lines and drop repeated ones), one thread.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from docassay.transforms.formats import Limits, Read, Unusable, plain
from docassay.transforms.formats.media_types import DOC, RTF

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig

MEDIA_TYPES = frozenset({RTF, DOC})
SIGNATURES = {rb"{\rtf": RTF}

_LINE_END = re.compile(r"[ \t\r]+\n")
_SECTOR = 512
_WORD_97, _WORD_95 = b"\xec\xa5", b"\xdc\xa5"
"""What the stream of a document begins with, at the beginning of a sector (MS-DOC, 2.5.2)."""
_ENCRYPTED = 1
"""The bit of its twelfth byte that says that a password is needed."""


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read an RTF or old Word document.

    Raises:
        Unusable: Encrypted, damaged, without text, or beyond `limits`; or the extra is not installed.
    """
    if find_spec("kreuzberg") is None:
        detail = f"{media_type} is read with the extra `ocr`: pip install '.[ocr]'"
        raise Unusable("unsupported_media_type", detail)
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(content, media_type, _config())
    except kreuzberg.KreuzbergError as error:
        raise _unusable(str(error), media_type, content) from None
    if plain.is_blank(plain.clean(result.content)):
        raise Unusable("no_text", "there is no text in it")
    title = result.metadata.get("title")
    return Read(
        plain.bounded(_LINE_END.sub("\n", result.content), limits),
        title=title.strip() or None if isinstance(title, str) else None,
    )


@cache
def _config() -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
        content_filter=kreuzberg.ContentFilterConfig(
            include_headers=True, include_footers=True, strip_repeating_text=False, include_watermarks=True
        ),
    )


def _unusable(error: str, media_type: str, content: bytes) -> Unusable:
    line = " ".join(error.split())[:200]
    starts = [content[at : at + 12] for at in range(0, len(content), _SECTOR)] if media_type == DOC else []
    if any(start.startswith(_WORD_95) for start in starts):
        return Unusable("unsupported_media_type", "a document of Word 6 or 95; save it as DOCX")
    locked = any(start.startswith(_WORD_97) and start[-1] & _ENCRYPTED for start in starts)
    if locked or "password" in error.lower() or "encrypted" in error.lower():
        return Unusable("encrypted", "a password is needed to open it; save it without one")
    if "unsupported" in error.lower():
        return Unusable("unsupported_media_type", f"{media_type}: {line}")
    return Unusable("malformed", f"not a readable {media_type}: {line}")
