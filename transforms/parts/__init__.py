"""Documents in one file: where each begins, told from its pages, and what may be one, cut out of another."""
