"""Train what tells where the documents in a file begin: `python -m research.part.train`."""
