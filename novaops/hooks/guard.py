"""Where a webhook may be sent to: the internet, and the private networks that the installation names.

A name is resolved here once, and the address that was judged is the one that is connected to: a name that means
something else a moment later (DNS rebinding) changes nothing."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from novaops.hooks.problems import AddressRefused

Address = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
# Addresses of IPv6 that carry one of IPv4 and are routed to it by a gateway (NAT64).
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Target:
    """`addresses` may be connected to; `host` is for the request's header and the certificate."""

    tls: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def parts_of(url: str) -> SplitResult:
    """The address taken apart. AddressRefused when it is no http(s) address of a host, or holds a login."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused(f"“{url[:200]}” is no address.") from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise AddressRefused("The address must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("The address must not hold a login: the signature says who sends.")
    if any(character.isspace() or not character.isprintable() for character in url) or "\\" in url:
        raise AddressRefused("The address holds characters that no address has.")
    return parts


def target(url: str, only_numbers: bool = False) -> Target:
    """Resolves the address's host. AddressRefused when it cannot be resolved or leads to where nothing may be sent.
    With `only_numbers` no name server is asked: only a host that is written as a number is judged."""
    parts = parts_of(url)
    host, port = _ascii(parts.hostname or ""), parts.port or PORTS[parts.scheme]
    found = _resolved(host, port, only_numbers)
    allowed = tuple(one for one in found if allows(one))
    if found and not allowed:
        raise AddressRefused(
            f"{host} is {found[0]}, an address that is not on the internet. Where receivers of your own network are "
            "meant, NOVAOPS_HOOKS_PRIVATE_NETWORKS names the networks that may be reached."
        )
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe="/?%:=&~+!$,;'@()*[]-._")
    return Target(parts.scheme == "https", host, port, path, tuple(map(str, allowed)))


def allows(address: Address) -> bool:
    """Whether this one may be connected to."""
    judged = (address, *_inside(address))
    if any(one in network for network in settings.HOOKS_PRIVATE_NETWORKS for one in judged):
        return True
    return all(_on_the_internet(one) for one in judged)


def _on_the_internet(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not odd and not getattr(address, "is_site_local", False)


def _inside(address: Address) -> tuple[IPv4Address, ...]:
    """The address of IPv4 that one of IPv6 leads to."""
    if not isinstance(address, IPv6Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in TRANSLATED) or int(address) >> 32 == 0:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)


def _resolved(host: str, port: int, only_numbers: bool) -> tuple[Address, ...]:
    flags = socket.AI_NUMERICHOST if only_numbers else 0
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as problem:
        if only_numbers:
            return ()
        raise AddressRefused(f"{host} cannot be resolved: {getattr(problem, 'strerror', None) or problem}.") from None
    # A link-local address comes with its interface behind a percent sign.
    return tuple(dict.fromkeys(ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers))


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise AddressRefused(f"“{host[:200]}” is no name of a host.") from None
