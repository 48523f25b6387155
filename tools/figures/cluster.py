"""The cluster's figures: drills, throughput, connections, start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.figures.tables import ABSENT, NOT_YET, Document, aims, each, seconds, table


def worst(result: Document, drill: str) -> str:
    if drill not in result["drills"]:
        return NOT_YET
    found = result["drills"][drill]
    return seconds(found["outage_max"]) + f" (longest of {found['repeats']})"


def _drills(result: Document) -> str:
    controls = {outcome["drill"] for outcome in result["outcomes"] if outcome["must_fail"]}
    rows = [
        (
            f"`{name}`",
            str(found["repeats"]),
            seconds(found["objective_seconds"]),
            seconds(found["outage_p50"]),
            seconds(found["outage_max"]),
            seconds(found["redundancy_restored_max"]),
            str(found["acknowledged"]),
            _verdicts(found["verdicts"]) + (", as it must" if name in controls else ""),
        )
        for name, found in result["drills"].items()
    ]
    header = ("drill", "runs", "objective", "outage, median", "outage, longest")
    told = table((*header, "redundancy back", "writes acknowledged", "verdict"), rows)
    lost, duplicated = result["lost"], result["duplicated"]
    unknown = "unknown (not every drill could be read back)"
    total = (
        f"In all {result['acknowledged']} acknowledged writes; lost: "
        f"{unknown if lost is None else lost}; duplicated: "
        f"{unknown if duplicated is None else duplicated}."
    )
    absent = f" Not run yet: {', '.join(result['not_run'])}." if result["not_run"] else ""
    return f"{told}\n\n{total}{absent}"


def _verdicts(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{number} {verdict}" for verdict, number in counts.items())


def _throughput(result: Document) -> str:
    rows = []
    for cell in result["cells"]:
        ours, bare, ratio = cell["ours"], cell.get("bare"), cell.get("ratio")
        rows.append(
            (
                f"{cell['operation']}, {cell['threads']}",
                f"{ours['throughput_per_s']:g}",
                f"{bare['throughput_per_s']:g}" if bare else ABSENT,
                ABSENT if not ratio or ratio["median"] is None else f"{ratio['median']:.2f}",
                _latency(ours),
                _latency(bare) if bare else ABSENT,
                f"{ours['errors']} / {bare['errors'] if bare else ABSENT}",
            )
        )
    header = ("what, threads", "per s", "bare, per s", "ratio", "p50 / p99, ms")
    told = table((*header, "bare, p50 / p99, ms", "errors, ours / bare"), rows)
    meanings = "; ".join(f"{k}: {v}" for k, v in result["plan"]["operations"].items())
    return f"{told}\n\n{meanings}.{aims(result['aims'])}"


def _latency(side: Document) -> str:
    return " / ".join(
        ABSENT if (v := side[key]) is None else f"{v:.0f}" for key in ("p50_ms", "p99_ms")
    )


def _connections(result: Document) -> str:
    expected = result["rounds"] * result["calls_per_round"] * result["metrics_per_call"]
    rows = [
        (
            name,
            str(side["calls"]),
            str(side["failed"]),
            f"{side['rows']} of {expected}",
            ", ".join(f"{value:.1f}" for value in side["seconds"]),
        )
        for name, side in result["sides"].items()
    ]
    return table(
        ("server", "calls", "failed", "metrics found afterwards", "seconds of each burst"), rows
    )


def _startup(result: Document) -> str:
    memory = result["memory_mib"]
    roles = ", ".join(f"{role} {value}" for role, value in memory["by_role"].items())
    rows = [
        ("`make up` to a write, empty state", each(result["empty_s"])),
        ("`make up` to a write, existing data", each(result["existing_s"])),
        ("memory of the whole cluster", f"{memory['total']} MiB ({roles})"),
    ]
    return table(("what", "measured"), rows) + "\n" + aims(result["aims"])


BLOCKS: Mapping[str, Callable[[Document], str]] = {
    "drills": _drills,
    "throughput": _throughput,
    "connections": _connections,
    "startup": _startup,
}
