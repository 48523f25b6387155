"""The load balancer: who may come in, under which name, and when a task is taken out."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen

REFUSING_TARGET_SECONDS = 10
HANGING_TARGET_SECONDS = 15
"""Until a task that refuses, or one that hangs, gets no more requests."""


class FrontDoor(Frozen):
    """The application load balancer and its firewall."""

    scheme: Literal["internal", "internet"] = "internal"
    allowed_cidrs: tuple[ipaddress.IPv4Network, ...] = ()
    """Who may connect. An internal door always admits its own VPC."""
    domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
    """The name clients use: the certificate's, and the only host that MLflow answers to."""
    zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{4,31}$")] | None = None
    """The Route 53 zone in which the certificate is validated and the name is put."""
    take_over_name: bool = False
    """Puts the name here although it stands elsewhere: for the second region, once the first is lost."""
    certificate_arn: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:acm:.+$")] | None = None
    """A certificate that exists already; who gives it also points the name at the balancer."""
    firewall: bool = False
    requests_per_address: Annotated[int, Field(ge=100, le=2_000_000_000)] = 60_000
    """Of the firewall, in five minutes. A whole team of trainers may share one address."""
    check_interval: Annotated[int, Field(ge=5, le=300)] = 5
    check_timeout: Annotated[int, Field(ge=2, le=120)] = 2
    checks_to_fall: Annotated[int, Field(ge=2, le=10)] = 2
    checks_to_return: Annotated[int, Field(ge=2, le=10)] = 2
    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 180
    """Seconds of silence in a connection. Longer than a client waits for its answer (120 s), since
    MLflow sends nothing while it stages an artifact; shorter than the server's keep-alive."""
    deregistration_delay: Annotated[int, Field(ge=0, le=3600)] = 60
    """Seconds a leaving task may finish its requests: what the server drains for, and some."""

    @property
    def keep_alive(self) -> int:
        """Seconds a task keeps an idle connection.

        The balancer has to be the one that closes it, or it sends requests into closed connections
        and answers 502.
        """
        return self.idle_timeout + 15

    def mistakes(self) -> list[str]:
        """The door has a certificate, opens to whom it says, and notices a dead task in time."""
        broken = []
        if not self.certificate_arn and not self.zone_id:
            broken.append(
                f"domain {self.domain}: a certificate for it has to be given (certificate_arn) or "
                "validated in a zone (zone_id). Add one of them"
            )
        if self.certificate_arn and self.zone_id:
            broken.append(
                "certificate_arn and zone_id: both are given, so it is not clear who owns the "
                "certificate. Remove one"
            )
        if self.scheme == "internet" and not self.allowed_cidrs:
            broken.append(
                "allowed_cidrs: an internet-facing door must say who may come in. List your "
                "networks, or write 0.0.0.0/0 if it shall be everybody"
            )
        open_to_all = [c for c in self.allowed_cidrs if not c.prefixlen]
        if self.scheme == "internal" and open_to_all:
            broken.append(
                "allowed_cidrs 0.0.0.0/0: an internal door is not open to the world. List private "
                "networks, or set scheme: internet"
            )
        refusing = self.check_interval * self.checks_to_fall
        if refusing > REFUSING_TARGET_SECONDS:
            broken.append(
                f"check_interval {self.check_interval} x checks_to_fall {self.checks_to_fall} = "
                f"{refusing} s: a task that refuses must be out within {REFUSING_TARGET_SECONDS} s. "
                "Use 5 and 2"
            )
        elif refusing + self.check_timeout > HANGING_TARGET_SECONDS:
            broken.append(
                f"check_timeout {self.check_timeout}: a task that hangs would be out after "
                f"{refusing + self.check_timeout} s, later than {HANGING_TARGET_SECONDS} s. Use 2"
            )
        return broken
