"""`python -m bench`: measurements, progress on stderr, the result as JSON in a file."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from collections.abc import Callable
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from bench import (
    bare,
    client_cost,
    coalescing,
    connections,
    mlflow_suite,
    newcomer,
    startup,
    throughput,
)
from bench.client_kills import measure as client_kills
from bench.side import BenchError, RefusedError
from bench.target import front_door
from local.cluster import ClusterError, attach
from tools.evidence import write_evidence

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "build" / "bench"
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
EVIDENCE = ROOT / "docs" / "evidence"

app = typer.Typer(
    help="Measure the running cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Evidence = Annotated[bool, typer.Option("--evidence", help="Also write docs/evidence/.")]
Out = Annotated[Path | None, typer.Option(help="Where the JSON goes; build/bench/ by default.")]


@app.command(name="throughput")
def throughput_command(
    *,
    threads: Annotated[str, typer.Option(help="Numbers of threads.")] = "1,8,32",
    seconds: Annotated[float, typer.Option(min=1, help="Length of one turn.")] = 10,
    pairs: Annotated[int, typer.Option(min=1, help="Turns of each side per cell.")] = 3,
    target_only: Annotated[bool, typer.Option(help="Leave the bare side out.")] = False,
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """Registrations and log_batch, side by side with one bare MLflow."""
    try:
        numbers = [int(number) for number in threads.split(",")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter(f"--threads {threads}: not whole numbers above 0. Use 1,8,32")
    plan = throughput.Plan(threads=numbers, seconds=seconds, pairs=pairs, target_only=target_only)
    versions = {} if target_only else bare.versions()
    _run("throughput", lambda: throughput.measure(plan, _progress), versions, out, evidence)


@app.command(name="connections")
def connections_command(*, out: Out = None, evidence: Evidence = False) -> None:
    """96 log_batch calls at once: a stock pool fails some, ours none."""
    _run("connections", lambda: connections.measure(_progress), bare.versions(), out, evidence)


@app.command(name="startup")
def startup_command(*, out: Out = None, evidence: Evidence = False) -> None:
    """`make up` to a first write, with and without data, and the memory it takes."""
    _run("startup", lambda: startup.measure(_progress), {}, out, evidence)


@app.command(name="newcomer")
def newcomer_command(
    *,
    suite: Annotated[str, typer.Option(help="Debian's name for the release.")] = "bookworm",
    network: Annotated[str, typer.Option(help="A free /24.")] = "198.19.99.0/24",
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """`make up` on a fresh Debian root made with debootstrap (as root)."""
    name = f"newcomer-{suite}"
    _run(name, lambda: newcomer.measure(suite, network, _progress), {}, out, evidence)


@app.command(name="client-kills")
def client_kills_command(
    *,
    points: Annotated[int, typer.Option(min=2, help="Kills, half in training.")] = 200,
    seed: Annotated[str, typer.Option(help="Of all that is random.")] = "1",
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """Scripts killed in training and in replay: what they were told, and what the cluster has."""

    def measure() -> dict[str, Any]:
        return client_kills.measure(front_door(attach()), points, seed, _progress)

    _run("client-kills", measure, {}, out, evidence)


@app.command(name="client-cost")
def client_cost_command(
    *,
    calls: Annotated[int, typer.Option(min=100, help="Of each kind, by each client.")] = 4000,
    imports: Annotated[int, typer.Option(min=2, help="Of MLflow, by each client.")] = 30,
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """What the client adds to a call and to `import mlflow` while all is well."""
    _run(
        "client-cost",
        lambda: client_cost.measure(calls, imports, _progress),
        bare.versions(),
        out,
        evidence,
    )


@app.command(name="coalescing")
def coalescing_command(
    *,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 6,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of calls in a turn.")] = 5,
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """Calls of log_metric a second, coalesced, beside stock MLflow on the same server."""
    _run(
        "coalescing",
        lambda: coalescing.measure(turns, seconds, _progress),
        bare.versions(),
        out,
        evidence,
    )


@app.command(name="mlflow-suite")
def mlflow_suite_command(
    *,
    source: Annotated[Path, typer.Option(help="A checkout of MLflow, of the installed version.")],
    out: Out = None,
    evidence: Evidence = False,
) -> None:
    """MLflow's own tests of what speaks REST, with and without the client (on a fresh cluster)."""
    _run("mlflow-suite", lambda: mlflow_suite.measure(source, _progress), {}, out, evidence)


def _run(
    name: str,
    measure: Callable[[], dict[str, Any]],
    versions: dict[str, str],
    out: Path | None,
    evidence: bool,
) -> None:
    """Measure and write; exit 1 with a sentence when it cannot be measured."""
    for number in INTERRUPTS:
        signal.signal(number, _as_interrupt)
    try:
        result = measure()
        versions = {**_cluster_versions(), **versions}
    except (BenchError, ClusterError, RefusedError, OSError, HTTPException) as error:
        print(f"bench {name}: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print(f"bench {name}: interrupted; nothing was written", file=sys.stderr)
        raise typer.Exit(130) from None
    command = shlex.join(["python", "-m", "bench", *sys.argv[1:]])
    paths = [out or RESULTS / f"{name}.json"]
    paths += [EVIDENCE / f"{name}.json"] if evidence else []
    for path in paths:
        write_evidence(path, command, result, versions)
        print(path)


def _cluster_versions() -> dict[str, str]:
    try:
        return attach().versions()
    except ClusterError:  # `startup` has deleted its cluster by now
        return {name: version(name) for name in ("mlflow", "patroni", "swift")}


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in INTERRUPTS:  # a second one must not stop the bare side from being stopped
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


_begun = time.monotonic()


def _progress(text: str) -> None:
    print(f"{time.monotonic() - _begun:6.1f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    app(prog_name="python -m bench")
