"""Proves the slow proxy on loopback: everything arrives, later, in order, and ends are passed on."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from local.slow_proxy import serve

DELAY = 0.1
HERE = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client of an echo server, through the proxy."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1000):
            writer.write(chunk)
        writer.close()

    service, listen = free_port(), free_port()
    async with await asyncio.start_server(echo, HERE, service):
        proxy = asyncio.create_task(serve(HERE, listen, service, DELAY))
        try:
            yield await _connect(listen)
        finally:
            proxy.cancel()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    deadline = time.monotonic() + 5
    while True:
        try:
            return await asyncio.open_connection(HERE, port)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the proxy does not listen"
            await asyncio.sleep(0.01)


async def test_an_answer_takes_the_delay_twice() -> None:
    async with connected() as (reader, writer):
        began = time.monotonic()
        writer.write(b"question")
        assert await asyncio.wait_for(reader.readexactly(8), 5) == b"question"
        assert time.monotonic() - began >= 2 * DELAY
        writer.close()


async def test_many_chunks_are_delayed_side_by_side_and_stay_in_order() -> None:
    async with connected() as (reader, writer):
        began = time.monotonic()
        for number in range(20):
            writer.write(bytes([number]) * 100)
            await asyncio.sleep(0.01)
        answer = await asyncio.wait_for(reader.readexactly(2000), 10)
        assert answer == b"".join(bytes([number]) * 100 for number in range(20))
        assert time.monotonic() - began < 20 * DELAY
        writer.close()


async def test_the_end_of_one_side_reaches_the_other() -> None:
    async with connected() as (reader, writer):
        writer.write(b"last words")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b"last words"
        writer.close()
