"""A mailbox in one file: each of its mails becomes a document of its own (mbox, RFC 4155)."""

from __future__ import annotations

import re

from docassay.transforms.formats import Attachment, Limits, Read, Unusable, plain
from docassay.transforms.formats.mail_headers import separators
from docassay.transforms.formats.media_types import MAIL, MBOX

MEDIA_TYPES = frozenset({MBOX})

_QUOTED = re.compile(rb"(?m)^>(>*From )")
"""A line of a mail that begins as a separator does is written with a ``>`` before it."""


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a mailbox: its text is the separators before its mails, which are its attachments.

    Raises:
        Unusable: No mail begins in it.
    """
    if b"From " not in content:
        raise Unusable("malformed", "no mail begins in it")
    starts = [len(content) - len(content.lstrip(b"\r\n")), *separators(content)]
    starts = [content.index(b"From ", start) for start in starts]
    mails = [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]
    lines = [plain.decode(mail[:200].partition(b"\n")[0]).strip() for mail in mails]
    return Read(
        plain.bounded("\n".join(lines), limits),
        attachments=tuple(Attachment(_QUOTED.sub(rb"\1", mail), MAIL) for mail in mails),
    )
