"""Measuring models on the corpora's tests."""
