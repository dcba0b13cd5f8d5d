"""Packets: files that hold several documents, joined from real ones; where each begins is known.

A packet depends on its seed and half alone, so none is stored. One half of the recipes, of the printed forms
and of the documents is held back: nothing of it trains or tunes `transforms.parts.part`.
"""
