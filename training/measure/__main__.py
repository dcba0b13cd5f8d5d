"""Measure the shipped models again on their test sets, without PyTorch."""

from docassay.training.measure.command import app

if __name__ == "__main__":
    app(prog_name="python -m docassay.training.measure")
