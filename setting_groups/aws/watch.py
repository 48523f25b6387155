"""Who is told, and what the environment may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen

Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Watch(Frozen):
    """Alarms, logs, the canary and the budget."""

    emails: Annotated[tuple[Address, ...], Field(min_length=1, max_length=10)]
    """Told of everything. Each gets a message to confirm once."""
    pager_emails: Annotated[tuple[Address, ...], Field(max_length=10)] = ()
    """Told of what cannot wait, and of its end: the address that a pager's service gives. Like the
    others it is kept in the stack's file and state, so treat it as known to everybody who reads them.
    None: pages are mails like the rest."""
    runbooks_url: Annotated[str, Field(pattern=r"^https://[^\s]+[^/]$")]
    """Where the folder runbooks/ can be read; every alarm links to its page below it."""
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = 30
    """Days that CloudWatch keeps logs; it takes no others.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
    canary_every_minutes: Annotated[int, Field(ge=1, le=60)] = 1
    monthly_budget_usd: Annotated[int, Field(ge=1)]


class Load(Frozen):
    """What the environment is assumed to do in a month; only the cost table depends on it."""

    requests_per_second: Annotated[float, Field(ge=0)] = 5
    artifact_gib: Annotated[float, Field(ge=0)] = 200
    new_artifact_gib: Annotated[float, Field(ge=0)] = 40
    """Written in a month; also what is replicated to the second region."""
    downloaded_gib: Annotated[float, Field(ge=0)] = 60
    """Read in a month by clients inside the region, through the load balancer."""
    log_gib: Annotated[float, Field(ge=0)] = 10
    nat_gib: Annotated[float, Field(ge=0)] = 20
    """Through NAT gateways or interface endpoints: images, logs, secrets (S3 has its gateway)."""
