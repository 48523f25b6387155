"""Which hosts there are and where they answer: pure arithmetic over one /24.

As root every host has an address of its own out of 198.18.0.0/15 (RFC 2544, used by no real
network). Without root the hosts are loopback addresses, and the front door is 127.0.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from settings import Settings

# The last octet of the first host of each role; lb-2 is one above lb-1, and so on.
FIRST_OCTET = {"dcs": 21, "db": 31, "app": 41, "lb": 51, "s3": 61}
FRONT_DOOR_OCTET = 10
UPLINK_OCTET = 254
DCS_MEMBERS = 3
"""An etcd majority of two survives the loss of one; more members only add write latency."""

ETCD_CLIENT, ETCD_PEER = 2379, 2380
POSTGRES, PATRONI, PGBOUNCER = 5432, 8008, 6432
MLFLOW = FRONT_DOOR = 5000
FRONT_DOOR_ALIVE = 5001
SWIFT_PROXY, FRONT_DOOR_OBJECTS = 8080, 9000
SWIFT_OBJECT, SWIFT_CONTAINER, SWIFT_ACCOUNT, SWIFT_RSYNC = 6200, 6201, 6202, 8873


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Names and addresses of one cluster.

    Attributes:
        network: The /24 the cluster occupies.
        isolated: True where hosts are network namespaces, False where they share loopback.
        settings: How many hosts of each role there are.
    """

    network: IPv4Network
    isolated: bool
    settings: Settings

    def names(self, role: str) -> list[str]:
        """Hosts of a role ("dcs", "db", "app", "lb", "s3"), in order."""
        return [f"{role}-{number}" for number in range(1, self._count(role) + 1)]

    @property
    def hosts(self) -> list[str]:
        return [name for role in FIRST_OCTET for name in self.names(role)]

    def address(self, host: str) -> str:
        if host == "lb-1" and not self.isolated:
            return "127.0.0.1"
        role, number = host.rsplit("-", 1)
        return str(self._at(FIRST_OCTET[role] + int(number) - 1))

    @property
    def front_door(self) -> str:
        """The address clients use; as root it moves between the two lb hosts."""
        return str(self._at(FRONT_DOOR_OCTET)) if self.isolated else "127.0.0.1"

    @property
    def uplink(self) -> str:
        """This machine's own address on the cluster's network (as root only)."""
        return str(self._at(UPLINK_OCTET))

    @property
    def endpoint(self) -> str:
        return f"http://{self.front_door}:{FRONT_DOOR}"

    @property
    def object_endpoint(self) -> str:
        """Where S3 is spoken: MLflow signs URLs with it that clients then use themselves."""
        return f"http://{self.front_door}:{FRONT_DOOR_OBJECTS}"

    @property
    def identity(self) -> str:
        """A short name for kernel objects: interface names have room for 15 characters."""
        return f"mha{int(self.network.network_address) - int(IPv4Address('198.18.0.0')) >> 8}"

    def _at(self, octet: int) -> IPv4Address:
        base = int(self.network.network_address)
        if not self.isolated:
            # 198.18.7.0/24 becomes 127.18.7.0/24, so that two clusters stay apart here too.
            base = (base & 0x00FFFFFF) | (127 << 24)
        return IPv4Address(base + octet)

    def _count(self, role: str) -> int:
        return {
            "dcs": DCS_MEMBERS,
            "db": self.settings.database.nodes,
            "app": self.settings.tracking.instances,
            "lb": 2 if self.isolated else 1,
            "s3": self.settings.storage.zones,
        }[role]
