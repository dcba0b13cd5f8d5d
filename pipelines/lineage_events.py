"""Lineage events: OpenLineage's words for a run, its inputs and its tables (https://openlineage.io/docs/spec).

Names of datasets follow the specification's
table of naming conventions, so that they are those which other producers give to the same data.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import attr
from openlineage.client import event_v2, facet_v2
from openlineage.client.uuid import generate_static_uuid

from docassay.pipelines import LOCAL
from docassay.schemas import uris
from docassay.schemas.arrow import meanings, schema
from docassay.schemas.expectations import expectations, snake
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables.runs import split_values
from docassay.storage.tables.validate import DEPENDENT
from docassay.storage.tables.write import OF_RUNS

MOST_INPUTS = 100
"""Datasets named as inputs; with the tables this stays below the links that catalogs take of an event."""

PRODUCER = f"urn:docassay:{version('docassay')}"
FACET = "docassay_run"
SCHEMA_URL = "urn:docassay:lineage:1-0-0:DocassayRunFacet.json#/$defs/DocassayRunFacet"
"""Names ``schemas/lineage/1-0-0/DocassayRunFacet.json``, which comes with the package."""

_TYPES = {
    "int64": "long",
    "int32": "int",
    "bool": "boolean",
    "list<item: string not null>": "array<string>",
    "list<item: struct<page: int64 not null, x0: double not null, y0: double not null,"
    " x1: double not null, y1: double not null> not null>": (
        "array<struct<page:long,x0:double,y0:double,x1:double,y1:double>>"
    ),
}
"""What catalogs call Arrow's types, where they call them something else."""

_OF_ROWS = {
    "known": "the_document_or_segment_of_a_row_exists",
    "exact": "offsets_give_the_evidence",
    "placed": "boxes_begin_on_the_page",
}
"""Expectations on columns that are there only while rows are validated."""

_PATTERN = re.compile(r"[*?\[]")


State = Literal["START", "COMPLETE", "FAIL", "ABORT"]
"""Where a run stands, in OpenLineage's words."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known of a run when it begins.

    Attributes:
        command: The command, `batch` for instance.
        metadata: As its files have it: its id, the version of docassay, models and rules.
        started: When it began, UTC.
        inputs: The files, folders, patterns or the topic that it was given.
        out: The output folder.
        runner: A name of `pipelines.RUNNERS`.
        results: The topic of `results`, or None.
    """

    command: str
    metadata: Mapping[str, str]
    started: datetime
    inputs: tuple[str, ...]
    out: str
    runner: str = LOCAL
    results: str | None = None


Added = facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
"""What a run has added to a table: rows, their bytes and files."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is known of a run when it has ended well.

    Attributes:
        run: Its row of `runs`; None for a command that has none.
        added: By table.
        number: Of the manifest that the tables have now; None where they have none.
    """

    run: Run | None
    added: Mapping[str, Added]
    number: int | None = None


@attr.define
class DocassayRunFacet(facet_v2.RunFacet):
    """What docassay counts of a run, and what read the documents; `schemas/lineage` has its schema."""

    docassayRunId: str
    version: str
    runner: str
    arguments: int
    models: list[str]
    rules: list[str]
    inputs: int | None = None
    documents: int | None = None
    rejects: int | None = None
    skipped: int | None = None
    rejectReasons: dict[str, int] | None = None

    @staticmethod
    def _get_schema() -> str:
        return SCHEMA_URL


class Name(NamedTuple):
    """Names a dataset, within a namespace."""

    namespace: str
    name: str


