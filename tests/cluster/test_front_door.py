"""The front door's own answer, while no instance serves, says when to ask again.

A real HAProxy with the configuration that a cluster's front door gets, on loopback.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import requests
from mlflow.exceptions import RestException
from mlflow.utils.rest_utils import verify_rest_response

import settings
from local import passwords
from local.layout import FRONT_DOOR, FRONT_DOOR_ALIVE, FRONT_DOOR_OBJECTS, Layout
from local.programs import PACKAGES, Programs
from local.services.haproxy import front_door
from local.site import Site
from tests.cluster.server.postgres import free_port

START_SECONDS = 20
HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "haproxy"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[str]:
    """The address of a front door behind which nothing runs."""
    loaded = settings.load("local")
    site = Site(
        settings=loaded,
        layout=Layout(network=IPv4Network("198.18.0.0/24"), isolated=False, settings=loaded),
        state=tmp_path,
        run=tmp_path,
        passwords=passwords.load_or_create(tmp_path / "credentials.json"),
        programs=Programs(paths=dict.fromkeys(PACKAGES, HAPROXY), postgres=tmp_path),
    )
    service = front_door(site, "lb-1")
    (text,) = service.files.values()
    assert isinstance(text, str)
    here = f"{site.layout.front_door}:"
    ports = {number: free_port() for number in (FRONT_DOOR, FRONT_DOOR_OBJECTS)}
    for number, free in ports.items():
        text = text.replace(f"bind {here}{number}\n", f"bind 127.0.0.1:{free}\n")
    alive = f"bind {site.layout.address('lb-1')}:{FRONT_DOOR_ALIVE}\n"
    assert alive in text
    text = text.replace(alive, f"bind 127.0.0.1:{free_port()}\n")
    text = text.replace(str(site.socket("lb-1", "haproxy")), str(tmp_path / "admin"))
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(text)
    process = subprocess.Popen([HAPROXY, "-db", "-f", str(configuration)])
    address = f"http://127.0.0.1:{ports[FRONT_DOOR]}"
    try:
        wait_until_no_instance_serves(address)
        yield address
    finally:
        process.kill()
        process.wait(10)


def wait_until_no_instance_serves(address: str) -> None:
    """Return once its checks have found nobody, so that the door answers by itself at once."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            answer = requests.get(f"{address}/api", timeout=START_SECONDS)
        except requests.ConnectionError:
            answer = None
        if answer is not None and answer.elapsed.total_seconds() < 1:
            return
        assert time.monotonic() < until, "HAProxy does not answer by itself"
        time.sleep(0.2)


def test_while_no_instance_serves_clients_are_told_when_to_ask_again(door: str) -> None:
    answer = requests.get(f"{door}/api/2.0/mlflow/experiments/get", timeout=10)
    assert answer.status_code == 503
    interval = settings.load("local").failover.check_interval_ms / 1000
    assert interval <= int(answer.headers["Retry-After"]) < interval + 1
    assert answer.headers["X-Request-ID"]


def test_what_it_says_is_what_mlflow_understands(door: str) -> None:
    answer = requests.get(f"{door}/api/2.0/mlflow/experiments/get", timeout=10)
    with pytest.raises(RestException, match="no MLflow instance can take this request") as raised:
        verify_rest_response(answer, "")
    assert raised.value.error_code == "TEMPORARILY_UNAVAILABLE"
