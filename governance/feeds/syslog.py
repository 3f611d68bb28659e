"""Events to a syslog server: RFC 5424 over TLS (RFC 5425), framed by octet counting (RFC 6587, section 3.4.1).

Syslog has no answers. So each batch has a connection of its own, which is closed in order: we say that we are done, and
count the batch as taken once the server has closed as well, which it does after it has read everything. One that does
not close counts as one that has not taken it, and gets it again.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address, ip_network
from threading import Timer
from time import monotonic

from django.conf import settings

from audit.exports.ocsf import line_of
from governance.errors import Invalid
from governance.feeds.sinks import FedEvent
from governance.notices.unsent import Unsent
from governance.policies.outgoing import Address, NoAnswer, is_public, resolved

SECONDS = 20.0
"""For a batch: name, connection, all lines and the close."""
LONGEST = 8_192
"""Bytes of a message: what RFC 5425 asks receivers to take (section 4.3.1)."""
_HEAD = 400
"""Bytes that are left for the header and the structured data."""
FACILITY = 13
"""Log audit (RFC 5424, table 1)."""
_SEVERITIES = {1: 6, 2: 5, 3: 4, 4: 3, 5: 2}
"""OCSF's informational, low, medium, high, critical -> syslog's."""
STRUCTURED_ID = "sealbook@32473"
"""32473 is the number that RFC 5612 keeps for documentation: Sealbook has none of its own."""
_ADDRESS = re.compile(r"(?P<clear>tcp://)?(?P<host>\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def checked_syslog_address(address: str) -> str:
    """Return the address of a syslog server, `host:port` over TLS; `tcp://` in the clear leads to this machine alone.

    Raises:
        Invalid: it is none.
    """
    found = _ADDRESS.fullmatch(address.strip())
    port = int(found["port"]) if found else 0
    if found is None or not 0 < port < 65536 or (found["clear"] and found["host"] not in _LOOPBACK):
        raise Invalid(
            "A syslog server has a host and a port.",
            field="address",
            remedy="Such as logs.example.com:6514, which is TLS; tcp:// leads to this machine alone.",
        )
    return address.strip()


class SyslogSink:
    """Sends a batch over one connection, closed in order."""

    def __init__(self, address: str) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise Unsent("address")
        self._host, self._port, self._is_clear = found["host"].strip("[]"), int(found["port"]), bool(found["clear"])

    def __call__(self, events: Sequence[FedEvent]) -> None:
        text = b"".join(framed(message_of(each)) for each in events)
        deadline = monotonic() + SECONDS
        try:
            self._send(text, deadline)
        except NoAnswer as none:
            raise Unsent(none.cause) from None
        except TimeoutError:
            raise Unsent("time") from None
        except ssl.SSLError:
            raise Unsent("certificate") from None
        except OSError:
            raise Unsent("time" if monotonic() >= deadline else "connection") from None

    def _send(self, text: bytes, deadline: float) -> None:
        found = resolved(self._host, self._port, SECONDS)
        allowed = partial(_may_lie_at, is_clear=self._is_clear)
        if not found or not all(allowed(ip_address(address[0])) for _, address in found):
            raise Unsent("address")
        family, address = found[0]
        with socket.socket(family, socket.SOCK_STREAM) as bare:
            bare.settimeout(max(0.1, deadline - monotonic()))
            bare.connect(address)
            # Time-outs of sockets are per operation: a server that reads a byte now and then would never meet one.
            guard = Timer(max(0.1, deadline - monotonic()), _hang_up, [bare.dup()])
            guard.daemon = True
            guard.start()
            try:
                link = bare if self._is_clear else _tls(bare, self._host)
                link.sendall(text)
                _close_in_order(link)
            finally:
                guard.cancel()


def message_of(fed: FedEvent) -> bytes:
    """Return the RFC 5424 message of an event: its place and leaf as structured data, the event as JSON in ASCII."""
    event = fed.event
    priority = FACILITY * 8 + _SEVERITIES.get(event["severity_id"], 6)
    at = datetime.fromtimestamp(event["time"] / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = re.sub(r"[^\x21-\x7e]", "_", str(event["activity_name"]))[:32] or "-"
    known: Mapping[str, object] = {
        "index": fed.index,
        "leaf": event["attestation"]["fingerprint"]["value"],
        "environment": event["unmapped"]["environment"] or "",
    }
    data = " ".join(f'{key}="{_escaped(str(value))}"' for key, value in known.items())
    head = f"<{priority}>1 {at} - sealbook - {name} [{STRUCTURED_ID} {data}] "
    return head.encode() + line_of(event, most=LONGEST - _HEAD)


def framed(message: bytes) -> bytes:
    """Return a message behind its length."""
    return str(len(message)).encode() + b" " + message


def _escaped(text: str) -> str:
    """Escape a value of structured data (RFC 5424, section 6.3.3); what is no visible ASCII cannot stand there."""
    return re.sub(r'(["\\\]])', r"\\\1", re.sub(r"[^\x20-\x7e]", "_", text))


def _close_in_order(link: socket.socket) -> None:
    if isinstance(link, ssl.SSLSocket):
        with suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
            link.unwrap()
        return
    link.shutdown(socket.SHUT_WR)
    while link.recv(4096):
        pass


def _tls(bare: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=settings.GOVERNANCE_FEED_AUTHORITIES or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context.wrap_socket(bare, server_hostname=host)


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()


def _may_lie_at(address: Address, *, is_clear: bool) -> bool:
    if is_clear:
        return address.is_loopback
    return is_public(address) or any(address in ip_network(each) for each in settings.GOVERNANCE_WEBHOOK_NETWORKS)
