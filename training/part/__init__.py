"""Train what tells where the documents in a file begin: `python -m docassay.training.part.train`."""
