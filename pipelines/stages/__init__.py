"""The Beam half of each stage of `transforms`, counted in one place."""
