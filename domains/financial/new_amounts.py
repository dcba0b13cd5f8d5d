"""Signs of fraud in the figures of an invoice: sums, lines, repeated lines, round sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

import re2

from docassay.domains import Span, View
from docassay.domains.financial.electronic import is_electronic, read_electronic
from docassay.domains.financial.figures import Figure
from docassay.domains.financial.invoice import Invoice, Row
from docassay.domains.financial.printed import claimed_tax_row, read_printed
from docassay.domains.financial.sums import Sum, missing_amount, sums_of

_MOST_CHARS = 200_000
"""So much of an invoice is read."""
