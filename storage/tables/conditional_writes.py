"""Conditional: replace a small file only if nobody else has since it was read.

``gs://`` and ``s3://`` compare in the store itself (generation, ETag), so no lock is needed. Other file
systems of Beam's have no such request: there, see that only one writer runs at a time.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import open_file
from docassay.storage.tables.parquet import write_bytes

MOST_BYTES = 10_000
"""Largest file that is read."""


def read_token(path: str) -> tuple[bytes | None, str | None]:
    """Read a file and what tells this state of it from others; twice None where there is no such file."""
    scheme = path.partition("://")[0]
    if scheme == "gs":
        return _read_gs(path)
    if scheme == "s3":
        return _read_s3(path)
    if not file_systems.exists(path):
        return None, None
    with open_file(path) as file:
        content = file.read(MOST_BYTES)
    return content, hashlib.sha256(content).hexdigest()


def replace_if(path: str, content: bytes, token: str | None) -> bool:
    """Replace a file if it is what `read_token` has read, or still missing; tell whether it was.

    Args:
        path: The file.
        content: What it becomes.
        token: Of the state that it must have; None: there must be none.
    """
    scheme = path.partition("://")[0]
    if scheme == "gs":
        return _replace_gs(path, content, token)
    if scheme == "s3":
        return _replace_s3(path, content, token)
    if read_token(path)[1] != token:
        return False
    write_bytes(path, content)
    return True


def _blob(path: str) -> Any:
    from apache_beam.io.gcp.gcsio import GcsIO

    url = urlsplit(path)
    gcs = GcsIO(pipeline_options=file_systems.beam().get_filesystem(path)._pipeline_options)
    return gcs.client.bucket(url.netloc).blob(url.path.lstrip("/"))


def _read_gs(path: str) -> tuple[bytes | None, str | None]:
    from google.api_core.exceptions import NotFound, PreconditionFailed

    blob = _blob(path)
    while True:
        try:
            blob.reload()
            return blob.download_as_bytes(if_generation_match=blob.generation), str(blob.generation)
        except PreconditionFailed:  # replaced in between
            continue
        except NotFound:
            return None, None


def _replace_gs(path: str, content: bytes, token: str | None) -> bool:
    from google.api_core.exceptions import PreconditionFailed

    try:
        _blob(path).upload_from_string(content, if_generation_match=int(token or 0))
    except PreconditionFailed:
        return False
    return True


def _object(path: str) -> tuple[Any, dict[str, str]]:
    from apache_beam.io.aws.s3io import S3IO

    url = urlsplit(path)
    client = S3IO(options=file_systems.beam().get_filesystem(path)._options).client.client
    return client, {"Bucket": url.netloc, "Key": url.path.lstrip("/")}


def _read_s3(path: str) -> tuple[bytes | None, str | None]:
    client, place = _object(path)
    try:
        answer = client.get_object(**place)
    except client.exceptions.NoSuchKey:
        return None, None
    return answer["Body"].read(), answer["ETag"]


def _replace_s3(path: str, content: bytes, token: str | None) -> bool:
    client, place = _object(path)
    condition = {"IfNoneMatch": "*"} if token is None else {"IfMatch": token}
    try:
        client.put_object(**place, Body=content, **condition)
    except client.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 409, 412):
            return False
        raise
    return True
