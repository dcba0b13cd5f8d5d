"""Financial documents: filings, mail, invoices, statements, complaints."""

from docassay.domains.financial.split import split

__all__ = ["split"]
