"""Document heads: examples of each use, and the one trainer for all of them (`fit.py`)."""
