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
    told = "\n\n".join((_outages(result), _books(result)))
    lost, duplicated = result["lost"], result["duplicated"]
    unknown = "unknown (not every drill could be read back)"
    total = (
        f"In all {result['acknowledged']} acknowledged writes; lost: "
        f"{unknown if lost is None else lost}; duplicated: "
        f"{unknown if duplicated is None else duplicated}."
    )
    absent = f" Not run yet: {', '.join(result['not_run'])}." if result["not_run"] else ""
    return f"{told}\n\n{total}{absent}"


def _outages(result: Document) -> str:
    controls = {outcome["drill"] for outcome in result["outcomes"] if outcome["must_fail"]}
    rows = [
        (
            f"`{name}`",
            str(found["repeats"]),
            seconds(found["objective_seconds"]),
            seconds(found["outage_p50"]),
            seconds(found["outage_max"]),
            seconds(found["redundancy_restored_max"]),
            _verdicts(found["verdicts"]) + (", as it must" if name in controls else ""),
        )
        for name, found in result["drills"].items()
    ]
    header = ("drill", "runs", "objective", "outage, median", "outage, longest", "redundancy back")
    return table((*header, "verdict"), rows)


def _books(result: Document) -> str:
    """What clients were told, and what was there: writers that never retry, and training."""
    rows = [
        (f"`{name}`", *_of_writers(result, name), *_of_crews(found))
        for name, found in (result["drills"].items())
    ]
    header = ("drill", "writes attempted", "acknowledged", "failed", "lost", "doubled")
    clients = ("stock MLflow", "mlflow-ha", "mlflow-ha with spool")
    note = (
        "Writers send each create once and never retry. The last three columns are training beside "
        "them: calls attempted, then failed / lost / doubled."
    )
    return f"{note}\n\n{table((*header, *clients), rows)}"


def _of_writers(result: Document, drill: str) -> list[str]:
    books = [outcome["client"] for outcome in result["outcomes"] if outcome["drill"] == drill]
    sums = []
    for keys in (
        ("attempted",), ("acknowledged",), ("failed", "indeterminate"), ("lost",), ("duplicated",)
    ):  # fmt: skip
        counts = [one[key] for one in books for key in keys]
        sums.append("unknown" if None in counts else str(sum(counts)))
    return sums


def _of_crews(found: Document) -> list[str]:
    cells = []
    for name in ("stock", "shim", "shim-spool"):
        crew = found.get("crews", {}).get(name)
        if crew is None:
            cells.append(ABSENT)
            continue
        unserved = crew["failed"] + crew["in_doubt"]
        lost, doubled = ("unknown" if crew[k] is None else crew[k] for k in ("lost", "duplicated"))
        cells.append(f"{crew['attempted']}: {unserved} / {lost} / {doubled}")
    return cells


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


def _walk(result: Document) -> str:
    rows = [
        (kind, str(found["count"]), seconds(found["p50"]), seconds(found["max"]))
        for kind, found in result["outages"].items()
    ]
    told = table(("what happens", "times", "outage, median", "outage, longest"), rows)
    return (
        f"{told}\n\n{result['walks']} walks ({result['passed']} passed) with {result['failovers']} "
        f"failovers in {result['seconds'] / 60:.0f} minutes; the primary's host hung "
        f"{result['primary_hangs']} times, that of etcd's leader {result['etcd_leader_hangs']} times. "
        f"{result['acknowledged']} acknowledged writes; lost: {result['lost']}; duplicated: "
        f"{result['duplicated']}."
    )


def _availability(result: Document) -> str:
    return (
        f"{result['answered']} of {result['asked']} writes were answered within "
        f"{result['answer_within_seconds']:g} s: **{result['availability_percent']:g} %** of a window "
        f"of {result['window_seconds'] / 60:.0f} minutes in which {result['faults']} faults came, one "
        f"every {result['minutes_between_faults']:g} minutes; one write was asked for every "
        f"{result['probe_every_seconds']:g} s, whatever became of the last one. "
        f"{result['promised_percent']:g} % of such a window leaves room for "
        f"{result['failures_that_the_promise_allows']} unanswered writes. How often faults come in "
        "a month is not known here, so nothing is concluded for one."
    )


BLOCKS: Mapping[str, Callable[[Document], str]] = {
    "drills": _drills,
    "random-walk": _walk,
    "availability": _availability,
    "throughput": _throughput,
    "connections": _connections,
    "startup": _startup,
}
