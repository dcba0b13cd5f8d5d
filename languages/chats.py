"""How chat programs of telephones write a message in an export: its time, and who wrote it."""

from __future__ import annotations

import re

LINE = re.compile(
    r"^[\u200e\u200f]?\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?:, | (?:at|um|à|alle|om) )\d{1,2}[:.]\d{2}"
    r"(?:[:.]\d{2})?(?:[ \u202f\u00a0]?[APap]\.?[ \u00a0]?[Mm]\.?)?(?:\]| [-–]) ?(?:([^\n:]{1,80}): )?",
    re.MULTILINE,
)
"""What stands before a message, from the start of its line; the group is who wrote it, if not the program."""
