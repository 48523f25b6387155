"""Hosts as network namespaces on one switch, for root.

The switch is a bridge in a namespace of its own, so that whatever firewall this machine has for
its own bridges does not see it. This machine reaches the cluster over one link, and through it
only the front door (MLflow and S3): no account on it can talk to a database or to the object
store's inside.
"""

from __future__ import annotations

import subprocess
from ipaddress import IPv4Network
from pathlib import Path

from local.errors import LocalError
from local.layout import FRONT_DOOR, FRONT_DOOR_OBJECTS, Layout
from local.programs import Programs
from local.traffic import TABLE, Trouble, packets_hit, removal

NAMESPACES = Path("/run/netns")
SWITCH = "switch"


class Fabric:
    """The switch, this machine's link to it, and one link per host."""

    def __init__(self, layout: Layout, programs: Programs) -> None:
        self.layout = layout
        self._programs = programs

    def namespace(self, host: str) -> str:
        return f"{self.layout.identity}-{host}"

    def path(self, host: str) -> Path:
        return NAMESPACES / self.namespace(host)

    def create(self) -> None:
        """Make what is missing; what is there stays."""
        self._refuse_a_network_in_use()
        switch, uplink = self.namespace(SWITCH), self.layout.identity
        if not self.path(SWITCH).exists():
            self._ip(f"netns add {switch}")
            self._ip(
                "link set lo up",
                "link add bridge type bridge forward_delay 0",
                "link set bridge up",
                inside=switch,
            )
        if not Path(f"/sys/class/net/{uplink}").exists():
            self._ip(
                f"link add {uplink} type veth peer name uplink netns {switch}",
                f"address add {self.layout.uplink}/24 dev {uplink}",
                f"link set {uplink} up",
            )
            self._ip("link set uplink master bridge up", inside=switch)
        for host in self.layout.hosts:
            if not self.path(host).exists():
                self._create_host(host)

    def _create_host(self, host: str) -> None:
        namespace, switch = self.namespace(host), self.namespace(SWITCH)
        self._ip(f"netns add {namespace}")
        self._ip(
            "link set lo up",
            f"link add eth0 type veth peer name {host} netns {switch}",
            f"address add {self.layout.address(host)}/24 dev eth0",
            "link set eth0 up",
            inside=namespace,
        )
        self._ip(f"link set {host} master bridge up", inside=switch)
        if host in self.layout.names("lb"):
            # The front door listens on the shared address also while the other host holds it.
            self._inside(host, [self._programs["sysctl"], "-qw", "net.ipv4.ip_nonlocal_bind=1"])
        self._guard(host)

    def _guard(self, host: str) -> None:
        """From this machine only the front door is reachable."""
        open_port = (
            f"ip daddr {self.layout.front_door} tcp dport {{ {FRONT_DOOR}, {FRONT_DOOR_OBJECTS} }} accept"
            if host in self.layout.names("lb")
            else ""
        )
        self._nft(
            host,
            "table inet guard {\nchain input {\ntype filter hook input priority 0\n"
            f"iif lo accept\n{open_port}\nip saddr {self.layout.uplink} drop\n}}\n}}\n",
        )

    def set_link(self, host: str, *, up: bool) -> None:
        """Plug or pull the host's cable, at the switch."""
        self._ip(f"link set {host} {'up' if up else 'down'}", inside=self.namespace(SWITCH))

    def trouble(self, host: str, trouble: Trouble) -> None:
        """Do to the host's packets what `trouble` says, instead of what was done before."""
        self._nft(host, trouble.rules)

    def packets_hit(self, host: str) -> int:
        """How many packets the fault in place has hit.

        Raises:
            LocalError: There is none: its rules were not accepted.
        """
        nft = self._programs["nft"]
        return packets_hit(self._inside(host, [nft, "-j", "list", "table", "inet", TABLE]))

    def restore_traffic(self, host: str) -> None:
        self._nft(host, removal())

    def remove(self) -> None:
        """Take everything away, and the mount that the first namespace of a machine brings."""
        for host in (*self.layout.hosts, SWITCH):
            if self.path(host).exists():
                self._ip(f"netns delete {self.namespace(host)}")
        if Path(f"/sys/class/net/{self.layout.identity}").exists():
            self._ip(f"link delete {self.layout.identity}")
        if NAMESPACES.is_dir() and not any(NAMESPACES.iterdir()):
            subprocess.run(["umount", str(NAMESPACES)], capture_output=True, check=False)

    def enter_prefix(self, host: str) -> list[str]:
        """The beginning of a command that is to run in the host's network."""
        return self._enter(self.path(host))

    def _enter(self, namespace: Path) -> list[str]:
        # Not `ip netns exec` or `ip -netns`: they remount /sys, which hides the cgroups, and
        # fail where / is no mount point (a chroot).
        return [self._programs["nsenter"], f"--net={namespace}", "--"]

    def _refuse_a_network_in_use(self) -> None:
        wanted = self.layout.network
        for line in self._output([self._programs["ip"], "-4", "-oneline", "address"]).splitlines():
            interface, address = line.split()[1], line.split()[3]
            if interface == self.layout.identity:
                continue
            if IPv4Network(address, strict=False).overlaps(wanted):
                raise LocalError(
                    f"network {wanted} overlaps {address} on interface {interface}. Choose "
                    "another with `python -m local --network 198.18.N.0/24 up`"
                )

    def _inside(self, host: str, command: list[str]) -> str:
        return self._output([*self.enter_prefix(host), *command])

    def _nft(self, host: str, rules: str) -> None:
        self._output([*self.enter_prefix(host), self._programs["nft"], "-f", "-"], stdin=rules)

    def _ip(self, *lines: str, inside: str | None = None) -> None:
        prefix = self._enter(NAMESPACES / inside) if inside else []
        batch = [*prefix, self._programs["ip"], "-batch", "-"]
        self._output(batch, stdin="\n".join(lines) + "\n")

    def _output(self, command: list[str], stdin: str | None = None) -> str:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            raise LocalError(
                f"`{' '.join(command)}` failed: {done.stderr.strip()}. Namespaces need root "
                "with CAP_NET_ADMIN and CAP_SYS_ADMIN (in a container: --privileged)"
            )
        return done.stdout