def event(
    state: State,
    begun: Begun,
    ended: Ended | None = None,
    problem: str | None = None,
    above: facet_v2.RunFacet | None = None,
) -> event_v2.RunEvent:
    """Write the event of a run that begins or ends.

    Args:
        state: Where the run stands.
        begun: What was known when it began.
        ended: What it has published, where it ended well.
        problem: Why it failed.
        above: The run that started it, as `parent` gives it.
    """
    event_v2.set_producer(PRODUCER)
    own = DocassayRunFacet(
        docassayRunId=begun.metadata["run_id"],
        version=begun.metadata["version"],
        runner=begun.runner,
        arguments=len(begun.inputs),
        models=list(split_values(begun.metadata["models"])),
        rules=list(split_values(begun.metadata["rules"])),
    )
    if ended is not None and (run := ended.run) is not None:
        own.inputs, own.documents = run.inputs, run.documents
        own.rejects, own.skipped = run.rejects, run.skipped
        reasons: dict[str, int] = json.loads(run.reasons)
        own.rejectReasons = {reason.replace(" ", ".", 1): n for reason, n in reasons.items()}
    facets: dict[str, Any] = {
        FACET: own,
        "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet(
            version=begun.metadata["version"], name="docassay"
        ),
    }
    if above is not None:
        facets["parent"] = above
    if problem is not None:
        facets["errorMessage"] = facet_v2.error_message_run.ErrorMessageRunFacet(problem, "PYTHON")
    tables = Name(*dataset(begun.out))
    job_type = facet_v2.job_type_job.JobTypeJobFacet(
        processingType="STREAMING" if begun.command == "stream" else "BATCH",
        integration="DOCASSAY",
        jobType="COMMAND",
    )
    place = tables.name if tables.namespace == "file" else f"{tables.namespace}/{tables.name}"
    return event_v2.RunEvent(
        eventType=event_v2.RunState[state],
        eventTime=(begun.started if state == "START" else datetime.now(UTC)).isoformat(),
        run=event_v2.Run(run_uuid(begun.metadata["run_id"], begun.started), facets),
        job=event_v2.Job(
            os.environ.get("OPENLINEAGE_NAMESPACE") or "docassay",
            f"{begun.command}:{place}",
            {"jobType": job_type},
        ),
        inputs=[event_v2.InputDataset(*name) for name in _inputs(begun)],
        outputs=_outputs(begun, ended),
    )


def run_uuid(run_id: str, started: datetime) -> str:
    """Give the run's id in events: the same for the same row of `runs`, from its `run_id` and `started`."""
    return str(generate_static_uuid(started, run_id.encode()))


def dataset(place: str) -> Name:
    """Name what an input or an output is, as OpenLineage names datasets.

    >>> dataset("s3://archive/mail/2026/*.eml"), dataset("/in/*.eml"), dataset("kafka://b:9092/mail")
    (Name(namespace='s3://archive', name='mail/2026'), Name(namespace='file', name='/in'), \
Name(namespace='kafka://b:9092', name='mail'))
    """
    place = place.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    path = uris.local_path(place)
    if path is not None:
        return Name("file", os.path.abspath(_folder(path) if not os.path.exists(path) else path))
    scheme, _, rest = place.partition("://")
    host, _, name = rest.partition("/")
    scheme, host = scheme.lower(), host.rpartition("@")[2]
    if scheme == "kafka":
        return Name(f"kafka://{host.split(',')[0]}", name)
    if scheme == "pubsub":
        return Name("pubsub", f"subscription:{host}:{name}")
    if scheme == "file":
        return Name(f"file://{host}", f"/{_folder(name)}")
    return Name(f"{scheme}://{host}", _folder(name).strip("/") or "/")


def parent(environment: Mapping[str, str]) -> tuple[facet_v2.RunFacet | None, str | None]:
    """Read which run started this one from what an orchestrator has put into the environment.

    ``OPENLINEAGE_PARENT_ID`` is ``NAMESPACE/JOB/RUN``, and ``OPENLINEAGE_ROOT_PARENT_ID`` likewise.

    Returns:
        The facet, or None; and what was wrong with a variable, or None.
    """
    runs = facet_v2.parent_run
    read: dict[str, tuple[str, str, str]] = {}
    for variable in ("OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"):
        if not (value := environment.get(variable)):
            continue
        try:
            namespace, job, run = value.rsplit("/", 2)
            read[variable] = namespace, job, str(uuid.UUID(run))
        except ValueError:
            return None, f"{variable} is not NAMESPACE/JOB/RUN, with a UUID as the run; lineage has no parent"
    if "OPENLINEAGE_PARENT_ID" not in read:
        return None, None
    namespace, job, run = read["OPENLINEAGE_PARENT_ID"]
    root_namespace, root_job, root_run = read.get("OPENLINEAGE_ROOT_PARENT_ID", (namespace, job, run))
    facet = runs.ParentRunFacet(
        run=runs.Run(run),
        job=runs.Job(namespace, job),
        root=runs.Root(runs.RootRun(root_run), runs.RootJob(root_namespace, root_job)),
    )
    return facet, None


