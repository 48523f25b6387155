"""Passwords and configuration files: private, atomic, and never in a command line."""

import json
import shlex
import stat
from configparser import RawConfigParser
from dataclasses import asdict
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import expand

import settings
from local import buckets, passwords, supervision
from local.errors import LocalError
from local.layout import Layout
from local.programs import PACKAGES, Programs
from local.services.catalogue import services
from local.services.patroni import shared_configuration
from local.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    loaded = settings.load("local")
    return Site(
        settings=loaded,
        layout=Layout(network=IPv4Network("198.18.0.0/24"), isolated=True, settings=loaded),
        state=tmp_path,
        run=tmp_path / "run",
        passwords=passwords.load_or_create(tmp_path / "credentials.json"),
        programs=Programs(
            paths={name: f"/usr/bin/{name}" for name in PACKAGES},
            postgres=Path("/usr/lib/postgresql/15/bin"),
        ),
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_cluster_gets_passwords_of_its_own(tmp_path: Path) -> None:
    one = asdict(passwords.load_or_create(tmp_path / "one.json"))
    other = asdict(passwords.load_or_create(tmp_path / "other.json"))
    values = [*one.values(), *other.values()]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 32


def test_passwords_survive_a_restart_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    assert passwords.load_or_create(path) == passwords.load_or_create(path)
    assert mode(path) == 0o600


def test_passwords_are_not_in_a_repr(tmp_path: Path) -> None:
    found = passwords.load_or_create(tmp_path / "credentials.json")
    assert not any(value in repr(found) for value in asdict(found).values())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"admin": "x"}'])
def test_a_damaged_password_file_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(content)
    with pytest.raises(LocalError, match="Restore it from a copy"):
        passwords.load_or_create(path)
    assert path.read_text() == content


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    passwords.write_private(path, "old")
    with pytest.raises(UnicodeEncodeError):
        passwords.write_private(path, "new\udc80")
    assert path.read_text() == "old"


@pytest.mark.parametrize("host", ["dcs-1", "db-1", "app-1", "lb-1", "s3-1", "s3-3"])
def test_configuration_files_are_private_and_argv_holds_no_secret(site: Site, host: str) -> None:
    path = supervision.write_configuration(site, host, services(site, host))
    secrets = set(asdict(site.passwords).values())
    for file in path.parent.iterdir():
        assert mode(file) == 0o600, file
    for service in services(site, host):
        assert not any(secret in word for word in service.command for secret in secrets)


def test_every_service_but_keepalived_runs_without_roots_powers(site: Site) -> None:
    for host in site.layout.hosts:
        path = supervision.write_configuration(site, host, services(site, host))
        config = RawConfigParser()
        config.read(path)
        for section in config.sections():
            if section.startswith("program:") and section != "program:keepalived":
                assert "</dev/null' unshare --user" in config[section]["command"], section


def test_environment_values_survive_supervisords_own_syntax() -> None:
    values = {"A": "50%, and more", "B": "x,y=z"}
    text = supervision._environment(values)
    assert dict_of_key_value_pairs(expand(text, {}, "environment")) == values


def test_the_object_store_listens_only_on_its_hosts_address(site: Site) -> None:
    for host in site.layout.names("s3"):
        for service in services(site, host):
            for name, text in service.files.items():
                if "bind_ip" in text:
                    assert f"bind_ip = {site.layout.address(host)}\n" in text, name


def test_patroni_waits_rather_than_lies(site: Site) -> None:
    """Strict: with no standby left, a commit waits; see docs/adr/0003."""
    shared = json.loads(json.dumps(shared_configuration(site)))
    assert shared["synchronous_mode"] == "quorum"
    assert shared["synchronous_mode_strict"] is True
    assert shared["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_wal_is_archived_by_the_primary_alone_with_a_key_that_no_argument_holds(site: Site) -> None:
    parameters = shared_configuration(site)["postgresql"]["parameters"]
    assert parameters["archive_mode"] == "on"
    assert parameters["archive_timeout"] == site.settings.local.archive_timeout
    for host in site.layout.names("db"):
        path = supervision.write_configuration(site, host, services(site, host))
        local = yaml.safe_load((path.parent / "patroni.yml").read_text())
        words = shlex.split(local["postgresql"]["parameters"]["archive_command"])
        assert words[-1] == "%p"
        assert f"--endpoint-url={site.layout.object_endpoint}" in words
        assert not any(
            secret in word for word in words for secret in asdict(site.passwords).values()
        )
        named = {Path(word.partition("=")[2]) for word in words if word.startswith("AWS_")}
        assert named == {path.parent / "wal-archive.aws"}
        [key] = named
        config = RawConfigParser()
        config.read(key)
        assert config["default"]["aws_secret_access_key"] == site.passwords.wal_archive
        assert mode(key) == 0o600


def test_the_archives_key_and_that_of_the_artifacts_open_accounts_of_their_own(site: Site) -> None:
    [proxy] = [service for service in services(site, "s3-1") if service.name == "swift-proxy"]
    users = RawConfigParser()
    users.read_string(proxy.files["proxy.conf"])
    found = {k: v for k, v in users["filter:tempauth"].items() if k.startswith("user_")}
    artifacts, wal = buckets.artifacts(site), buckets.wal(site)
    assert found == {
        f"user_{bucket.account}_{bucket.user}": f"{bucket.key} .admin"
        for bucket in (artifacts, wal)
    }
    assert artifacts.account != wal.account
    assert artifacts.key != wal.key
