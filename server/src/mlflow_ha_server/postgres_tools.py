"""PostgreSQL's own programs: found, new enough, and given no password in their arguments."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import make_dsn
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.engine import URL


class ToolError(Exception):
    """A program of PostgreSQL is missing, too old, or failed."""


@dataclass(frozen=True)
class Tool:
    """An installed program and its major version."""

    name: str
    path: str
    major: int

    def refuse_older_than(self, major: int, what: str) -> None:
        """Refuse to work on what only a later release understands.

        Args:
            major: the release that is needed.
            what: what needs it, as the message says.

        Raises:
            ToolError: this program is older.
        """
        if self.major < major:
            raise ToolError(
                f"{self.path} is of PostgreSQL {self.major}, {what} of {major}; an older"
                f" {self.name} cannot read it. Use this release's image, or install"
                f" postgresql-client-{major}"
            )


def find(name: str) -> Tool:
    """Return the program that PATH leads to.

    Raises:
        ToolError: there is none.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolError(
            f"{name} is not on PATH; use this release's image, or install Debian's"
            " postgresql-client"
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    if version is None:
        raise ToolError(f"{path} --version says {said.strip()!r}; that is not PostgreSQL's {name}")
    return Tool(name, path, int(version[1]))


def connection(url: URL) -> tuple[str, dict[str, str]]:
    """Return a connection string without the password, and the environment that has it."""
    # SQLAlchemy's dialects carry no types for their constructors.
    dialect: Any = PGDialect_psycopg2
    _, words = dialect().create_connect_args(url)
    password = words.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    return make_dsn(**words), environment
