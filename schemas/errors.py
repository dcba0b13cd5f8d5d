"""What is raised for a person to mend, in one tree; the message is one line that says what and how.

    DocassayError
    ├── UsageError             exit code 2: before any work, nothing was changed
    │   ├── InputError         an input or a source names nothing that can be read
    │   ├── OutputError        the output folder cannot take this run
    │   ├── TablesError        a folder holds no tables, or those of another version
    │   ├── ModelError         a model folder is not what its card says
    │   ├── DomainError        a domain's folder is not usable
    │   ├── DataError          a table of labels cannot be trained on
    │   ├── RunnerError        a runner cannot take these options, or is not there
    │   └── MissingError       an extra, a program or jars are missing; the message says the command
    └── RunError               exit code 3: the run failed and published nothing
        └── ServiceError       a service that the run needs did not start

Anything else that reaches the command line is a bug and prints its traceback. What is wrong with a document
is none of these but a value, `schemas.rows.Reject`.
"""

from __future__ import annotations


class DocassayError(Exception):
    """Something that a person can mend."""


class UsageError(DocassayError, ValueError):
    """What was asked for cannot be done; nothing was changed."""


class RunError(DocassayError, RuntimeError):
    """The run failed and published nothing; the message is the cause in one line."""


class InputError(UsageError):
    """An input names nothing that can be read; the message says which and what to do."""


class OutputError(UsageError):
    """The output folder cannot take this run; the message says why and what to do."""


class TablesError(UsageError):
    """A folder does not hold tables that this release reads; the message says what to do."""


class ModelError(UsageError):
    """A model folder is not usable; the message names the folder, the fault and the mend."""


class DomainError(UsageError):
    """A domain's folder is not usable; the message names the file, the entry and what to change."""


class DataError(UsageError):
    """Labels that cannot be trained on; the message says which row or column, and what to change."""


class RunnerError(UsageError):
    """The runner cannot take these options; the message says which, why, and what to write."""


class MissingError(UsageError):
    """A program, jars or an extra are not installed; the message has the command that brings them."""


class ServiceError(RunError):
    """A service that the run needs did not start; the message has the last of what it said."""
