"""`python -m pipelines`: the same as the console script `docassay`."""

from pipelines.cli import main

main()
