"""Proves that the image builds, holds what the lock says, and runs as a task on AWS would run it.

The build is the Dockerfile's own, on a Debian made here; the run has the image's command, user and
variables, a root that cannot be written, a login from libpq's variables and TLS that is verified.
PostgreSQL is real and production's, S3 is moto's. Left to others: the registry's base image, arm64,
Fargate itself.
"""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.cluster.server import calls, certificates
from tests.cluster.server.builder import Builder
from tests.cluster.server.certificates import Certificates
from tests.cluster.server.image import HOST, SERVER, Container, Image
from tests.cluster.server.instance import (
    APP_B_PASSWORD,
    APP_PASSWORD,
    MLFLOW_ADMIN,
    OWNER_PASSWORD,
    PREFIX,
    READER_PASSWORD,
)
from tests.cluster.server.postgres import Postgres, free_port
from tests.cluster.server.simple_storage import BUCKET, SimpleStorage

LARGEST = 520
"""MiB; measured: 455."""
STORE = "/etc/ssl/certs/ca-certificates.crt"
AUTHORITIES = "/etc/ssl/certs/rds.pem"
DRAIN_SECONDS = 5
MASTER = ("master", "master-password-of-the-test")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an image's root is root's to mount")


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    made = Builder(tmp_path_factory.mktemp("images"))
    yield made
    made.remove()


