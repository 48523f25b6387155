"""Which bucket an input means: S3 keeps a bucket's settings in resources of their own."""

from __future__ import annotations

from collections.abc import Iterator

from policies.graph import Graph
from policies.resource import Resource

BUCKET = "aws:s3/bucket:Bucket"
_LOG_WRITERS = {
    "aws:lb/loadBalancer:LoadBalancer": "accessLogs",
    "aws:s3/bucketLogging:BucketLogging": "targetBucket",
}


def parts(graph: Graph, bucket: Resource, type_: str) -> Iterator[Resource]:
    """Yield the settings of one type that `bucket` has, such as its versioning."""
    return (part for part in graph.of(type_) if bucket.urn in meant(graph, part, "bucket"))


def meant(graph: Graph, resource: Resource, by: str) -> set[str]:
    """Return the URNs of the buckets that an input names.

    A bucket's name is often taken from its policy, or another of its settings, to wait for that.
    """
    found: set[str] = set()
    for origin in graph.origins(resource, by):
        found |= {origin.urn} if origin.type == BUCKET else meant(graph, origin, "bucket")
    return found


def takes_logs(graph: Graph, bucket: Resource) -> bool:
    """Whether a balancer or another bucket writes its access logs into `bucket`."""
    return any(
        bucket.urn in meant(graph, writer, _LOG_WRITERS[writer.type])
        for writer in graph.of(*_LOG_WRITERS)
    )
