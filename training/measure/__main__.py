"""`python -m docassay.training.measure`: measure the models again on their test sets."""

from docassay.training.measure.command import app

app(prog_name="python -m docassay.training.measure")
