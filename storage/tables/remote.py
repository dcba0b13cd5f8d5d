"""Remote files, through Beam's file systems."""

from __future__ import annotations

from typing import BinaryIO, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems


def open_remote(uri: str) -> BinaryIO:
    """Open a file without decompressing it, whatever its name says: the digest of its bytes is its id.

    Raises:
        Exception: Each file system raises exceptions of its own.
    """
    return cast(BinaryIO, FileSystems.open(uri, compression_type=CompressionTypes.UNCOMPRESSED))
