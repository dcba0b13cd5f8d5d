"""Medical documents: notes, bills, drug labels, letters."""

from docassay.domains.medical.split import split

__all__ = ["split"]
