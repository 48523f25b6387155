"""Imports what takes long, then runs scripts in forks of itself, as it is told on its input.

A fork can be told to die at its n-th step: the n-th time that code of mlflow_ha is called, returns,
calls into C (SQLite, the file system, a socket) or comes back from there, in whatever thread.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import Any

_LOOKED_AT = f"{os.sep}mlflow_ha{os.sep}"
_codes: dict[int, int] = {}


class _Steps:
    """Counts steps, and ends the process at one of them.

    Args:
        last: Its number; 0 to count only.
    """

    def __init__(self, last: int) -> None:
        self.count = 0
        self._last = last

    def __call__(self, frame: FrameType, _event: str, _argument: object) -> None:
        if _LOOKED_AT in frame.f_code.co_filename:
            self.count += 1
            if self.count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


def begin(order: dict[str, Any]) -> int:
    """Run a script in a fork; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    os.environ.update(order["environment"])
    for number, kind in ((0, None), (1, "out"), (2, "err")):
        path = os.devnull if kind is None else f"{order['told']}.{kind}"
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = [order["script"], *order["arguments"]]
    steps = None
    if order["kill_at_step"] is not None:
        steps = _Steps(order["kill_at_step"])
        threading.setprofile(steps)
        sys.setprofile(steps)
    code = 0
    try:
        runpy.run_path(order["script"], run_name="__main__")
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    except BaseException:  # noqa: BLE001  (as the interpreter does at its end)
        traceback.print_exc()
        code = 1
    # As the interpreter does at its end; what forked is never ended by it.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.setprofile(None)
    if steps:
        with open(f"{order['told']}.steps", "w", encoding="utf-8") as file:  # noqa: PTH123  (nothing more is imported here)
            file.write(str(steps.count))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def ended(pid: int) -> int | None:
    """Return the exit code of a fork, None while it runs."""
    if pid not in _codes:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            _codes[pid] = os.waitstatus_to_exitcode(status)
    return _codes.get(pid)


def main(modules: list[str]) -> None:
    """Import `modules`, then do as told, one line of JSON each."""
    for name in modules:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        answer = begin(order) if "script" in order else ended(order["wait"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
