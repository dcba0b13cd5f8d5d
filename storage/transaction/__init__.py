"""Commits: what changes is staged, written to a journal, and made visible in one step; conflicts are told."""
