"""Search the text and the facts of documents by words."""
