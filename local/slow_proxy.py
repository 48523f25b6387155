"""Pass bytes on, later: a TCP proxy for one port of one host (the kernel here has no netem).

Usage: python slow_proxy.py ADDRESS LISTEN PORT SECONDS
It runs on the host it slows, as one of its processes, and ends with it.
"""

from __future__ import annotations

import asyncio
import sys

BEYOND = 10_000
"""Added to a port, it names the proxy's own; no service of a host listens up there."""
CHUNK = 1 << 16


def listening_port(port: int) -> int:
    """Where the proxy for `port` listens."""
    return port + BEYOND


async def serve(address: str, listen: int, port: int, seconds: float) -> None:
    """Take connections until the process is ended.

    Args:
        address: The host's, for both sides.
        listen: The proxy's port.
        port: The service's.
        seconds: How much later each chunk arrives, in either direction.
    """

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(address, port)
        await asyncio.gather(
            _delayed(reader, there_writer, seconds), _delayed(there_reader, writer, seconds)
        )
        writer.close()
        there_writer.close()

    server = await asyncio.start_server(passed_on, address, listen)
    async with server:
        await server.serve_forever()


async def _delayed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    """Each chunk waits on its own, so that the delay adds up to no queue."""
    loop = asyncio.get_running_loop()
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            at, chunk = await due.get()
            await asyncio.sleep(at - loop.time())
            if not chunk:
                writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while chunk := await reader.read(CHUNK):
            due.put_nowait((loop.time() + seconds, chunk))
        due.put_nowait((loop.time() + seconds, b""))
        await delivering
    except OSError:
        delivering.cancel()
        writer.close()  # one side is gone: tell the other


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
