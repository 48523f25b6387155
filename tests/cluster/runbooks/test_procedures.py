"""Every procedure for the local cluster ends its situation: the page's own blocks are pasted and run.

A situation that is still there after its page was followed fails the test. Blocks for AWS are not run.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from mlflow_ha.breaker import State
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.server import server_at
from mlflow_ha.settings import MLflowSettings

from local.cluster import Cluster, attach
from local.waiting import wait_for
from tests.cluster.runbooks import situations
from tests.cluster.runbooks.pages import executed, run

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

FOLLOWED_WITHIN = 420.0
CLOSED_WITHIN = 60.0


def follow(page: str, cluster: Cluster, **variables: str) -> None:
    """Do what the page says, and believe neither it nor its verification alone."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "MLFLOW_HA_STATE": str(cluster.site.state),
        **variables,
    }
    for block in executed(page, "Mitigation"):
        code, said = run(block, environment, within=FOLLOWED_WITHIN)
        assert code == 0, f"{page}: mitigation ended with {code}:\n{said}"
    for block in executed(page, "Verification"):
        code, said = run(block, environment, within=FOLLOWED_WITHIN)
        assert code == 0, f"{page}: it is not over, says its verification ({code}):\n{said}"
    after = attach(cluster.site.state)
    assert after.missing() == []
    assert situations.a_write_succeeds(after)


@pytest.mark.parametrize(
    ("page", "bring_about"),
    [
        ("FailoverStuck", situations.failover_stuck),
        ("ReplicaLag", situations.replica_lag),
        ("StrictModeWaiting", situations.strict_mode_waiting),
        ("DrillGoneWrong", situations.drill_left_behind),
    ],
)
def test_following_the_page_ends_the_situation(
    page: str, bring_about: Callable[[Cluster], None], cluster: Cluster
) -> None:
    bring_about(cluster)
    follow(page, cluster)


def test_an_artifact_store_that_refuses_takes_uploads_again(cluster: Cluster) -> None:
    situations.two_object_zones_dead(cluster)
    follow("ArtifactStoreDegraded", cluster)
    assert situations.an_upload_succeeds(cluster)


def test_a_clients_open_breaker_closes_by_itself_once_the_service_is_back(
    cluster: Cluster,
) -> None:
    call = Message(
        "GetExperiment", "GET", "/api/2.0/mlflow/experiments/get", {"experiment_id": "0"}
    )
    patience = MLflowSettings(request_timeout=5)
    situations.no_way_in(cluster)
    breaker = server_at(cluster.endpoint, patience).breaker
    sender = Sender(cluster.endpoint, patience)
    for _ in range(20):
        if breaker.state is State.OPEN:
            break
        with pytest.raises(TrackingUnavailable):
            sender.send(call, Deadline.after(5))
    assert breaker.state is State.OPEN
    follow("BreakerOpenFleetWide", cluster)
    wait_for("the breaker closes", lambda: breaker.state is not State.OPEN, within=CLOSED_WITHIN)


def test_a_deleted_run_is_active_again(cluster: Cluster) -> None:
    follow("RestoreToPointInTime", cluster, RUN=situations.deleted_run())


def test_instances_are_replaced_one_after_another(cluster: Cluster) -> None:
    apps = [cluster.hosts[name] for name in cluster.site.layout.names("app")]
    before = {host.name: cluster.service_pid(host, "mlflow") for host in apps}
    follow("UpgradeAndRollback", cluster)
    after = {host.name: cluster.service_pid(host, "mlflow") for host in apps}
    assert not set(before.values()) & set(after.values())


def test_a_leaked_password_is_refused_and_the_new_one_taken(cluster: Cluster) -> None:
    leaked = cluster.site.passwords.postgres_app
    assert situations.application_logs_in(cluster, leaked)
    follow("CredentialRotation", cluster)
    after = attach(cluster.site.state)
    assert not situations.application_logs_in(after, leaked)
    assert situations.application_logs_in(after, after.site.passwords.postgres_app)
