"""Ask every part of the cluster how it is, each with a deadline, all at the same time."""

from __future__ import annotations

import csv
import io
import json
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from local import supervision
from local.hosts import Host
from local.layout import ETCD_CLIENT, MLFLOW, PATRONI, SWIFT_PROXY
from local.services.swift import proxy_hosts
from local.site import Site

ANSWER_WITHIN = 2.0


@dataclass(frozen=True)
class Observation:
    """What one host's services said; whoever did not answer is absent.

    Attributes:
        processes: By service name.
        answers: JSON by question: "patroni", "etcd", "writable", "objects".
        holds_front_door: The shared address is on this host.
        rotation: MLflow instances that this host's front door sends clients to.
    """

    processes: Mapping[str, supervision.Process] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    holds_front_door: bool = False
    rotation: frozenset[str] = frozenset()
    postmaster: int = 0


def observe(site: Site, hosts: Mapping[str, Host]) -> dict[str, Observation]:
    """One observation per host."""
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        found = pool.map(lambda host: _observe(site, host), hosts.values())
        return dict(zip(hosts, found, strict=True))


def _observe(site: Site, host: Host) -> Observation:
    name, role = host.name, host.name.rsplit("-", 1)[0]
    try:
        running = supervision.processes(site.socket(name, "supervisor"), timeout=ANSWER_WITHIN)
    except OSError:
        return Observation()
    with host.entered():
        return Observation(
            processes={process.name: process for process in running},
            answers=_answers(site, host, role),
            holds_front_door=role == "lb" and _has_address(site.layout.front_door),
            rotation=_rotation(site, name) if role == "lb" else frozenset(),
            postmaster=postmaster_pid(site, name) if role == "db" else 0,
        )


def _answers(site: Site, host: Host, role: str) -> dict[str, Any]:
    questions = {
        "db": {"patroni": f"http://{host.address}:{PATRONI}/cluster"},
        "dcs": {"etcd": f"http://{host.address}:{ETCD_CLIENT}/health"},
        "app": {"writable": f"http://{host.address}:{MLFLOW}/writable"},
    }.get(role, {})
    if host.name in (proxy_hosts(site) if role == "s3" else []):
        questions = {"objects": f"http://{host.address}:{SWIFT_PROXY}/healthcheck"}
    answers = {name: _get(url) for name, url in questions.items()}
    if role == "dcs":
        answers["leader"] = _etcd_leader(host)
    return {name: answer for name, answer in answers.items() if answer is not None}


def _get(url: str) -> Any:
    try:
        answer = httpx.get(url, timeout=ANSWER_WITHIN)
    except httpx.HTTPError:
        return None
    if answer.status_code != httpx.codes.OK:
        return None
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _etcd_leader(host: Host) -> bool | None:
    """Etcd's gateway answers with the member's own id and its leader's."""
    try:
        answer = httpx.post(
            f"http://{host.address}:{ETCD_CLIENT}/v3/maintenance/status",
            content="{}",
            timeout=ANSWER_WITHIN,
        ).json()
    except (httpx.HTTPError, ValueError):
        return None
    return bool(answer.get("leader")) and answer["leader"] == answer["header"]["member_id"]


def _has_address(address: str) -> bool:
    """In the network this thread has entered."""
    return any(
        entry.address == address for entries in psutil.net_if_addrs().values() for entry in entries
    )


def _rotation(site: Site, host: str) -> frozenset[str]:
    return servers_up(site, host, "instances")


def servers_up(site: Site, host: str, proxy: str) -> frozenset[str]:
    """Whom a host's HAProxy sends to: `show stat` on its admin socket.

    Args:
        site: The cluster.
        host: Which HAProxy.
        proxy: Which of its backends or listeners, such as "instances" or "primary".
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_WITHIN)
            connection.connect(str(site.socket(host, "haproxy")))
            connection.sendall(b"show stat -1 4 -1\n")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError:
        return frozenset()
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return frozenset(
        row["svname"] for row in rows if row["pxname"] == proxy and row["status"].startswith("UP")
    )


def postmaster_pid(site: Site, host: str) -> int:
    """The pid in postmaster.pid if that process is a living postmaster, else 0."""
    path = site.data(host) / "postgres" / "postmaster.pid"
    try:
        pid = int(path.read_text().splitlines()[0])
        name = psutil.Process(pid).name()
    except (OSError, ValueError, IndexError, psutil.Error):
        return 0
    return pid if name.startswith("postgres") else 0


def patroni_members(observations: Mapping[str, Observation]) -> dict[str, dict[str, Any]]:
    """Patroni's members by name, from the most complete answer of any node."""
    lists = [
        item.answers["patroni"]["members"]
        for item in observations.values()
        if "patroni" in item.answers
    ]
    members: list[dict[str, Any]] = max(
        lists, key=lambda found: json.dumps(found).count('"running"'), default=[]
    )
    return {member["name"]: member for member in members}
