"""Medical documents: notes, bills, drug labels, letters."""
