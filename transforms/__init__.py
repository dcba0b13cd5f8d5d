"""Stages without Beam: each module is a verb, and so is its function; `stages` has their order."""
