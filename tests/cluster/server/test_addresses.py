"""Proves that every command takes its login from libpq's variables, and checks the server's name.

Addresses as they are on AWS: without user and password, over TLS that is verified, once against
the system's certificates (RDS Proxy) and once against a file's (the writer itself).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.server import certificates
from tests.cluster.server.certificates import Certificates
from tests.cluster.server.instance import APP_PASSWORD, OWNER_PASSWORD, Instance, run
from tests.cluster.server.postgres import ADMIN_PASSWORD, Postgres


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(trust: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server that refuses connections without TLS."""
    server = Postgres(tmp_path_factory.mktemp("secured"))
    server.require_tls(trust.server, trust.key)
    server.start()
    yield server
    server.stop()


def address(pg: Postgres, database: str, root: Path | str, host: str = "127.0.0.1") -> str:
    return f"postgresql://{host}:{pg.port}/{database}?sslmode=verify-full&sslrootcert={root}"


def log_in(patch: pytest.MonkeyPatch, user: str, password: str) -> None:
    patch.setenv("PGUSER", user)
    patch.setenv("PGPASSWORD", password)


def test_no_command_needs_a_login_in_its_address(
    secured: Postgres, trust: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = address(secured, "mlflow", trust.authority)
    log_in(monkeypatch, "admin", ADMIN_PASSWORD)
    admin = address(secured, "postgres", trust.authority)
    done = run("provision", secured, ADMIN_DATABASE_URI=admin)
    assert done.returncode == 0, done.stdout
    log_in(monkeypatch, "mlflow_owner", OWNER_PASSWORD)
    done = run("migrate", secured, OWNER_DATABASE_URI=writer)
    assert done.returncode == 0, done.stdout
    log_in(monkeypatch, "mlflow_app", APP_PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(trust.authority))
    instance = Instance(secured, tmp_path, DATABASE_URI=address(secured, "mlflow", "system"))
    try:
        assert instance.wait_ready().create_run()
        assert instance.get("/writable").status_code == 200
        logins = (
            "SELECT DISTINCT usename, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
            " WHERE application_name LIKE 'mlflow-%'"
        )
        assert secured.sql(logins) == [("mlflow_app", True)]
    finally:
        assert instance.stop() == 0


def test_a_server_that_cannot_prove_its_name_is_refused(
    secured: Postgres, trust: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(monkeypatch, "mlflow_app", APP_PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(trust.authority))
    elsewhere = address(secured, "mlflow", "system", host="localhost")
    words = run("check", secured, DATABASE_URI=elsewhere).stdout
    assert 'does not match host name \\"localhost\\"' in words
    plain = f"postgresql://127.0.0.1:{secured.port}/mlflow?sslmode=disable"
    assert "no encryption" in run("check", secured, DATABASE_URI=plain).stdout


def test_the_systems_certificates_are_found_only_where_ssl_cert_file_says(
    secured: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver brings an OpenSSL whose own default folder exists nowhere: the image sets it."""
    log_in(monkeypatch, "mlflow_app", APP_PASSWORD)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    done = run("check", secured, DATABASE_URI=address(secured, "mlflow", "system"))
    assert done.returncode == 1
    assert "certificate verify failed" in done.stdout
