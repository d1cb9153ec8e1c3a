"""Which addresses a poller may dial: `public_only`, and the sockets and names of a connector that asks it first."""

import socket
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from feeds.lookups import Lookups

Address = IPv4Address | IPv6Address
MayDial = Callable[[Address], bool]

# RFC 6052 (NAT64), RFC 4291 2.5.5.1 (IPv4-compatible): the last 32 bits are the IPv4 address really meant.
CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
# IANA gives out global unicast addresses from here only; `is_global` says yes to fec0::/10 and others outside.
GLOBAL_UNICAST = IPv6Network("2000::/3")
# Special-purpose blocks (IANA registries) that `is_global` of older patch releases of Python 3.11 and 3.12 takes for
# public in part (CVE-2024-4032), and 168.63.129.16, the public address of Azure's metadata service.
NEVER = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("168.63.129.16/32"),
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
# A lookup of a dead name holds a thread for 5 to 20 s (glibc's resolver timeouts), so there are more threads than dead
# names in any list of feeds seen; they start only when wanted.
LOOKUPS = 32
CONNECTIONS = 100
CONNECTIONS_PER_HOST = 2


class AddressRefusedError(OSError):
    """The connector was about to dial an address that it may not: `str(error)`. An OSError, so that a host's next
    address is tried."""


def public_only(ip: Address) -> bool:
    """Whether an address is one of the public internet: global, unicast, no cloud's metadata service. An IPv4 address
    inside an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo with its server) is what is judged there."""
    carried = _carried(ip)
    return all(map(public_only, carried)) if carried else _is_public(ip)


def _carried(ip: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for, none for most."""
    if isinstance(ip, IPv4Address):
        return ()
    if ip.teredo:
        return ip.teredo
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and any(ip in network for network in CARRIERS):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return (inner,) if inner else ()


def _is_public(ip: Address) -> bool:
    if isinstance(ip, IPv6Address) and ip not in GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NEVER)


class Resolver(AbstractResolver):
    """getaddrinfo in threads of its own: aiohttp's resolver shares the loop's default pool, where a dozen dead names
    keep everyone else's `to_thread` waiting."""

    def __init__(self) -> None:
        self._lookups = Lookups(LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`; raises OSError where it has none."""
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await self._lookups.ask(look_up)
        return [_resolved(host, port, family, address) for family, _, _, _, address in found]

    async def close(self) -> None:
        """Give up the lookups that wait, and wait for none that is under way."""
        self._lookups.forget()


def _resolved(host: str, port: int, family: socket.AddressFamily, address: tuple[object, ...]) -> ResolveResult:
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=str(address[0]), port=port, family=family, proto=0, flags=numeric)


class GuardedConnector(TCPConnector):
    """A TCPConnector that asks `may_dial` about the very address it is about to connect to, so that literals, odd
    spellings and names that resolve elsewhere the second time are all covered. Closes its resolver with itself."""

    def __init__(self, *, may_dial: MayDial) -> None:
        self._own_resolver = Resolver()
        super().__init__(
            resolver=self._own_resolver,
            socket_factory=partial(guarded_socket, may_dial),
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
        )

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close the connections, then the resolver."""
        await super().close(abort_ssl=abort_ssl)
        await self._own_resolver.close()


def guarded_socket(may_dial: MayDial, target: AddrInfoType) -> socket.socket:
    """A socket for the target of a connection. Raises AddressRefusedError where it may not be dialled."""
    family, kind, protocol, _, address = target
    if not may_dial(ip_address(address[0])):
        raise AddressRefusedError(str(address[0]))
    return socket.socket(family=family, type=kind, proto=protocol)
