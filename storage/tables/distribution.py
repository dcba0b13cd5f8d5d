"""Spread: what a run's record keeps of its rows, so that later runs can be compared with it.

Rows are replaced when a document is read again; the counts of a run stay. Names of counts:

- ``validate.checked.TABLE``: rows that were checked; ``validate.refused.TABLE.COLUMN.EXPECTATION``: those
  that broke an expectation and became rejects, by the first that they broke.
- ``spread.kinds.DOMAIN.KIND``, ``spread.languages.TAG``: documents.
- ``spread.asked.TASK``: documents with an answer to a task; ``spread.given.TASK.LABEL`` and
  ``spread.abstained.TASK.LABEL``: their labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from docassay.schemas.rows import Reject

_BROKEN = re.compile(r"(\w+)\.(\w+) is ")


def spread(rows: Mapping[str, Sequence[Any]], refused: Sequence[Reject]) -> Counter[str]:
    """Count what validation made of a group, and how its documents and labels are spread.

    Args:
        rows: The valid rows by table, as `storage.tables.validate.validate` gives them.
        refused: The rejects of rows that are not valid, of the same group.
    """
    counts: Counter[str] = Counter({f"validate.checked.{table}": len(of) for table, of in rows.items()})
    for reject in refused:
        if place := _BROKEN.match(reject.detail):
            table, column = place.groups()
            counts[f"validate.checked.{table}"] += 1
            counts[f"validate.refused.{table}.{column}.{reject.reason}"] += 1
    for document in rows["documents"]:
        counts[f"spread.kinds.{document.domain}.{document.kind}"] += 1
        counts[f"spread.languages.{document.language}"] += 1
    labels = rows["classifications"]
    for task, _ in {(label.task, label.doc_id) for label in labels}:
        counts[f"spread.asked.{task}"] += 1
    for label in labels:
        counts[f"spread.{'abstained' if label.abstained else 'given'}.{label.task}.{label.label}"] += 1
    return +counts
