"""Models: the catalog of their folders, and the code that opens and runs them."""
