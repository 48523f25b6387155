"""The passwords and keys of one cluster: generated once, kept in one file that only its owner reads."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from local.errors import LocalError

# 24 bytes of urandom: beyond guessing, and only characters that no configuration format escapes.
ENTROPY_BYTES = 24


def _fresh() -> str:
    return secrets.token_hex(ENTROPY_BYTES)


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """One secret per role; none is ever shared between two."""

    admin: str = field(default_factory=_fresh, repr=False)
    flask_secret_key: str = field(default_factory=_fresh, repr=False)
    postgres_superuser: str = field(default_factory=_fresh, repr=False)
    postgres_replication: str = field(default_factory=_fresh, repr=False)
    postgres_rewind: str = field(default_factory=_fresh, repr=False)
    postgres_owner: str = field(default_factory=_fresh, repr=False)
    postgres_app: str = field(default_factory=_fresh, repr=False)
    postgres_reader: str = field(default_factory=_fresh, repr=False)
    patroni_api: str = field(default_factory=_fresh, repr=False)
    object_store: str = field(default_factory=_fresh, repr=False)
    wal_archive: str = field(default_factory=_fresh, repr=False)
    object_store_hash: str = field(default_factory=_fresh, repr=False)


def load_or_create(path: Path) -> Passwords:
    """Read the cluster's passwords, or generate them on the first start.

    Args:
        path: A JSON file; it appears whole and with mode 0600, or not at all.

    Raises:
        LocalError: The file is there but is not what this command wrote.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        created = Passwords()
        write_private(path, json.dumps(asdict(created), indent=2) + "\n")
        return created
    except ValueError as error:
        raise LocalError(_unreadable(path, f"is not JSON ({error})")) from error
    known = {item.name for item in fields(Passwords)}
    if not isinstance(found, dict) or set(found) != known:
        raise LocalError(_unreadable(path, f"should hold exactly {', '.join(sorted(known))}"))
    return Passwords(**found)


def _unreadable(path: Path, what: str) -> str:
    return (
        f"{path} {what}. Restore it from a copy: the cluster's data cannot be opened without it; "
        "or give the data up with `make clean`"
    )


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner alone from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
