"""Legal documents: contracts, terms, court files, letters."""
