"""Training of the shipped encoder on public corpora."""
