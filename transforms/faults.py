"""Faults: an exception on a document becomes the reject of that document, unless it is not its fault.

Every stage runs its work through `alone` or `together`, and so does the writer; nothing else turns an
exception into a reject. A reject has the reason `REASON`, and its detail names the exception's class and the
line that raised it, never a word of the document. The traceback goes to the log, without the exception's
message, which may quote the document. Each is counted as ``fault`` of its stage.

Whose fault an exception is:

- **The document's**: any exception that is not named below. A rule, a model or a library meets what nobody
  thought of; the other documents are read all the same.
- **The machine's or the installation's**: a `DocassayError` (a model's or a domain's folder is not whole), an
  `ImportError` (a library is missing), and an `OSError` (a full disk, no more file descriptors, a file of
  ours that is gone), but those of `_OF_VALUES`: after `read`, no stage opens anything of a document.
  Rejecting the documents for it would publish a false reason for each, so the run fails: a batch publishes
  nothing; a stream commits no further, and reads the same documents when it is started again.
- **Not told at once**: a `MemoryError`. A batch is tried in halves, and a document that fails alone is
  rejected. Where `IN_A_ROW` documents in a row fail so, memory is too small for any, and the run fails.
- `KeyboardInterrupt` and `SystemExit` are no faults, and pass.
"""

from __future__ import annotations

import errno
import logging
import sysconfig
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from docassay.domains.calls import CallError
from docassay.observe import counters, log
from docassay.schemas.errors import DocassayError, RunError
from docassay.schemas.rows import Reject
from docassay.transforms.budget import OutOfTime

REASON = "fault"
"""The reason of the reject."""

TIMEOUT = "timeout"
"""The reason where a document took more time than any should (`budget.OutOfTime`)."""

IN_A_ROW = 3
"""So many documents for which memory did not suffice, with nothing done between them, fail the run."""

_without_memory: list[str] = []
"""For which memory did not suffice since anything was done, in all stages and threads of this process.

Any work that succeeds, of any stage on any document, begins anew: only where nothing can be done any more is
the machine at fault. So the run fails where neighbours fail in one stage, and not where each document passes
the smaller stages and fails in a larger one: there it is rejected alone."""

_OF_VALUES = frozenset({errno.EINVAL, errno.EDOM, errno.ERANGE, errno.EOVERFLOW, errno.ENAMETOOLONG})
"""Errors of a value that the system refuses, such as a date too far off, whatever the machine's state."""

_PACKAGE = Path(__file__).parent.parent
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


class _Identified(Protocol):
    """What a stage works on: a document on its way, with its digest and where it came from."""

    @property
    def doc_id(self) -> str: ...

    @property
    def uri(self) -> str: ...


Element = TypeVar("Element", bound=_Identified)
Outcome = TypeVar("Outcome")


def alone(stage: str, document: Element, work: Callable[[Element], Outcome]) -> Outcome | Reject:
    """Do a stage's work on a document; give the reject of the document where that raises.

    Raises:
        DocassayError: It is not the document's fault: see above.
    """
    try:
        outcome = work(document)
    except Exception as error:
        return rejected(stage, document.doc_id, document.uri, error)
    _without_memory.clear()
    return outcome


def together(
    stage: str, documents: Sequence[Element], work: Callable[[Sequence[Element]], Sequence[Outcome]]
) -> list[Outcome | Reject]:
    """Do a stage's work on a batch of documents; where that raises, in halves, down to single documents.

    Args:
        stage: The stage's name.
        documents: The batch.
        work: Gives an outcome for each document that it is given, in order, whatever else is in the batch.

    Returns:
        One outcome for each document, in order.

    Raises:
        DocassayError: It is not a document's fault: see above.
    """
    if not documents:
        return []
    try:
        outcomes: list[Outcome | Reject] = list(work(documents))
    except Exception as error:
        if len(documents) == 1:
            return [rejected(stage, documents[0].doc_id, documents[0].uri, error)]
        raise_if_not_of_document(stage, error)
        middle = len(documents) // 2
        halves = (documents[:middle], documents[middle:])
        return [outcome for half in halves for outcome in together(stage, half, work)]
    _without_memory.clear()
    return outcomes


def rejected(stage: str, doc_id: str, uri: str, error: Exception) -> Reject:
    """Make the reject of a document on which a stage raised an exception; log and count it.

    Raises:
        DocassayError: It is not the document's fault: see above.
    """
    raise_if_not_of_document(stage, error)
    if isinstance(error, MemoryError):
        _without_memory.append(uri)
        if len(_without_memory) >= IN_A_ROW:
            raise RunError(
                f"{stage}: memory did not suffice for {IN_A_ROW} documents in a row; take a larger machine or"
                " fewer workers, then run again"
            ) from error
    report(stage, doc_id, uri, error)
    if isinstance(error, OutOfTime):
        return Reject(doc_id, uri, stage, TIMEOUT, str(error))
    if isinstance(error, CallError):
        return Reject(doc_id, uri, stage, REASON, str(error))
    return Reject(doc_id, uri, stage, REASON, f"{type(error).__name__} at {place(error)}")


def report(stage: str, doc_id: str, uri: str, error: Exception) -> None:
    """Count and log an exception on a document."""
    counters.count(stage, REASON)
    log.event(
        "fault",
        logging.ERROR,
        doc_id=doc_id,
        uri=uri,
        stage=stage,
        error=type(error).__name__,
        traceback=trace(error),
    )


def raise_if_not_of_document(stage: str, error: Exception) -> None:
    """Raise where the machine or the installation is at fault, in a stage or whatever did the work.

    Raises:
        DocassayError: It is.
    """
    if isinstance(error, DocassayError):
        raise error
    if isinstance(error, ImportError):
        raise RunError(f"{stage}: {error}; install docassay again (docassay check)") from error
    if isinstance(error, OSError) and error.errno not in _OF_VALUES:
        what = error.strerror or type(error).__name__
        raise RunError(f"{stage}: {what}; mend that, then run again") from error


def place(error: BaseException) -> str:
    """Name the file and line of ours, or of a user's domain, that raised an exception or called what did."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)]
    return _written((own or frames)[-1]) if frames else "an unknown place"


def trace(error: BaseException) -> str:
    """Write a traceback in one line, outermost call first, and those behind it, all without messages."""
    calls = " > ".join(
        f"{_written(frame)} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    )
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{calls} > {type(error).__name__}" + (f" (after {trace(behind)})" if behind else "")


def _written(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    short = path.relative_to(_PACKAGE) if path.is_relative_to(_PACKAGE) else Path(*path.parts[-2:])
    return f"{short.as_posix()}:{frame.lineno}"


def _is_own(name: str) -> bool:
    # An environment may lie in the folder of a checkout, or the package among an environment's libraries.
    inner = [folder for folder in _LIBRARIES if Path(folder).is_relative_to(_PACKAGE)]
    own = Path(name).is_relative_to(_PACKAGE) and not name.startswith(tuple(inner))
    return own or not name.startswith((*_LIBRARIES, "<"))