@pytest.fixture(scope="module")
def image(builder: Builder) -> Image:
    return Image(builder)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def database(
    builder: Builder, trust: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres]:
    """A server as RDS has it: of production's version, TLS forced, no superuser to be had."""
    root = builder.build("postgresql", Path(__file__).with_name("postgresql_17"))
    server = Postgres(tmp_path_factory.mktemp("secured"), root)
    server.require_tls(trust.server, trust.key)
    server.start()
    server.sql(f"CREATE ROLE {MASTER[0]} LOGIN CREATEROLE CREATEDB PASSWORD '{MASTER[1]}'")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def task(
    image: Image,
    trust: Certificates,
    database: Postgres,
    simple_storage: SimpleStorage,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Task":
    files = tmp_path_factory.mktemp("files") / "over"
    for place in (STORE, AUTHORITIES):
        trusted = files / place[1:]
        trusted.parent.mkdir(parents=True, exist_ok=True)
        own = (image.root / place[1:]).read_bytes()
        trusted.write_bytes(own + trust.authority.read_bytes())
    return Task(image, database, simple_storage, files)


class Task:
    """What a task definition adds to the image."""

    def __init__(
        self, image: Image, database: Postgres, storage: SimpleStorage, files: Path
    ) -> None:
        self._image = image
        self._database = database
        self._storage = storage
        self.files = files

    def run(self, command: str, login: tuple[str, str], **ours: object) -> str:
        """Run a command that must succeed; return what it said."""
        given = self._environment(login, **ours)
        code, said = self._image.run(command, environment=given, files=self.files)
        assert code == 0, said
        return said

    def serve(self, **ours: object) -> Container:
        settings = {
            "DATABASE_URI": self.address("mlflow", "system"),
            "SECRET_KEY": "secret-key-of-the-test",
            "ARTIFACTS_DESTINATION": f"s3://{BUCKET}/artifacts",
            "ALLOWED_HOSTS": "127.0.0.1:*",
            "DRAIN_SECONDS": DRAIN_SECONDS,
            **ours,
        }
        given = self._environment(("mlflow_app_b", APP_B_PASSWORD), **settings)
        return self._image.start(environment=given, files=self.files)

    def address(self, database: str, root: str) -> str:
        place = f"127.0.0.1:{self._database.port}/{database}"
        return f"postgresql://{place}?sslmode=verify-full&sslrootcert={root}"

    def _environment(self, login: tuple[str, str], **ours: object) -> dict[str, str]:
        theirs = {
            "PGUSER": login[0],
            "PGPASSWORD": login[1],
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": self._storage.url,
        }
        return theirs | {PREFIX + name: str(value) for name, value in ours.items()}


@pytest.fixture(scope="module")
def prepared(task: Task) -> Task:
    """The database as `provision` and `migrate` of the image leave it."""
    task.run(
        "provision", MASTER,
        ADMIN_DATABASE_URI=task.address("postgres", AUTHORITIES),
        OWNER_PASSWORD=OWNER_PASSWORD, APP_PASSWORD=APP_PASSWORD,
        APP_B_PASSWORD=APP_B_PASSWORD, READER_PASSWORD=READER_PASSWORD,
    )  # fmt: skip
    task.run(
        "migrate", ("mlflow_owner", OWNER_PASSWORD),
        OWNER_DATABASE_URI=task.address("mlflow", AUTHORITIES),
        ADMIN_USERNAME=MLFLOW_ADMIN[0], ADMIN_PASSWORD=MLFLOW_ADMIN[1],
    )  # fmt: skip
    return task


def test_it_is_small_runs_as_nobody_and_writes_in_one_place(image: Image) -> None:
    print(f"the installed root takes {image.mebibytes:.0f} MiB")
    assert image.mebibytes < LARGEST
    assert image.config["User"] == "10001:10001"
    assert image.config["Entrypoint"] == ["mlflow-ha-server"]
    assert image.config["Cmd"] == ["serve"]
    assert set(image.config["Volumes"]) == {"/tmp"}  # noqa: S108
    assert set(image.config["ExposedPorts"]) == {"5000/tcp"}
    assert {f"{PREFIX}HOST=0.0.0.0", f"{PREFIX}PORT=5000"} <= set(image.config["Env"])
    assert stat.S_IMODE((image.root / "tmp").stat().st_mode) == 0o1777


def test_it_holds_the_locked_packages_and_no_other(image: Image, tmp_path: Path) -> None:
    lister = (
        "import importlib.metadata as m, json, re;"
        "print(json.dumps({re.sub('[-_.]+', '-', d.name).lower(): d.version"
        " for d in m.distributions()}))"
    )
    code, said = image.run(
        "python", "-c", lister, environment={}, files=tmp_path / "over", entrypoint=False
    )
    assert code == 0, said
    lock = (SERVER / "requirements.txt").read_text()
    entry = re.compile(r"^([\w.-]+)==([^\s;]+)(.*)$", re.MULTILINE)
    windows = "sys_platform == 'win32'"
    locked = {name: version for name, version, rest in entry.findall(lock) if windows not in rest}
    own = re.search(r'^version = "(.*)"$', (SERVER / "pyproject.toml").read_text(), re.MULTILINE)
    assert own is not None
    assert json.loads(said) == {**locked, "mlflow-ha-server": own[1]}


def test_it_knows_the_certificate_authorities_of_every_region_in_use(image: Image) -> None:
    from cryptography import x509  # noqa: PLC0415

    known = x509.load_pem_x509_certificates((image.root / AUTHORITIES[1:]).read_bytes())
    subjects = {certificate.subject.rfc4514_string() for certificate in known}
    for stack in (SERVER.parent / "stacks").glob("Pulumi.*.yaml"):
        for region in re.findall(r"region: (\S+)", stack.read_text()):
            for kind in ("RSA2048", "RSA4096", "ECC384"):
                name = f"CN=Amazon RDS {region} Root CA {kind} G1"
                assert any(name in subject for subject in subjects), f"{stack.name}: {name}"


def test_a_task_serves_every_kind_of_request_and_leaves_in_good_order(
    prepared: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    container = prepared.serve(PORT=port)
    try:
        print(f"ready after {container.wait_for(f'{url}/ready'):.1f} s")
        for question in ("live", "ready", "writable"):
            answer = requests.get(f"{url}/{question}", timeout=5)
            assert answer.status_code == 200, answer.text
            assert answer.json()["instance"] == HOST
        monkeypatch.setattr(os, "environ", dict(os.environ))
        calls.make_user(url)
        calls.everything(url, MLFLOW_ADMIN)
        calls.everything(url, calls.USER)
        log_a_run(url)
        assert container.stop() == 0
    finally:
        container.kill()
    said = container.log.read_text()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    ours = [line for line in lines if line["logger"].startswith("mlflow_ha_server")]
    assert [line for line in ours if line["level"] == "error"] == []
    assert len([line for line in ours if line.get("status") == 200]) > 100
    assert "No module named" not in said
    assert "Read-only file system" not in said
    # MLflow's own lock stays, empty; the file with a password does not.
    left = {path.name.partition("-")[0] for path in (prepared.files / "tmp").iterdir()}
    assert left == {"db_init_lock"}


def log_a_run(url: str) -> None:
    import mlflow  # noqa: PLC0415

    mlflow.set_tracking_uri(url)
    mlflow.set_experiment("image")
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1.0)
        mlflow.log_text("content", "file.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/file.txt") == "content"


def test_a_task_that_still_waits_for_its_schema_ends_when_it_is_told(prepared: Task) -> None:
    """Process 1 of a container is not ended by a signal that it does not handle."""
    elsewhere = prepared.address("template1", "system")
    container = prepared.serve(PORT=free_port(), DATABASE_URI=elsewhere)
    try:
        container.wait_for_words("waiting for the schema")
        assert container.stop() == 143
    finally:
        container.kill()


def test_a_dump_by_the_images_own_programs_comes_back(prepared: Task, database: Postgres) -> None:
    owner = ("mlflow_owner", OWNER_PASSWORD)
    place = {
        "OWNER_DATABASE_URI": prepared.address("mlflow", AUTHORITIES),
        "DUMPS": f"s3://{BUCKET}/dumps",
    }
    experiments = "SELECT experiment_id, name FROM experiments ORDER BY 1"
    before = database.sql(experiments, database="mlflow")
    prepared.run("dump", owner, **place)
    schemas = ("public", "mlflow_ha")
    database.sql(
        *(f"DROP SCHEMA {schema} CASCADE" for schema in schemas),
        *(f"CREATE SCHEMA {schema} AUTHORIZATION mlflow_owner" for schema in schemas),
        database="mlflow",
    )
    assert "restored s3://" in prepared.run("restore", owner, **place)
    assert database.sql(experiments, database="mlflow") == before
    prepared.run("check", owner, DATABASE_URI=place["OWNER_DATABASE_URI"])
