"""Hostile inputs: mutants of every format run as a user's batch, and readers fuzzed by coverage."""
