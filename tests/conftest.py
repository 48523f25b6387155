"""What every test may rely on."""

import signal


def pytest_configure() -> None:
    """Have Ctrl-C work: a shell that runs the tests in the background has them ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
