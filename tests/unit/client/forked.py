"""What a forked child comes to; one that hangs is ended."""

import os
import signal
import time
from collections.abc import Callable


def succeeds_in_a_child(work: Callable[[], bool], seconds: float = 30) -> bool:
    """Return what `work` returns in a forked child, False if it raises or takes too long."""
    child = os.fork()
    if child == 0:
        worked = False
        try:
            worked = work()
        finally:
            os._exit(0 if worked else 1)
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(0.02)
