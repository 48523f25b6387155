"""What happens to a host's packets while a fault is in place: text of nftables rules, pure.

Every rule that harms counts what it hits, so that a fault can be proven before it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TABLE = "fault"
BEFORE_THE_GUARD = -10
"""The host's own rules (`Fabric`) sit at 0."""
_OF_A_HUNDRED = 100


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Whom a host no longer talks with, and in which direction.

    Attributes:
        peers: Their addresses; None is everybody.
        hears: Their packets still arrive.
        is_heard: Its packets still leave.
    """

    peers: tuple[str, ...] | None = None
    hears: bool = False
    is_heard: bool = False

    @property
    def rules(self) -> str:
        theirs, its = "iif != lo", "oif != lo"
        if self.peers is not None:
            listed = "{ " + ", ".join(self.peers) + " }"
            theirs, its = f"ip saddr {listed}", f"ip daddr {listed}"
        return _table(
            "" if self.hears else _chain("input", f"{theirs} counter drop"),
            "" if self.is_heard else _chain("output", f"{its} counter drop"),
        )


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Packets that vanish at random, in both directions.

    Attributes:
        percent: How many of a hundred.
    """

    percent: int

    @property
    def rules(self) -> str:
        if not 0 < self.percent < _OF_A_HUNDRED:
            raise ValueError(
                f"{self.percent} % of all packets: choose 1 to 99, or cut the host off"
            )
        unlucky = f"numgen random mod {_OF_A_HUNDRED} < {self.percent} counter drop"
        return _table(
            _chain("input", f"iif != lo {unlucky}"), _chain("output", f"oif != lo {unlucky}")
        )


@dataclass(frozen=True, kw_only=True)
class Detour:
    """Connections to one port go to another one of the same host; those there are get a reset.

    Attributes:
        port: Where clients believe to be connected.
        to: Who really listens.
    """

    port: int
    to: int

    @property
    def rules(self) -> str:
        # Detoured packets have their new port by the time they reach the input hook.
        return _table(
            _chain("input", f"iif != lo tcp dport {self.port} counter reject with tcp reset"),
            "chain detour {\ntype nat hook prerouting priority -100\n"
            f"tcp dport {self.port} counter redirect to :{self.to}\n}}\n",
        )


Trouble = Cut | Loss | Detour


def removal() -> str:
    """Rules that take a fault away, whether or not there is one."""
    return f"table inet {TABLE} {{}}\ndelete table inet {TABLE}\n"


def packets_hit(listing: str) -> int:
    """How many packets the rules of a table have counted.

    Args:
        listing: What `nft -j list table` printed.
    """
    entries = json.loads(listing)["nftables"]
    return sum(_counters([entry["rule"]["expr"] for entry in entries if "rule" in entry]))


def _counters(rules: Sequence[Sequence[object]]) -> Iterator[int]:
    for rule in rules:
        for part in rule:
            if isinstance(part, dict) and "counter" in part:
                yield int(part["counter"]["packets"])


def _table(*chains: str) -> str:
    return f"{removal()}table inet {TABLE} {{\n{''.join(chains)}}}\n"


def _chain(hook: str, rule: str) -> str:
    return f"chain {hook} {{\ntype filter hook {hook} priority {BEFORE_THE_GUARD}\n{rule}\n}}\n"
