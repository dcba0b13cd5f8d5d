"""Errors that the user can fix, in one tree; each message is one line that says what is wrong and what to do.

    DocassayError
    ├── UsageError             exit code 2: before any work, nothing was changed
    │   ├── InputError         an input or a source names nothing that can be read
    │   ├── OutputError        the output folder cannot take this run
    │   ├── StoreError         an object store does not answer, or refuses
    │   ├── TablesError        a folder holds no tables that this release reads
    │   │   ├── DamagedError   a file of a table is damaged, or no Parquet file
    │   │   └── VersionError   a file of a table is of another version
    │   ├── ModelError         a model folder is not what its card says
    │   ├── DomainError        a domain's folder is not usable
    │   ├── DataError          a table of labels cannot be trained on
    │   ├── RunnerError        a runner cannot take these options, or is not there
    │   └── MissingError       an extra, a program or jars are missing; the message says the command
    └── RunError               exit code 3: the command failed while it worked
        └── ServiceError       a service that the run needs did not start

Anything else that reaches the command line is a bug and prints its traceback. A fault of a document
is not an exception but a value, `schemas.rows.Reject`; `transforms.faults` tells one from the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class DocassayError(Exception):
    """An error that the user can fix."""


class UsageError(DocassayError, ValueError):
    """The request cannot be carried out; nothing was changed."""


class RunError(DocassayError, RuntimeError):
    """The command failed while it worked; the message is the cause in one line."""


class InputError(UsageError):
    """An input names nothing that can be read; the message says which and what to do."""


class OutputError(UsageError):
    """The output folder cannot take this run; the message says why and what to do."""


class StoreError(UsageError):
    """An object store does not answer or refuses; the message says why, and where credentials come from."""


class TablesError(UsageError):
    """A folder does not hold tables that this release reads; the message says what to do."""


class DamagedError(TablesError):
    """A file of a table cannot be read; the message names it, and the command that names all others."""


class VersionError(TablesError):
    """A file of a table is of another version of the tables; the message says what to do."""


class ModelError(UsageError):
    """A model folder is not usable; the message names the folder, the fault and the fix."""


class DomainError(UsageError):
    """A domain's folder is not usable; the message names the file, the entry and what to change."""


class DataError(UsageError):
    """Labels that cannot be trained on; the message says which row or column, and what to change."""


class RunnerError(UsageError):
    """The runner cannot take these options; the message says which, why, and what to write instead."""


class MissingError(UsageError):
    """A program, jars or an extra are not installed; the message has the command that installs them."""


class ServiceError(RunError):
    """A service that the run needs did not start; the message ends with its last output."""


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Ask whether the known name that is spelt most like a wrong one was meant.

    Args:
        name: The wrong name.
        known: The names that there are.
        otherwise: What is said where none is spelt alike.

    >>> did_you_mean("trem", ["term", "fee"])
    'did you mean term?'
    """
    close = get_close_matches(name, list(known), 1)
    return f"did you mean {close[0]}?" if close else otherwise
