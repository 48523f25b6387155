"""Run with `python -m tools.engine`."""

from tools.engine.cli import app

app(prog_name="python -m tools.engine")
