"""Run with `python -m tools.cost`."""

from tools.cost.cli import app

app(prog_name="python -m tools.cost")
