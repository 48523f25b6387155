"""The cluster on this machine as a target: hosts, addressed by the role they play right now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chaos.report.excerpts import lines_in
from chaos.target import Fault, FrontDoor, NotPossible, TargetError
from chaos.targets.local_faults.archive import LocalArchive
from chaos.targets.local_faults.catalogue import faults
from chaos.targets.local_faults.old_primary import DirectWitness
from chaos.targets.local_faults.roles import in_role
from local.cluster import Cluster, ClusterError, attach


def open_local() -> LocalTarget:
    """Attach to the running local cluster.

    Raises:
        TargetError: No cluster runs; the text says how to start one.
    """
    try:
        return LocalTarget(attach())
    except ClusterError as error:
        raise TargetError(str(error)) from error


class LocalTarget:
    """A running local cluster."""

    name = "local"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def front_door(self) -> FrontDoor:
        env = self._cluster.client_environment()
        return FrontDoor(
            url=env["MLFLOW_TRACKING_URI"],
            username=env["MLFLOW_TRACKING_USERNAME"],
            password=env["MLFLOW_TRACKING_PASSWORD"],
        )

    def fault(self, verb: str, role: str) -> Fault:
        known = faults(self._cluster)
        if verb not in known:
            raise NotPossible(
                f"the local target cannot {verb} {role!r}: it can {', '.join(sorted(known))}"
            )
        return known[verb](in_role(self._cluster, role))

    def witness(self) -> DirectWitness:
        """Somebody who goes on asking today's primary, whatever becomes of it."""
        [primary] = in_role(self._cluster, "primary")
        return DirectWitness(self._cluster, primary)

    def archive(self) -> LocalArchive:
        return LocalArchive(self._cluster)

    def failovers(self) -> int | None:
        return self._cluster.timeline()

    def missing(self) -> list[str]:
        return self._cluster.missing()

    def instances(self) -> Mapping[str, str]:
        apps = in_role(self._cluster, "instances")
        return {host.name: str(self._cluster.service_pid(host, "mlflow")) for host in apps}

    def in_rotation(self) -> Mapping[str, frozenset[str]]:
        rotation = self._cluster.instances_in_rotation()
        return {balancer: frozenset(names) for balancer, names in rotation.items()}

    def versions(self) -> Mapping[str, str]:
        return self._cluster.versions()

    def log_lines(self, request_ids: Sequence[str], since: datetime) -> Mapping[str, Sequence[str]]:
        del since  # a request's id is never used again
        return lines_in(self._cluster.site.state.glob("hosts/*/log/*.log"), request_ids)
