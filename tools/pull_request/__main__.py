"""Run with `python -m tools.pull_request`."""

from tools.pull_request.cli import app

app(prog_name="python -m tools.pull_request")
