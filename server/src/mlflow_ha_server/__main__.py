"""The commands: provision, migrate, check, dump, restore, serve.

Exit codes: 0 done; 1 the command could not do it; 2 the configuration is wrong; 143 it was told to
stop (SIGTERM) before it was done.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence

from sqlalchemy import NullPool, create_engine, exc

from mlflow_ha_server import database_uri, logs
from mlflow_ha_server.configuration import (
    PREFIX,
    CheckConfiguration,
    ConfigurationError,
    DumpConfiguration,
    MigrateConfiguration,
    ProvisionConfiguration,
    RestoreConfiguration,
    ServeConfiguration,
)

# __name__ is "__main__" here
_log = logging.getLogger("mlflow_ha_server.commands")


def _provision() -> int:
    from mlflow_ha_server.provision import provision  # noqa: PLC0415

    provision(ProvisionConfiguration.from_environment(os.environ))
    return 0


def _migrate() -> int:
    from mlflow_ha_server.migrate import migrate  # noqa: PLC0415

    migrate(MigrateConfiguration.from_environment(os.environ))
    return 0


def _check() -> int:
    from mlflow_ha_server import schema  # noqa: PLC0415

    configuration = CheckConfiguration.from_environment(os.environ)
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.database_uri.get_secret_value()), "mlflow-ha-check"
    )
    problems = schema.problems(create_engine(address, poolclass=NullPool, hide_parameters=True))
    for problem in problems:
        _log.error(problem)
    if not problems:
        _log.info("schema is current")
    return 1 if problems else 0


def _dump() -> int:
    from mlflow_ha_server.dump import dump  # noqa: PLC0415

    dump(DumpConfiguration.from_environment(os.environ))
    return 0


def _restore() -> int:
    from mlflow_ha_server.restore import restore  # noqa: PLC0415

    restore(RestoreConfiguration.from_environment(os.environ))
    return 0


def _serve() -> int:
    configuration = ServeConfiguration.from_environment(os.environ)
    logs.configure(configuration.instance)
    from mlflow_ha_server.serve import serve  # noqa: PLC0415

    serve(configuration)
    return 0


_COMMANDS: dict[str, tuple[Callable[[], int], str]] = {
    "provision": (_provision, "create roles and database, as the server's administrator"),
    "migrate": (_migrate, "bring the schema to this release, as the owner, on the writer"),
    "check": (_check, "say whether the schema is current, without writing"),
    "dump": (_dump, "dump the database into the object store, as the owner, on the writer"),
    "restore": (_restore, "restore a dump into an empty database, as the owner, on the writer"),
    "serve": (_serve, "run one instance"),
}


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="mlflow-ha-server",
        description=f"One instance of a highly available MLflow. Configured by {PREFIX}*.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text) in _COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    command = parser.parse_args(arguments).command
    logs.configure(os.environ.get(f"{PREFIX}INSTANCE", command))
    # The first process of a container is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, _leave)
    # Keeps MLflow from handlers of its own and from calling home.
    os.environ.update(MLFLOW_CONFIGURE_LOGGING="false", MLFLOW_DISABLE_TELEMETRY="true")
    try:
        return _COMMANDS[command][0]()
    except ConfigurationError as error:
        for line in str(error).splitlines():
            _log.error("%s", line)
        return 2
    except exc.DBAPIError as error:
        _log.error("the database refused: %s", str(error.orig).strip())
        return 1
    except Exception as error:  # noqa: BLE001  (the command line ends here)
        if type(error).__module__.startswith("mlflow_ha_server"):
            _log.error("%s", error)
        else:
            _log.exception("unexpected")
        return 1


if __name__ == "__main__":
    sys.exit(main())
