"""List every command of the trainings: `python -m docassay.training`."""

from docassay.training import COMMANDS

for name, what in COMMANDS.items():
    print(f"python -m docassay.training.{name:<28} {what}")
