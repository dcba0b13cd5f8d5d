"""Legal documents: contracts, terms, court files, letters."""

from docassay.domains.legal.split import split

__all__ = ["split"]
