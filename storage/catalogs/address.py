"""Address: what ``iceberg://...`` names: a catalog, a namespace in it, and properties that hold no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from docassay.schemas.errors import OutputError

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
                f"{without_secrets(out)}: {key} holds a secret, which the list of processes shows to others;"
                " put it into ~/.pyiceberg.yaml or into a variable such as PYICEBERG_CATALOG__NAME__TOKEN"
            )
    head, _, namespace = place.rstrip("/").rpartition("/")
    if not _NAMESPACE.fullmatch(namespace):
        raise OutputError(f"{out}: {namespace!r} is no namespace; {FORMS}")
    if head.startswith("/"):
        if re.search(r"[#%*\[\x00-\x1f]|/\.\.?(?:/|$)", head):
            raise OutputError(f"{out}: # % * [ and dots are not taken in the name of a warehouse; rename it")
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
        raise OutputError(f"{out}: {head!r} is no catalog; {FORMS}")
    return Address(head, namespace, properties)


def without_secrets(text: str) -> str:
    """Leave users, passwords and what looks like a secret out of a text, for a message or a log.

    >>> without_secrets("iceberg://lake/a?token=abc&uri=postgresql://me:pw@host/db")
    'iceberg://lake/a?token=...&uri=postgresql://...@host/db'
    """
    text = re.sub(rf"([\w.-]*(?:{_SECRET.pattern})[\w.-]*=)[^&\s]+", r"\1...", text, flags=re.IGNORECASE)
    return _USER.sub("://...@", text)
