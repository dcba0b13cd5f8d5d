"""Measure the shipped models again on their test sets, without PyTorch."""

from research.measure.command import app

if __name__ == "__main__":
    app(prog_name="python -m research.measure")
