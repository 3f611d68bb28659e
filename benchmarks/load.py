"""Clients that call one address as fast as they are answered: wrk where it is installed, else threads of our own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

SECONDS = 2  # wrk counts whole ones
_ERRORS = ("connect", "read", "write", "status", "time")
_LUA = """
local requests, at = {}, 0
init = function()
  local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer %s"}
  for line in io.lines("%s") do requests[#requests + 1] = wrk.format("POST", nil, headers, line) end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("FOUND %%d %%d %%d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Target:
    """An address with the bodies that are sent to it in turn."""

    port: int
    path: str
    token: str
    bodies: Sequence[str]


def loader() -> str:
    return "wrk" if shutil.which("wrk") else "own loader"


def rate(target: Target, *, clients: int) -> float:
    """Return answers per second. Raises `RuntimeError` when one of them is not a success."""
    with tempfile.TemporaryDirectory(prefix="sealbook-load-") as folder:
        if shutil.which("wrk"):
            return _rate_by_wrk(target, clients, Path(folder))
        return _rate_by_own_process(target, clients, Path(folder))


def _rate_by_wrk(target: Target, clients: int, folder: Path) -> float:
    bodies, script = folder / "bodies", folder / "load.lua"
    bodies.write_text("\n".join(target.bodies) + "\n")
    script.write_text(_LUA % (target.token, bodies))
    script.chmod(0o600)
    command = f"wrk -t1 -c{clients} -d{SECONDS}s -s {script} http://127.0.0.1:{target.port}{target.path}"
    ended = subprocess.run(command.split(), capture_output=True, text=True, check=True)  # noqa: S603  our own command
    found = next(line for line in ended.stdout.splitlines() if line.startswith("FOUND"))
    answers, microseconds, *errors = (int(number) for number in found.split()[1:])
    if any(errors):
        told = ", ".join(f"{kind} {n}" for kind, n in zip(_ERRORS, errors, strict=True) if n)
        raise RuntimeError(f"of {answers} calls of {target.path} failed: {told}")
    return answers / microseconds * 1e6


def _rate_by_own_process(target: Target, clients: int, folder: Path) -> float:
    """A process of its own, so that the clients do not share an interpreter with whoever measures."""
    order = folder / "order"
    order.write_text(json.dumps([target.port, target.path, target.token, list(target.bodies), clients]))
    order.chmod(0o600)
    command = [sys.executable, "-m", "benchmarks.load", str(order)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  our own command
    return float(ended.stdout)


def _call(target: Target, offset: int, counts: list[int], until: float) -> None:
    head = f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.token}\r\n"
    requests = [
        f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        for body in target.bodies
    ]
    with socket.create_connection(("127.0.0.1", target.port)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        at = offset
        while time.perf_counter() < until:
            link.sendall(requests[at % len(requests)])
            _take_answer(link)
            at += 1
    counts.append(at - offset)


def _take_answer(link: socket.socket) -> None:
    received = link.recv(65_536)
    while b"\r\n\r\n" not in received:
        received += _more(link)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError("a call failed")
    wanted = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < wanted:
        body += _more(link)


def _more(link: socket.socket) -> bytes:
    more = link.recv(65_536)
    if not more:
        raise RuntimeError("the server closed the connection")
    return more


def main() -> None:
    port, path, token, bodies, clients = json.loads(Path(sys.argv[1]).read_text())
    target, started = Target(port, path, token, bodies), time.perf_counter()
    counts: list[int] = []
    step = len(bodies) // clients
    threads = [Thread(target=_call, args=(target, n * step, counts, started + SECONDS)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) != clients:
        raise SystemExit("a client failed")
    print(sum(counts) / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
