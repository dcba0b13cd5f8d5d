"""Stages: a module is a verb, its function is tested without Beam, its PTransform is a few lines."""
