"""Medical documents: notes, bills, drug labels, letters. `split` and what the rules call."""

from domains.medical.identifiers import invalid_npi
from domains.medical.split import split

__all__ = ["invalid_npi", "split"]
