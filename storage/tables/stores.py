"""Stores: Beam's file systems of other machines, and what object stores do that Beam has no request for.

Each bucket is asked for a name once in a process, so that a lack of credentials is one line before any work,
and not the traceback of the first request, or minutes in which that is tried again.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from docassay.schemas.errors import DocassayError, MissingError, StoreError

EXTRAS = {
    "gs": ("gcp", "google.cloud.storage"),
    "s3": ("aws", "boto3"),
    "iceberg": ("iceberg", "pyiceberg"),
}
"""By scheme: the optional dependency (an extra of the distribution), and a module that only it installs."""

PLACES = {
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login` or the machine's account",
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws or the machine's role",
}
"""By scheme: where the client of the store looks for credentials."""

ANSWER_SECONDS = 10
"""How long the first request to a bucket of ``gs://`` is tried again."""


def check_extra(path: str) -> None:
    """Check that the extra for a path's scheme is installed; a local path needs none.

    Raises:
        MissingError: It is not; the message has the command that installs it.
    """
    extra, module = EXTRAS.get(path.partition("://")[0], ("", ""))
    if not extra:
        return
    try:
        installed = find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        installed = False
    if not installed:
        raise MissingError(f"{path}: needs the extra `{extra}`: pip install '.[{extra}]'")


def beam(path: str) -> Any:
    """Import Beam's `FileSystems` for a path, whose bucket is asked for a name once in a process.

    Raises:
        MissingError: The extra for the path's scheme is not installed.
        StoreError: There is no such bucket, or no credentials for it, or its store does not answer.
    """
    _reach(*path.partition("://")[::2])
    return file_systems()


def file_systems() -> Any:
    """Import Beam's `FileSystems`, and see that it has options; no store is asked."""
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    if FileSystems._pipeline_options is None:  # before a pipeline is; Beam's s3:// cannot do without
        FileSystems.set_options(PipelineOptions([]))
    return FileSystems


def read_gs(path: str) -> tuple[bytes | None, str | None]:
    """Read an object and what tells this state of it; twice None where there is none."""
    from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed, Unauthorized

    blob = _blob(path)
    while True:
        try:
            blob.reload()
            return blob.download_as_bytes(if_generation_match=blob.generation), str(blob.generation)
        except PreconditionFailed:  # replaced in between
            continue
        except NotFound:
            return None, None
        except (Forbidden, Unauthorized) as error:
            raise _unusable(path, error) from error


def replace_gs(path: str, content: bytes, token: str | None) -> bool:
    """Replace an object if it is in the state of this token; tell whether it was."""
    from google.api_core.exceptions import Forbidden, PreconditionFailed, Unauthorized

    try:
        _blob(path).upload_from_string(content, if_generation_match=int(token or 0))
    except PreconditionFailed:
        return False
    except (Forbidden, Unauthorized) as error:
        raise _unusable(path, error) from error
    return True


def read_s3(path: str) -> tuple[bytes | None, str | None]:
    """Read an object and what tells this state of it; twice None where there is none."""
    client, place = _object(path)
    try:
        answer = client.get_object(**place)
    except client.exceptions.NoSuchKey:
        return None, None
    except client.exceptions.ClientError as error:
        if _status(error) == HTTPStatus.FORBIDDEN:
            raise _unusable(path, error) from error
        raise
    return answer["Body"].read(), answer["ETag"]


def replace_s3(path: str, content: bytes, token: str | None) -> bool:
    """Replace an object if it is in the state of this token; tell whether it was."""
    client, place = _object(path)
    condition = {"IfNoneMatch": "*"} if token is None else {"IfMatch": token}
    try:
        client.put_object(**place, Body=content, **condition)
    except client.exceptions.ClientError as error:
        if _status(error) in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
            return False
        if _status(error) == HTTPStatus.FORBIDDEN:
            raise _unusable(path, error) from error
        raise
    return True


def _reach(scheme: str, path: str) -> None:
    if scheme in _ASK:
        _answers(scheme, path.partition("/")[0])


@cache
def _answers(scheme: str, bucket: str) -> None:
    """Ask a bucket for a name; who may not list it may yet read it."""
    path = f"{scheme}://{bucket}"
    check_extra(path)
    try:
        _ASK[scheme](bucket)
    except DocassayError:
        raise
    except Exception as error:  # each client has exceptions of its own
        raise _unusable(path, error) from error


def _ask_gs(bucket: str) -> None:
    from google.api_core.exceptions import Forbidden, Unauthorized
    from google.cloud.storage.retry import DEFAULT_RETRY

    retry = DEFAULT_RETRY.with_timeout(ANSWER_SECONDS)
    with suppress(Forbidden, Unauthorized):
        next(iter(_gs().list_blobs(bucket, max_results=1, timeout=ANSWER_SECONDS, retry=retry)), None)


def _ask_s3(bucket: str) -> None:
    from botocore.exceptions import ClientError

    try:
        _s3().list_objects_v2(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise


_ASK = {"gs": _ask_gs, "s3": _ask_s3}


def _unusable(path: str, error: Exception) -> StoreError:
    """Make one line of an error of a store's client, which says where credentials are looked for."""
    where = PLACES[path.partition("://")[0]]
    return StoreError(f"{path} cannot be used: {error}; credentials come from {where}")


def _gs() -> Any:
    from apache_beam.io.gcp.gcsio import GcsIO

    return GcsIO(pipeline_options=file_systems()._pipeline_options).client


def _s3() -> Any:
    from apache_beam.io.aws.s3io import S3IO

    return S3IO(options=file_systems()._pipeline_options).client.client


def _blob(path: str) -> Any:
    _reach(*path.partition("://")[::2])
    url = urlsplit(path)
    return _gs().bucket(url.netloc).blob(url.path.lstrip("/"))


def _object(path: str) -> tuple[Any, dict[str, str]]:
    _reach(*path.partition("://")[::2])
    url = urlsplit(path)
    return _s3(), {"Bucket": url.netloc, "Key": url.path.lstrip("/")}


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
