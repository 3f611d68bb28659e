"""`sealbook flows list|deploy|start|stop|scale`: flows that run on a server, as one of its clients sees them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from config.embedded.errors import LaunchError
from config.flows.hub_server import HubServer
from config.flows.terminal import say, table
from dataflow.grammar.heading import parse_package

DEPLOYMENTS = "/dataflow/deployments"
_PAGE = 1_000
_HEADING = ("flow", "state", "workers", "succeeded", "failed", "waiting")


class FlowServer(HubServer):
    """Calls about deployed flows. Every method raises `LaunchError` with what the server says."""

    def deployments(self) -> Iterator[Mapping[str, Any]]:
        """Yield everything that is deployed, each with its figures."""
        cursor, has_next = "", True
        while has_next:
            page = self._ask("GET", f"{DEPLOYMENTS}?{urlencode({'limit': _PAGE, 'starting_after': cursor})}")
            for each in page["data"]:
                yield self._ask("GET", f"{DEPLOYMENTS}/{quote(str(each['id']))}")
            cursor, has_next = page["next"], page["has_next"]

    def deployment(self, name: str) -> Mapping[str, Any] | None:
        """Return the deployment of a flow, None where there is none."""
        asked = urlencode({"filter": f"('name',EQ,'{name}')"})
        found = self._ask("GET", f"{DEPLOYMENTS}?{asked}")["data"]
        return found[0] if found else None

    def deploy(self, item: str, *, client: str, workers: int) -> Mapping[str, Any]:
        """Deploy a flow of the hub."""
        return self._ask("POST", DEPLOYMENTS, {"item_id": item, "client_id": client, "workers": workers})

    def change(self, deployment: str, **change: Any) -> Mapping[str, Any]:
        """Decide one thing about a deployment."""
        return self._ask("PUT", f"{DEPLOYMENTS}/{quote(deployment)}", change)


def flows(words: Sequence[str]) -> int:
    """Say what runs on the server, or decide about it."""
    parser = argparse.ArgumentParser(
        prog="sealbook flows", description="What runs on the server of SEALBOOK_URL, decided by its client."
    )
    asked = parser.add_subparsers(dest="asked", required=True)
    asked.add_parser("list", help="what is deployed, and how it does")
    deploy = asked.add_parser("deploy", help="run a flow of the hub, or another version of one that runs")
    deploy.add_argument("item", metavar="NAMESPACE/NAME@VERSION")
    deploy.add_argument("--client", default="", help="id of the client that it runs as (default: the one that asks)")
    deploy.add_argument("--workers", type=int, default=1, help="processes that work on it, 1 to 8 (default: 1)")
    for name, says in (("start", "let it run again"), ("stop", "end its workers"), ("scale", "change their number")):
        asked.add_parser(name, help=says).add_argument("flow", metavar="NAMESPACE/NAME")
    asked.choices["scale"].add_argument("workers", type=int)
    chosen = parser.parse_args(words)
    if chosen.asked == "list":
        return _list(FlowServer.named())
    if chosen.asked == "deploy":
        return _deploy(chosen.item, chosen.client, chosen.workers)
    change = {"start": {"wanted": "running"}, "stop": {"wanted": "stopped"}}.get(chosen.asked)
    return _change(chosen.flow, change or {"workers": chosen.workers})


def _list(server: FlowServer) -> int:
    rows = [_row(each) for each in server.deployments()]
    say(table([_HEADING, *rows]) if rows else "Nothing is deployed.")
    return 0


def _row(each: Mapping[str, Any]) -> tuple[str, ...]:
    figures = each["figures"]
    services = figures["services"] if figures else []
    waiting = [one["waiting"] for one in services]
    state = each["state"] if each["wanted"] == "running" or each["state"] != "running" else "stopping"
    return (
        f"{each['name']}@{each['version']}",
        f"{state}: {each['trouble']}" if each["trouble"] else state,
        f"{figures['alive'] if figures else '?'}/{each['workers']}",
        *(str(sum(one[name] for one in services)) if figures else "?" for name in ("succeeded", "failed")),
        "?" if not figures or None in waiting else str(sum(waiting)),
    )


def _deploy(item: str, client: str, workers: int) -> int:
    meta = parse_package(item)
    if meta is None:
        raise LaunchError(f"{item[:80]} names no version: write it as in example/mask-user-info@0.1.0.")
    server = FlowServer.named()
    known, found = server.deployment(f"{meta.namespace}/{meta.name}"), str(server.find(meta)["id"])
    if known is None:
        server.deploy(found, client=client or os.environ["USERCLOUDS_CLIENT_ID"], workers=workers)
        say(f"{meta} is deployed.")
    elif known["item_id"] == found:
        say(f"{meta} is deployed already.")
    else:
        server.change(str(known["id"]), item_id=found)
        say(f"{meta} goes on where {known['version']} stood.")
    return 0


def _change(flow: str, change: Mapping[str, Any]) -> int:
    if parse_package(f"{flow}@0.0.1") is None:
        raise LaunchError(f"{flow[:80]} names no flow: write it as in example/mask-user-info.")
    server = FlowServer.named()
    known = server.deployment(flow)
    if known is None:
        raise LaunchError(f"{flow} is not deployed.")
    decided = server.change(str(known["id"]), **change)
    say(f"{flow}: {decided['wanted']} is wanted, with {decided['workers']} workers.")
    return 0