def _inputs(begun: Begun) -> list[Name]:
    """Name the inputs, each once; of very many, the folders that they lie in."""
    if begun.command == "compact":
        return [_table(begun.out, table) for table in TABLES]
    places = [place.removeprefix("@") for place in begun.inputs]  # the list is what was given
    names = list(dict.fromkeys(map(dataset, places)))
    if len(names) > MOST_INPUTS:
        names = list(dict.fromkeys(Name(n.namespace, os.path.dirname(n.name) or "/") for n in names))
    return names[:MOST_INPUTS]


def _outputs(begun: Begun, ended: Ended | None) -> list[event_v2.OutputDataset]:
    layer = "file" if uris.local_path(begun.out) is not None else begun.out.partition("://")[0].lower()
    storage = facet_v2.storage_dataset.StorageDatasetFacet(layer, "parquet")
    outputs = []
    for table in TABLES if begun.command == "compact" else OF_RUNS:
        facets: dict[str, Any] = {"schema": _schema(table), "storage": storage}
        measured: dict[str, Any] = {}
        if ended is not None and (added := ended.added.get(table)) is not None:
            if ended.number is not None:
                facets["version"] = facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet(
                    str(ended.number)
                )
            measured["outputStatistics"] = added
            if added.rowCount and ended.run is not None and table in ("documents", *DEPENDENT):
                facets["dataQualityAssertions"] = _assertions(table, ended.run)
        outputs.append(event_v2.OutputDataset(*_table(begun.out, table), measured, facets=facets))
    if begun.results is not None:
        outputs.append(event_v2.OutputDataset(*dataset(begun.results)))
    return outputs


def _table(out: str, table: str) -> Name:
    """Name a table: its folder, or its name in a catalog."""
    if out.startswith("iceberg://"):
        parts = urlsplit(out)
        return Name(f"iceberg://{parts.netloc}", f"{parts.path.strip('/')}.{table}")
    return dataset(f"{out.rstrip('/')}/{table}")


def _schema(table: str) -> facet_v2.DatasetFacet:
    facet = facet_v2.schema_dataset
    columns = meanings(table)
    return facet.SchemaDatasetFacet(
        [
            facet.SchemaDatasetFacetFields(
                column.name,
                _TYPES.get(str(column.type), str(column.type).partition("[")[0]),
                columns[column.name],
            )
            for column in schema(table)
        ]
    )


def _assertions(table: str, run: Run) -> facet_v2.InputDatasetFacet:
    """Tell which expectations all rows kept, and which some broke; these rows became rejects."""
    facet = facet_v2.data_quality_assertions_dataset
    assertions = []
    counts = json.loads(run.counts)
    for kind, arguments in expectations(table):
        name = snake(kind)
        column = arguments.get("column") or arguments["column_A"]
        kept = f"validate.refused.{table}.{column}.{name}" not in counts
        assertions.append(
            facet.Assertion(_OF_ROWS[column], kept)
            if column in _OF_ROWS
            else facet.Assertion(name, kept, column)
        )
    return facet.DataQualityAssertionsDatasetFacet(assertions)


def _folder(path: str) -> str:
    """Give the folder in which a pattern's matches lie, or a path that is no pattern as it is."""
    found = _PATTERN.search(path)
    if not found:
        return path
    folder, slash, _ = path[: found.start()].rpartition("/")
    return folder or slash
