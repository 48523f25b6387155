"""The client's figures: beside stock clients, killed, timed, and under MLflow's own tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.figures.tables import ABSENT, Document, aims, seconds, table


def _clients(result: Document) -> str:
    rows = [
        (
            f"`{fault}`",
            *_mishaps(found["crews"]),
            seconds(found["crews"]["shim-spool"]["registration_seconds"]["p99"]),
        )
        for fault, found in result["faults"].items()
    ]
    rows.append(("in all", *_mishaps(result["total"]), ABSENT))
    ours = [f"{name}: failed / lost / doubled" for name in ("mlflow-ha", "with its spool")]
    header = ("fault", "stock: failed / doubled", *ours, "registration with the spool, p99")
    clean = "; ".join(
        f"{name}: {found['failed']} of {found['attempted']} calls failed (at most "
        f"{found['highest_share']:.4%}, with {found['confidence']:.0%} confidence)"
        for name, found in result["clean"].items()
    )
    return f"{table(header, rows)}\n\nWithout a fault, {clean}.\n{aims(result['aims'])}"


def _mishaps(crews: Document) -> tuple[str, str, str]:
    """What went wrong for each client; a call that never ended failed too."""
    stock, shim, spool = (crews[name] for name in ("stock", "shim", "shim-spool"))
    return (f"{_failed(stock)} / {_known(stock['duplicated'])}", _all_of(shim), _all_of(spool))


def _all_of(crew: Document) -> str:
    return f"{_failed(crew)} / {_known(crew['lost'])} / {_known(crew['duplicated'])}"


def _failed(crew: Document) -> int:
    return int(crew["failed"]) + int(crew["in_doubt"])


def _known(count: int | None) -> str:
    return "?" if count is None else str(count)


def _kills(result: Document) -> str:
    kills = " and ".join(f"{number} in {phase}" for phase, number in result["kills"].items())
    met = "met" if result["aim"]["met"] else "**not met**"
    return (
        f"Kills: {kills}. Operations acknowledged to the scripts: {result['acknowledged']}; lost: "
        f"{result['lost']}; doubled: {result['doubled']}; never asked for: {result['unasked']}; out "
        f"of order: {result['out_of_order']}.\n- Aim “at least {result['aim']['kills_at_least']} "
        f"kills and nothing wrong”: {met}"
    )


def _cost(result: Document) -> str:
    rows = [
        (
            call,
            _milliseconds(figures["stock"]),
            *(_added(figures["added"][way]) for way in ("client", "client, spool")),
        )
        for call, figures in result["calls"].items()
    ]
    header = ("call", "stock, p50 / p99, ms", "mlflow-ha adds, ms", "with its spool, ms")
    limits, imports = result["aims"]["added_per_call"], result["aims"]["added_to_import"]
    missed, open_ = (
        [name for name, met in limits["met"].items() if met is outcome] for outcome in (False, None)
    )
    told = [
        f"{verdict} {'; '.join(names)}"
        for verdict, names in (
            ("**not met** by", missed),
            ("**not decided** by so many calls for", open_),
        )
        if names
    ]
    return (
        f"{table(header, rows)}\n\nIt adds {imports['measured']:g} ms to `import mlflow`.\n"
        f"- Aim “at most {limits['at_most_ms']:g} ms or {limits['or_at_most_share']:.0%} more, at p50 "
        f"and p99”, with {limits['confidence']:.0%} confidence: "
        f"{', '.join([*told, 'met by the others']) if told else 'met'}\n"
        f"- Aim “at most {imports['at_most_ms']:g} ms more for the import”: "
        f"{'met' if imports['met'] else '**not met**'}"
    )


def _milliseconds(figures: Document) -> str:
    return f"{figures['p50_ms']:.2f} / {figures['p99_ms']:.2f}"


def _added(figures: Document) -> str:
    """Each with the bounds between which it lies."""
    return " / ".join(
        f"{one['ms']:+.2f} ({one['between_ms'][0]:+.2f} to {one['between_ms'][1]:+.2f})"
        for one in (figures["p50_ms"], figures["p99_ms"])
    )


def _coalescing(result: Document) -> str:
    ratios = result["ratio_to_stock"]
    rows = [
        (
            way,
            f"{rate:.0f}",
            f"{ratios[way]['median']:g} (least {ratios[way]['min']:g})" if way in ratios else "1",
        )
        for way, rate in result["calls_per_s"].items()
    ]
    aim = result["aim"]
    return (
        table(("way", "calls of log_metric per s", "ratio to stock"), rows)
        + f"\n\n- Aim “at least {aim['ratio_at_least']:g} times stock”: "
        + ("met" if aim["met"] else "**not met**")
    )


def _suite(result: Document) -> str:
    rows = [
        (
            where,
            _counts(target["stock"]),
            _counts(target["ours"]),
            str(target["through_the_client"]["tests"]),
            str(len((target["again_alone"] or target)["fails_where_stock_passes"])),
        )
        for where, target in result["targets"].items()
    ]
    header = ("against", "stock", "with mlflow-ha", "tests that went through it")
    excepted = {
        name: why
        for target in result["targets"].values()
        for name, why in target["fails_by_design"].items()
    }
    return (
        table((*header, "fail where stock passes"), rows)
        + f"\n\nMLflow's tests at {result['source']['version']}, run on MLflow "
        f"{result['source']['installed']}: what is not of one version fails on both sides.\n- Aim “fails nowhere that stock "
        f"passes”: {'met' if result['aim']['met'] else '**not met**'}"
        + "".join(
            f"; not counted is `{name.rpartition('::')[2]}`: {why}"
            for name, why in excepted.items()
        )
    )


def _counts(outcomes: Document) -> str:
    return ", ".join(f"{number} {result}" for result, number in sorted(outcomes.items()))


BLOCKS: Mapping[str, Callable[[Document], str]] = {
    "clients": _clients,
    "client-kills": _kills,
    "client-cost": _cost,
    "coalescing": _coalescing,
    "mlflow-suite": _suite,
}
