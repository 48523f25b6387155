"""Where dumps are kept: a prefix of a bucket, with one dump and its manifest per name."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from mlflow_ha_server.manifest import Manifest, ManifestError

_PART = 16 << 20
"""Bytes of one part. S3 takes 10,000 parts: a dump of 156 GiB. Ten are in memory at most
(max_in_memory_upload_chunks of s3transfer/manager.py)."""
_CHUNK = 1 << 20


class DumpStoreError(Exception):
    """The object store refused, or does not have what was asked for."""


class Measured:
    """A stream whose bytes are counted and hashed while another reads it."""

    def __init__(self, source: IO[bytes], ended: Callable[[], None]) -> None:
        """Wrap a stream.

        Args:
            source: gives less than it was asked for only at its end.
            ended: called at the end; raises if the bytes before it are not all there is.
        """
        self._source = source
        self._ended = ended
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, or all that are left."""
        data = self._source.read(size)
        self._digest.update(data)
        self.size += len(data)
        if size < 0 or len(data) < size:
            self._ended()
        return data

    @property
    def sha256(self) -> str:
        """What was read so far, hexadecimal."""
        return self._digest.hexdigest()


class DumpStore:
    """Dumps under s3://BUCKET/PREFIX; credentials and region are boto3's to find."""

    def __init__(self, address: str) -> None:
        """Connect to nothing yet.

        Args:
            address: s3://BUCKET/PREFIX, as DumpConfiguration checked it.
        """
        self._address = address
        self._bucket, _, self._prefix = address.removeprefix("s3://").partition("/")
        # The same variable as MLflow's, for stores that are not Amazon's.
        endpoint = os.environ.get("MLFLOW_S3_ENDPOINT_URL")
        self._client: Any = boto3.client("s3", endpoint_url=endpoint)

    def place(self, name: str) -> str:
        """Return a dump's address."""
        return f"{self._address}/{name}.dump"

    def put(self, name: str, stream: Measured) -> None:
        """Store a dump's bytes; what is not read to its end leaves nothing behind."""
        with self._explained():
            self._client.upload_fileobj(
                stream,
                self._bucket,
                self._key(name, "dump"),
                Config=TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART),
            )

    def complete(self, manifest: Manifest) -> None:
        """Store the manifest, from when on the dump counts."""
        with self._explained():
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(manifest.name, "json"),
                Body=manifest.model_dump_json(indent=2).encode(),
                ContentType="application/json",
            )

    def newest(self) -> Manifest:
        """Return the newest complete dump's manifest.

        A manifest whose dump is not there is passed over: replication to another region keeps no
        order between two objects.

        Raises:
            DumpStoreError: there is none.
        """
        with self._explained():
            sizes = self._sizes()
        for key in sorted(sizes, reverse=True):
            if key.endswith(".json"):
                manifest = self._read(key)
                if sizes.get(self._key(manifest.name, "dump")) == manifest.size:
                    return manifest
        raise DumpStoreError(
            f"{self._address}: holds no complete dump among {len(sizes)} objects; look for"
            " another prefix, or the other region's bucket"
        )

    def named(self, name: str) -> Manifest:
        """Return a dump's manifest.

        Raises:
            DumpStoreError: it is not there, hence the dump is not complete.
        """
        return self._read(self._key(name, "json"))

    def chunks(self, manifest: Manifest) -> Iterator[bytes]:
        """Yield a dump's bytes.

        Raises:
            DumpStoreError: they are not those of the manifest; raised before the last of them is
                yielded.
        """
        digest, size, held = hashlib.sha256(), 0, b""
        with self._explained():
            key = self._key(manifest.name, "dump")
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for chunk in body.iter_chunks(_CHUNK):
                if held:
                    yield held
                digest.update(chunk)
                size += len(chunk)
                held = chunk
        if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
            raise DumpStoreError(
                f"{self.place(manifest.name)}: has {size} bytes with SHA-256 {digest.hexdigest()},"
                f" its manifest says {manifest.size} with {manifest.sha256}; it is damaged, name"
                " another dump with MLFLOW_HA_SERVER_DUMP_NAME"
            )
        yield held

    def _key(self, name: str, kind: str) -> str:
        return f"{self._prefix}/{name}.{kind}"

    def _sizes(self) -> dict[str, int]:
        # What lies deeper belongs to somebody else, such as another environment's dumps.
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}/", Delimiter="/"
        )
        return {o["Key"]: o["Size"] for page in pages for o in page.get("Contents", ())}

    def _read(self, key: str) -> Manifest:
        with self._explained():
            text = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            return Manifest.read(text)
        except ManifestError as error:
            raise DumpStoreError(f"s3://{self._bucket}/{key}: {error}") from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the SDK's errors, which name no bucket, into one that does."""
        try:
            yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise DumpStoreError(f"{self._address}: {error}") from error
