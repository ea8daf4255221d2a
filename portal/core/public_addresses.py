"""Where webhooks may connect to: public addresses only, checked after the name was resolved."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.core import errors

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

# What `is_global` of some Python versions lets through: addresses that carry another address in
# them (mapped, compatible, NAT64, 6to4, Teredo), and ranges that were set apart since.
NEVER = [
    ipaddress.ip_network(text)
    for text in (
        *(
            "::/96",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/23",
        ),
        *(
            "100::/64",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
            "192.88.99.0/24",
        ),
    )
]


class AddressRefused(errors.Invalid):
    """The webhook's address leads to a private network, or is no address we connect to."""

    code = "webhook-address-refused"
    title = "Webhooks cannot be sent to this address"
    advice = "Give an https address whose name resolves to public addresses only."


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str
    """With the query."""
    address: str
    """The checked address. Connect to this one: the name may resolve differently next time."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_rest, address in found]


def find_target(url: str, *, allow_loopback: bool, resolver: Resolver = resolve) -> Target:
    """Resolve the host and return one checked address. Raise AddressRefused.

    One refused address among several refuses all: the next connection could take it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("This is not a valid address.") from error
    if parts.scheme not in ("https", "http") or not host or not url.isprintable() or " " in url:
        raise AddressRefused("Give an address that begins with https://.")
    if not url.isascii():
        raise AddressRefused("Write the name as xn--…, and the path with % for other letters.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("Leave user name and password out of the address.")
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        addresses = [ipaddress.ip_address(a.partition("%")[0]) for a in resolver(host, port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise AddressRefused("The name in this address does not resolve.") from error
    loopback = allow_loopback and all(address.is_loopback for address in addresses)
    if not addresses or not (loopback or all(map(is_public, addresses))):
        raise AddressRefused("This address leads to a network that is not public.")
    if parts.scheme == "http" and not loopback:
        raise AddressRefused("Give an address that begins with https://.")
    if port not in (80, 443) and port < 1024:
        raise AddressRefused("Use port 443 or a port from 1024 on.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, str(addresses[0]))


def is_public(address: IPAddress) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    return not any(address.version == net.version and address in net for net in NEVER)
