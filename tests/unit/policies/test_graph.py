"""A graph is read as it was written; what is absent, or unknown, is not made up."""

from __future__ import annotations

from pathlib import Path

from policies.buckets import parts, takes_logs
from policies.graph import pages
from policies.resource import UNKNOWN, read
from tests.unit.policies import graphs
from tests.unit.policies.graphs import made

BUCKET = made("aws:s3/bucket:Bucket", "artifacts")
LOGS = made("aws:s3/bucket:Bucket", "logs")
LOGGING = made(
    "aws:s3/bucketLogging:BucketLogging", refers={"bucket": BUCKET, "targetBucket": LOGS}
)


def test_a_graph_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(f"[{LOGGING.model_dump_json()}]")
    assert read(path) == [LOGGING]


def test_an_input_tells_which_of_two_buckets_it_means() -> None:
    graph = graphs.graph(BUCKET, LOGS, LOGGING)
    assert list(graph.naming(LOGS, LOGGING.type, by="targetBucket")) == [LOGGING]
    assert not list(graph.naming(BUCKET, LOGGING.type, by="targetBucket"))
    assert list(graph.origins(LOGGING, "bucket")) == [BUCKET]


def test_a_bucket_may_be_named_by_way_of_its_policy() -> None:
    policy = made("aws:s3/bucketPolicy:BucketPolicy", refers={"bucket": LOGS})
    door = made("aws:lb/loadBalancer:LoadBalancer", refers={"accessLogs": policy})
    graph = graphs.graph(BUCKET, LOGS, policy, door)
    assert list(parts(graph, LOGS, policy.type)) == [policy]
    assert takes_logs(graph, LOGS)
    assert not takes_logs(graph, BUCKET)


def test_absent_and_unknown_inputs_are_told_apart() -> None:
    topic = made("aws:sns/topic:Topic", tags=UNKNOWN, policy="{")
    assert topic.unknown("tags")
    assert not topic.unknown("name")
    assert topic.items("tags") == []
    assert topic.at("name", "prefix") is None
    assert topic.document("policy") is None


def test_pages_are_named_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "DatabaseDown.md").touch()
    (tmp_path / "notes.txt").touch()
    assert pages(tmp_path) == {"DatabaseDown"}
