"""Training of the domain detector."""
