"""Documents of kinds that docassay does not know, and of none, and honest mail, from public repositories."""
