"""Review: the pages on which people look at what was found and decide on it, served on this machine alone."""
