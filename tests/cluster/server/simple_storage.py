"""moto's S3 in a thread of the tests, with one bucket: parts, listings and errors as S3's."""

from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


class SimpleStorage:
    """The server and its bucket."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        self._client.create_bucket(Bucket=BUCKET)

    def objects(self) -> dict[str, bytes]:
        """Return every object; fail over an upload that was begun and not ended."""
        assert "Uploads" not in self._client.list_multipart_uploads(Bucket=BUCKET)
        return {
            key: self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in self._keys()
        }

    def fill(self, objects: dict[str, bytes]) -> None:
        """Hold these objects and no other."""
        self.empty()
        for key, body in objects.items():
            self._client.put_object(Bucket=BUCKET, Key=key, Body=body)

    def empty(self) -> None:
        """Delete every object."""
        for key in self._keys():
            self._client.delete_object(Bucket=BUCKET, Key=key)

    def close(self) -> None:
        """Stop listening."""
        self._server.stop()

    def _keys(self) -> list[str]:
        listed = self._client.list_objects_v2(Bucket=BUCKET)
        return [o["Key"] for o in listed.get("Contents", ())]
