"""Who speaks to whom inside the VPC, and on which port. Nothing else is let through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from components.server_environment import PORT

Group = Literal["door", "service", "proxy", "database", "migration", "canary", "endpoints"]

HTTP, HTTPS = 80, 443
POSTGRES = 5432

CALLERS: tuple[Group, ...] = ("service", "migration", "canary")
"""What calls AWS."""
READERS: tuple[Group, ...] = ("service", "migration")
"""What reads and writes objects in S3. Layers of images are there too."""


@dataclass(frozen=True)
class Flow:
    """Connections that `source` opens to `target` over TCP."""

    source: Group
    target: Group
    port: int

    @property
    def name(self) -> str:
        return f"{self.source}-to-{self.target}"


def flows(
    *, proxy: bool, egress: Literal["nat", "endpoints"], scheme: Literal["internal", "internet"]
) -> tuple[Flow, ...]:
    """Return every connection between the parts.

    Args:
        proxy: Whether a pooler stands between the service and the database. The migration goes
            around it: it needs sessions of its own.
        egress: How AWS is reached: at the addresses of endpoints, or outside.
        scheme: Where the door is. One on the internet is reached at its public address, where
            security groups are not recognised.
    """
    return (
        Flow("door", "service", PORT),
        *(
            (Flow("service", "proxy", POSTGRES), Flow("proxy", "database", POSTGRES))
            if proxy
            else (Flow("service", "database", POSTGRES),)
        ),
        Flow("migration", "database", POSTGRES),
        *((Flow("canary", "door", HTTPS),) if scheme == "internal" else ()),
        *(
            (Flow(caller, "endpoints", HTTPS) for caller in CALLERS)
            if egress == "endpoints"
            else ()
        ),
    )
