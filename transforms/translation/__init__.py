"""Translation: sentences out of a text, what must survive, what went wrong, and the way back."""
