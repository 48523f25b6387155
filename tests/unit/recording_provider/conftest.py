"""A recording provider in this process, asked over gRPC as the engine asks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tools.recording_provider import values
from tools.recording_provider.server import RecordingProvider


@dataclass
class Asked:
    """One explicit provider of one engine: a connection of its own."""

    stub: Any
    faults: Path
    provider: RecordingProvider

    def configure(self, region: str) -> None:
        args = values.encode({"region": region})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=args))

    def create(self, token: str, inputs: dict[str, Any], *, name: str = "thing") -> dict[str, Any]:
        answer = self.stub.Create(
            provider_pb2.CreateRequest(
                urn=urn(token, name), type=token, name=name, properties=values.encode(inputs)
            )
        )
        return {"id": answer.id, **values.decode(answer.properties)}

    def diff(
        self, token: str, olds: dict[str, Any], news: dict[str, Any], *, state: dict[str, Any]
    ) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                id=state["id"], urn=urn(token, "thing"), type=token, name="thing",
                olds=values.encode(state), old_inputs=values.encode(olds), news=values.encode(news),
            )
        )  # fmt: skip

    def suffer(self, *faults: dict[str, Any]) -> None:
        self.faults.write_text(json.dumps(faults), encoding="utf-8")


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::test::{token}::{name}"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RecordingProvider]:
    with RecordingProvider(tmp_path / "requests.jsonl", tmp_path / "faults.json") as running:
        yield running


@pytest.fixture
def connect(provider: RecordingProvider, tmp_path: Path) -> Iterator[Any]:
    """Open another connection to the provider."""
    channels: list[grpc.Channel] = []

    def open_one() -> Asked:
        # Without a pool of its own, two channels to one address would share a connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        channel = grpc.insecure_channel(f"127.0.0.1:{provider.port}", options=options)
        channels.append(channel)
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        return Asked(stub, tmp_path / "faults.json", provider)

    yield open_one
    for channel in channels:
        channel.close()


@pytest.fixture
def asked(connect: Any) -> Asked:
    one: Asked = connect()
    one.configure("us-east-1")
    return one
