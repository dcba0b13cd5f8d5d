"""Adopt models that others have trained: convert, verify, describe, and put them where the catalog looks."""
