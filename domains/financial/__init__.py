"""Financial documents: filings, mail about money, invoices, statements, complaints. `split` and what the rules call."""

from domains.financial.kinds import short_message
from domains.financial.split import split

__all__ = ["short_message", "split"]
