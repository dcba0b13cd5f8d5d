"""Facts of documents, measured."""
