"""A recording provider that listens on loopback for as long as a `with` block runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tools.recording_provider.journal import Journal
from tools.recording_provider.observer import Nobody, Observer
from tools.recording_provider.servicer import RecordingServicer

THREADS = 64  # more than the engine's requests at once, so that a delayed one holds up no other
LARGEST_MESSAGE = 400 << 20  # what the engine itself allows (rpcutil.GrpcChannelOptions)


class RecordingProvider:
    """The provider as the engine of another process can reach it.

    Args:
        journal: File for the requests, one JSON object a line; made anew.
        faults: File that names requests to fail or delay (tools/recording_provider/faults.py).
        observer: Told of every resource that exists.
    """

    def __init__(self, journal: Path, faults: Path, observer: Observer | None = None) -> None:
        self.journal = Journal(journal)
        self.port = 0
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS),
            options=[
                ("grpc.max_receive_message_length", LARGEST_MESSAGE),
                ("grpc.max_send_message_length", LARGEST_MESSAGE),
            ],
        )
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(
            RecordingServicer(self.journal, faults, observer or Nobody()), self._server
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the engine's process needs to know to use this provider."""
        return {"PULUMI_DEBUG_PROVIDERS": f"aws:{self.port}"}

    def __enter__(self) -> Self:
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop(grace=1).wait()

    def wait(self) -> None:
        """Serve until interrupted."""
        self._server.wait_for_termination()
