"""Training of the tagger of personal data."""
