"""Gemma 3 270M with an adapter for translation, under Gemma's own terms: `python -m research.gemma`."""
