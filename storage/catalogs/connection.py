"""Connection: a catalog and our tables in it, as ``iceberg://...`` names them, without secrets.

Every call has a limit of time, and every fault is one line. A table of ours says so in its properties. One
that does not is somebody else's and is never written to.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    NotInstalledError,
    TableAlreadyExistsError,
)
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from docassay.schemas.arrow import schema
from docassay.schemas.errors import DocassayError, MissingError, OutputError, RunError, VersionError
from docassay.storage.catalogs.files import files_below
from docassay.storage.tables import parquet
from docassay.storage.tables.write import OF_RUNS

SCHEME = "iceberg://"

EMBEDDED = "docassay"
"""Name of the catalog in a warehouse folder of this machine; another tool opens it by this name."""

DATABASE = "catalog.db"
"""The SQLite file of that catalog, in the warehouse folder."""

FORMS = "write iceberg://CATALOG/NAMESPACE, or iceberg:///FOLDER/NAMESPACE for a warehouse on this machine"

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_NAMESPACE = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_SECRET = re.compile(
    r"token|secret|passw|credential|access-key|account-key|sas|signature|\bauth\b", re.IGNORECASE
)
_USER = re.compile(r"://[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Address:
    """Where tables are.

    Attributes:
        catalog: The catalog's name, in PyIceberg's configuration where the properties do not say all.
        namespace: The namespace of the tables; dots part its levels.
        properties: Properties of the catalog, which win over the configuration.
        folder: The warehouse folder of the embedded catalog; None for any other.
    """

    catalog: str
    namespace: str
    properties: Mapping[str, str]
    folder: str | None = None


def parse(out: str) -> Address:
    """Take an address apart.

    >>> parse("iceberg://lake/contracts.daily?uri=http://host:8181")
    Address(catalog='lake', namespace='contracts.daily', properties={'uri': 'http://host:8181'}, folder=None)
    >>> parse("iceberg:///srv/lake/contracts").properties["warehouse"]
    'file:///srv/lake'

    Raises:
        OutputError: It is none, or holds a secret.
    """
    place, _, query = out.removeprefix(SCHEME).partition("?")
    properties = dict(parse_qsl(query, keep_blank_values=True))
    for key, value in properties.items():
        if _SECRET.search(key) or _USER.search(value):
            raise OutputError(
                f"{without_secrets(out)}: {key} holds a secret, which others can see in the process list;"
                " put it into ~/.pyiceberg.yaml or into a variable such as PYICEBERG_CATALOG__NAME__TOKEN"
            )
    head, _, namespace = place.rstrip("/").rpartition("/")
    if not _NAMESPACE.fullmatch(namespace):
        raise OutputError(f"{out}: {namespace!r} is not a namespace; {FORMS}")
    if head.startswith("/"):
        if re.search(r"[#%*\[\x00-\x1f]|/\.\.?(?:/|$)", head):
            raise OutputError(
                f"{out}: # % * [ and dots are not allowed in the name of a warehouse; rename it"
            )
        return Address(
            EMBEDDED,
            namespace,
            {
                "type": "sql",
                "uri": f"sqlite:///{head}/{DATABASE}?timeout=60",
                "warehouse": f"file://{head}",
                **properties,
            },
            head,
        )
    if not re.fullmatch(_NAME, head):
        raise OutputError(f"{out}: {head!r} is not a catalog; {FORMS}")
    return Address(head, namespace, properties)


def without_secrets(text: str) -> str:
    """Leave users, passwords and what looks like a secret out of a text, for a message or a log.

    >>> without_secrets("iceberg://lake/a?token=abc&uri=postgresql://me:pw@host/db")
    'iceberg://lake/a?token=...&uri=postgresql://...@host/db'
    """
    text = re.sub(rf"([\w.-]*(?:{_SECRET.pattern})[\w.-]*=)[^&\s]+", r"\1...", text, flags=re.IGNORECASE)
    return _USER.sub("://...@", text)


ANSWER_SECONDS = 60.0
"""How long the catalog has for a question."""

COMMIT_SECONDS = 1_800.0
"""How long a commit may take: it reads the footer of every new file."""

ATTEMPTS = 20
"""How often what a concurrent writer has got in the way of is tried, in all."""

VERSION = "docassay.schema_version"
"""The property that makes a table ours, and says of which version it is."""

OF_TABLE = "docassay.table"
"""The property that says which of our tables it is."""

MAPPING = "schema.name-mapping.default"
"""The property that maps columns to field ids by name."""

PROPERTIES = {
    "commit.retry.num-retries": str(ATTEMPTS),  # what others, Spark for one, do when our commit comes first
    "commit.manifest-merge.enabled": "true",  # else each run leaves one manifest more to read
    "write.parquet.compression-codec": "zstd",
}
"""Properties of a new table, beside those that make it ours."""

_CONFLICTS = (CommitFailedException, NamespaceAlreadyExistsError, TableAlreadyExistsError)
_Value = TypeVar("_Value")


class Connection:
    """A catalog, connected to on first use, and the namespace of our tables."""

    def __init__(self, out: str) -> None:
        """Take the address, without connecting.

        Raises:
            OutputError: It is none, or holds a secret.
        """
        self.out = out
        self.address = parse(out)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog; connecting to a REST catalog asks it for its configuration."""
        if self.address.folder is not None:
            os.makedirs(self.address.folder, exist_ok=True)
        properties = dict(self.address.properties)
        return self.within(ANSWER_SECONDS, lambda: load_catalog(self.address.catalog, **properties))

    def table(self, name: str) -> Table:
        """Load a table anew: its newest state, and credentials that have just been given out."""
        return self.ask(lambda: self.catalog.load_table(self._identifier(name)))

    def ask(self, question: Callable[[], _Value]) -> _Value:
        """Ask the catalog something that it must answer soon."""
        self.catalog  # noqa: B018  # connecting has a limit of its own
        return self.within(ANSWER_SECONDS, question)

    def within(self, seconds: float, call: Callable[[], _Value]) -> _Value:
        """Call in a thread of its own and wait for so long; for a mute server PyIceberg waits for ever.

        Raises:
            RunError: It has not answered.
        """
        outcome: list[_Value] = []
        fault: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(call())
            except BaseException as error:
                fault.append(error)

        thread = threading.Thread(target=run, name="catalog", daemon=True)
        thread.start()
        thread.join(seconds)
        if fault:
            raise fault[0]
        if not outcome:
            raise RunError(f"{self.out}: the catalog has not answered within {seconds:g} s")
        return outcome[0]

    def check(self, make: bool) -> None:
        """Make sure that every table is there and ours, with the columns of this release.

        Args:
            make: Make the namespace, the tables and the columns that are missing.

        Raises:
            OutputError: The catalog cannot be used, or a table is somebody else's.
            VersionError: A table is of another version.
            MissingError: What the catalog needs is not installed.
        """
        for attempt in attempts():
            try:
                return self._check(make)
            except (MissingError, OutputError, VersionError):
                raise
            except Exception as error:
                if attempt is None or not is_conflict(error):
                    raise self.to_error(error, OutputError) from error

    def to_error(self, error: Exception, kind: type[DocassayError] = RunError) -> DocassayError:
        """Say in one line what was raised by a catalog or by what lies below it; never a secret."""
        if isinstance(error, NotInstalledError | ModuleNotFoundError):
            return MissingError(f"{self.out}: {_line(error)}; see pip install 'pyiceberg[...]'")
        if isinstance(error, DocassayError):
            return error if isinstance(error, kind) else kind(str(error))
        return kind(f"{self.out}: the catalog cannot be used: {type(error).__name__}: {_line(error)}")

    def _check(self, make: bool) -> None:
        nothing = f"{self.out} holds no tables; make some with: docassay batch IN... --out {self.out}"
        folder = self.address.folder
        if not make and folder is not None and not os.path.exists(f"{folder}/{DATABASE}"):
            raise OutputError(nothing)
        for name in OF_RUNS:
            try:
                table = self.table(name)
            except (NoSuchTableError, NoSuchNamespaceError):
                if not make:
                    raise OutputError(nothing) from None
                self.ask(lambda: self.catalog.create_namespace_if_not_exists(self.address.namespace))
                self._create(name)
            else:
                self._check_table(name, table, make)

    def _check_table(self, name: str, table: Table, make: bool) -> None:
        full_name = ".".join(self._identifier(name))
        if table.properties.get(OF_TABLE) != name:
            raise OutputError(f"{self.out}: its table {full_name} is not docassay's; name another namespace")
        parquet.check_version(
            {parquet.KEY: table.properties.get(VERSION, "0").encode()}, f"{self.out}: {full_name}"
        )
        there = {field.name: plain(field.type) for field in schema_to_pyarrow(table.schema())}
        for column in schema(name):
            if column.name in there and there[column.name] != plain(column.type):
                raise OutputError(
                    f"{self.out}: column {column.name} of {full_name} is {there[column.name]} and not"
                    f" {column.type}; was it changed by hand? Name another namespace"
                )
        missing = [column.with_nullable(True) for column in schema(name) if column.name not in there]

        def grow() -> None:
            with table.update_schema() as update:
                update.union_by_name(pa.schema(missing))

        def map_names() -> None:  # our files have no field ids
            with table.transaction() as change:
                change.set_properties({MAPPING: table.schema().name_mapping.model_dump_json()})

        if missing and make:
            self.ask(grow)
        if MAPPING not in table.properties and make:
            self.ask(map_names)

    def _create(self, name: str) -> None:
        properties = {**PROPERTIES, OF_TABLE: name, VERSION: str(parquet.VERSION)}
        table = self.ask(
            lambda: self.catalog.create_table(self._identifier(name), schema(name), properties=properties)
        )
        own = table.metadata_location.rpartition("/")[2]
        if any(
            info.path.endswith(".metadata.json") and info.base_name != own
            for info in files_below(table.io, f"{table.location()}/metadata")
        ):
            self.ask(lambda: self.catalog.drop_table(self._identifier(name)))
            table.io.delete(table.metadata_location)
            raise OutputError(
                f"{self.out}: {table.location()} holds a table of another catalog, or one that was dropped;"
                " name another namespace or warehouse, or the catalog that has it"
            )
        self._check_table(name, table, make=True)

    def _identifier(self, name: str) -> tuple[str, ...]:
        return (*self.address.namespace.split("."), name)


def attempts() -> Iterator[int | None]:
    """Count attempts at what others may get in the way of, and wait between them; the last is None."""
    for attempt in range(ATTEMPTS - 1):
        yield attempt
        time.sleep(random.uniform(0.05, 0.1) * min(2**attempt, 40))
    yield None


def is_conflict(error: Exception) -> bool:
    """Tell whether another writer was in the way, so that it is to be tried again, from the newest state."""
    if isinstance(error, _CONFLICTS):
        return True
    # Of SQLAlchemy, which a REST catalog does not need: the row or the table was there first, or is locked.
    return type(error).__name__ in ("IntegrityError", "OperationalError") and bool(
        re.search(r"UNIQUE|unique|duplicate|locked|already exists|serialize", str(error))
    )


def plain(kind: pa.DataType) -> pa.DataType:
    """Give the type of which a type is the large form, which PyIceberg prefers; both hold the same values."""
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(pa.field("item", plain(kind.value_type), kind.value_field.nullable))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(part.name, plain(part.type), part.nullable) for part in kind])
    return kind


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return without_secrets(lines[0] if lines else "")[:300]
