"""Check of the addresses that may be connected to, on the resolved addresses themselves.

A host name is no evidence of its address: a server may redirect to a router's page or a cloud's
metadata service, and a name may resolve to one address for the check and to another for the
connection. So names are resolved once, here, and addresses that aren't public are left out.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from annotate.model.errors import AnnotateError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")
)
"""Blocks of IANA's registries of special addresses that some versions of Python treat as public."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 for IPv4 addresses (RFC 6052)."""
_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""IPv6 for IPv4 addresses, long out of use (RFC 4291)."""


def is_public(text: str) -> bool:
    """Whether an address belongs to a machine on the open internet.

    Args:
        text: As `socket.getaddrinfo` writes it, with or without a zone (`fe80::1%eth0`).
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:
            return False
    if any(address in block for block in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that is embedded in an IPv6 one, if there is one."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def reachable(host: str, port: int, *, allow_private: bool) -> list[tuple[int, Any]]:
    """The families and socket addresses of a host that may be used, in the resolver's order.

    Raises:
        AnnotateError: The host is unknown, or has private addresses only and they aren't allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise AnnotateError(f"cannot find the server {host!r}: is the address right?") from error
    allowed: list[tuple[int, Any]] = [
        (family, where)
        for family, _, _, _, where in found
        if allow_private or is_public(str(where[0]))
    ]
    if not allowed:
        raise AnnotateError(
            f"{host!r} is {found[0][4][0]}, an address of this machine or of a private network: "
            "allow it with --allow-private (in Python: allow_private=True) if you mean it"
        )
    return allowed
