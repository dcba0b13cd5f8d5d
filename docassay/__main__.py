"""`python -m docassay`: the same as the console script `docassay`."""

from docassay.cli import main

main()
