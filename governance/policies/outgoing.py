"""One HTTP request to another host, over a connection to an address that was looked at.

The name is resolved once; every address must be a public one, and the connection goes to what was looked at, so a name
that answers differently a moment later gains nothing. No redirect is followed, no proxy is asked, no cookie is kept.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from time import monotonic

MOST_RECEIVED = 64 * 1024
"""Bytes of an answer's body; longer ones are no answer."""
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""NAT64 prefixes (RFC 6052, RFC 8215): behind them lies any IPv4 address, one of our own network as well."""
PROTOCOL_ASSIGNMENTS = IPv4Network("192.0.0.0/24")
"""Of the IETF's own uses (RFC 6890): networks put their gateways there, whatever single addresses of it may be."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request: `target` is path and query; `is_clear` for plain HTTP, which leads to this machine alone."""

    host: str
    port: int
    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_clear: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str = field(default="", repr=False)
    """As the header of that name says it."""


class NoAnswer(Exception):
    """The request was not made or not answered; `cause` says why in a word of ours."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def exchange(request: Outgoing, *, seconds: float, loopback: bool) -> Incoming:
    """Send a request and return its answer, whatever its status.

    Args:
        seconds: for everything together: the name, the connection, the whole of the answer.
        loopback: whether this machine itself may be asked, and nothing else then; for tests and development.

    Raises:
        NoAnswer: no public address, no connection, no proof of the name, too slow, too long, no HTTP.
    """
    return exchange_where(request, seconds=seconds, allowed=_is_this_machine if loopback else is_public)


def exchange_where(
    request: Outgoing, *, seconds: float, allowed: Callable[[Address], bool], most: int = MOST_RECEIVED
) -> Incoming:
    """Send a request as `exchange` does, to addresses of the caller's choice: for a host that the deployment names.

    Args:
        most: bytes of an answer's body; longer ones are no answer.

    Raises:
        NoAnswer: as `exchange`.
    """
    deadline = monotonic() + seconds
    addresses = resolved(request.host, request.port, seconds)
    if not addresses or not all(allowed(ip_address(address[0])) for _, address in addresses):
        raise NoAnswer("address")
    try:
        return _exchanged(request, addresses[0], deadline, most)
    except TimeoutError:
        raise NoAnswer("time") from None
    except ssl.SSLError:
        raise NoAnswer("certificate") from None
    except (OSError, HTTPException, ValueError):
        raise NoAnswer("time" if monotonic() >= deadline else "connection") from None


def is_public(address: Address) -> bool:
    """Whether an address, and one that it carries inside, belongs to the public internet."""
    if isinstance(address, IPv4Address) and address in PROTOCOL_ASSIGNMENTS:
        return False
    if isinstance(address, IPv6Address):
        if address.is_site_local:
            return False
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(address in network for network in TRANSLATED):
            return False
        if not all(is_public(inner) for inner in carried if inner is not None):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_this_machine(address: Address) -> bool:
    return address.is_loopback


Found = tuple[socket.AddressFamily, tuple[str, int]]


def resolved(host: str, port: int, seconds: float) -> list[Found]:
    """Resolve a name within a time; the system's resolver itself knows no limit."""
    found: SimpleQueue[list[Found]] = SimpleQueue()

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers = []
        found.put([(family, (str(address[0]), port)) for family, _, _, _, address in answers])

    Thread(target=look_up, name="script-name-look-up", daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except Empty:
        raise NoAnswer("time") from None


def _exchanged(request: Outgoing, found: Found, deadline: float, most: int) -> Incoming:
    family, address = found
    with socket.socket(family, socket.SOCK_STREAM) as bare:
        bare.settimeout(_left(deadline))
        bare.connect(address)
        link = bare if request.is_clear else _tls(bare, request.host)
        # Time-outs of sockets are per operation: whoever sends a byte now and then would never meet one.
        guard = Timer(_left(deadline), _hang_up, [link])
        guard.daemon = True
        guard.start()
        try:
            if isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            answer = _spoken(request, link, most)
        finally:
            guard.cancel()
            link.close()
    _left(deadline)  # an answer that was cut off by then may look whole
    return answer


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(link, socket.SHUT_RDWR)  # the bare one: the other thread is inside the TLS layer


def _tls(bare: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context.wrap_socket(bare, do_handshake_on_connect=False, suppress_ragged_eofs=False, server_hostname=host)


def _spoken(request: Outgoing, link: socket.socket, most: int) -> Incoming:
    connection = HTTPConnection(request.host, request.port)
    connection.sock = link
    connection.default_port = 80 if request.is_clear else 443  # the Host header leaves it out
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    if request.body or request.method not in {"GET", "HEAD"}:
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)
    answer = connection.getresponse()
    body = answer.read(most + 1)
    if len(body) > most:
        raise NoAnswer("length")
    if answer.length:
        raise IncompleteRead(body, answer.length)
    return Incoming(answer.status, body, answer.getheader("Retry-After", ""))


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise NoAnswer("time")
    return left
