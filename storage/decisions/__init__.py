"""Decisions: what people made of what was found: appended, chained by digests, read from lists."""
