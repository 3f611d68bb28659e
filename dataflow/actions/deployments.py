"""Deploying published flows, and what is wanted of them. Supervisors and workers do what is wanted here."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from dataflow import events
from dataflow.actions.topics import leave_topics
from dataflow.hub.content import FLOW
from dataflow.models import Deployment, HubItem
from dataflow.models.deployments import MOST_WORKERS, RUNNING, STOPPED
from dataflow.queries import hub_item
from dataflow.running.deployable import must_be_deployable
from governance.actions.change import Change, configuration_change, containment
from governance.actions.seeing import must_configure
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Client, Environment
from keyring.walls import in_environment


@draftable
def deploy_flow(caller: Caller, *, item: UUID, client: UUID, workers: int = 1) -> Deployment:
    """Have a published flow run on the server, as a client and with its rights, until it is stopped.

    Args:
        item: id of the flow in the hub.
        client: id of the client that it runs as.
        workers: how many processes work on it, 1 to 8.

    Raises:
        Invalid: it cannot run as it is, with what is wrong; or a bad number of workers.
        NotFound: there is no such flow or client.
        Conflict: the flow is deployed already, maybe in another version, or the environment has no workers left.
    """
    _must_be_some(workers)
    flow = _flow_for(caller, item, client)
    with configuration_change(caller, events.FLOW_DEPLOYED) as change:
        name = _name_of(flow)
        known = Deployment.objects.filter(name=name).first()
        if known is not None:
            raise Conflict(
                f"{name} is deployed already.",
                existing_id=known.public_id,
                field="item",
                remedy="Change its version, start it, or delete it first.",
            )
        _must_have_room(caller.environment_id, workers)
        deployment = Deployment.objects.create(
            environment_id=caller.environment_id,
            name=name,
            item=flow,
            digest=flow.digest,
            client=_client(client),
            workers=workers,
            decided_by=caller.account_id,
            decided_at=change.now,
        )
        change.facts.update(described(deployment))
    return deployment


@draftable
def upgrade_flow(caller: Caller, *, public_id: UUID, item: UUID) -> Deployment:
    """Have another version of a deployed flow run from now on; it goes on where the one before stood.

    Raises as `deploy_flow`, and `Invalid` where the item is another flow.
    """
    flow = _flow_for(caller, item, _client_of(caller, public_id))
    with configuration_change(caller, events.FLOW_UPGRADED) as change:
        deployment = locked_deployment(public_id)
        if _name_of(flow) != deployment.name:
            raise Invalid(f"This is no version of {deployment.name}.", field="item", remedy="Deploy it beside it.")
        former = deployment.item.version
        deployment.item, deployment.digest = flow, flow.digest
        decided(change, deployment, "item", "digest")
        change.facts.update(former_version=former)
    return deployment


@draftable
def start_flow(caller: Caller, *, public_id: UUID) -> Deployment:
    """Have a stopped flow run again, from where it stood. Raises `NotFound`, `Conflict` as `deploy_flow`."""
    with configuration_change(caller, events.FLOW_STARTED) as change:
        deployment = locked_deployment(public_id)
        _must_have_room(caller.environment_id, deployment.workers, but=deployment)
        deployment.wanted = RUNNING
        decided(change, deployment, "wanted")
    return deployment


def stop_flow(caller: Caller, *, public_id: UUID) -> Deployment:
    """End a flow's workers, each after the batch it works on; nothing is lost. That waits for no second person.

    Raises:
        NotFound: there is no such deployment.
    """
    with containment(caller, events.FLOW_STOPPED) as change:
        deployment = locked_deployment(public_id)
        deployment.wanted = STOPPED
        decided(change, deployment, "wanted")
    return deployment


@draftable
def rescale_flow(caller: Caller, *, public_id: UUID, workers: int) -> Deployment:
    """Have another number of processes work on a flow, 1 to 8. Raises `Invalid`, `NotFound`, `Conflict`."""
    _must_be_some(workers)
    with configuration_change(caller, events.FLOW_RESCALED) as change:
        deployment = locked_deployment(public_id)
        if deployment.wanted == RUNNING and workers > deployment.workers:
            _must_have_room(caller.environment_id, workers, but=deployment)
        former, deployment.workers = deployment.workers, workers
        decided(change, deployment, "workers")
        change.facts.update(former_workers=former)
    return deployment


@draftable
def undeploy_flow(caller: Caller, *, public_id: UUID) -> None:
    """Delete a deployment that is stopped. Topics, counters and dead letters stay: deployed again, it goes on there.

    Raises:
        NotFound: there is no such deployment.
        Conflict: it is to run.
    """
    with configuration_change(caller, events.FLOW_UNDEPLOYED) as change:
        deployment = locked_deployment(public_id)
        if deployment.wanted != STOPPED:
            raise Conflict(f"{deployment.name} runs.", remedy="Stop it first.")
        change.facts.update(described(deployment))
        _in_turn(caller.environment_id)  # a worker that starts sees the deployment gone, or is left here
        leave_topics(deployment.name)
        deployment.delete()


def described(deployment: Deployment) -> dict[str, object]:
    """Return what an entry says of a deployment; must run inside the environment."""
    return {
        "deployment": deployment.public_id,
        "flow": deployment.name,
        "version": deployment.item.version,
        "digest": deployment.digest,
        "client": deployment.client.public_id,
        "workers": deployment.workers,
    }


def decided(change: Change, deployment: Deployment, *fields: str) -> None:
    """Keep what was decided, by whom and when, and say it in the entry of the change."""
    deployment.decided_by, deployment.decided_at = change.clearance.caller.account_id, change.now
    deployment.save(update_fields=[*fields, "decided_by", "decided_at"])
    change.facts.update(described(deployment))


def _flow_for(caller: Caller, item: UUID, client: UUID) -> HubItem:
    """Return a flow that can run as a client. It is planned before the change, since that may take a moment."""
    must_configure(caller)
    with in_environment(caller.environment_id):
        flow, runs_as = hub_item(caller, item), _client(client)
    if flow.kind != FLOW:
        raise Invalid(f"{flow} is a package.", field="item", remedy="Name a flow of the hub.")
    must_be_deployable(caller, flow, runs_as)
    return flow


def _client_of(caller: Caller, public_id: UUID) -> UUID:
    must_configure(caller)
    with in_environment(caller.environment_id):
        return locked_deployment(public_id).client.public_id


def locked_deployment(public_id: UUID) -> Deployment:
    """Return a deployment that nobody else changes meanwhile; must run inside the environment. Raises `NotFound`."""
    rows = Deployment.objects.select_related("item", "client").select_for_update(of=("self",))
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such deployment.", field="id")
    return found


def _client(public_id: UUID) -> Client:
    found = Client.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such client.", field="client")
    return found


def _name_of(flow: HubItem) -> str:
    return f"{flow.namespace}/{flow.name}"


def _must_be_some(workers: int) -> None:
    if not 1 <= workers <= MOST_WORKERS:
        raise Invalid(f"A flow has 1 to {MOST_WORKERS} workers.", field="workers")


def _must_have_room(environment_id: UUID, workers: int, *, but: Deployment | None = None) -> None:
    """Return if an environment may have so many workers more; must run inside it. Raises `Conflict`."""
    _in_turn(environment_id)
    running = Deployment.objects.filter(wanted=RUNNING)
    others = running if but is None else running.exclude(pk=but.pk)
    taken = others.aggregate(all=Sum("workers"))["all"] or 0
    most = settings.DATAFLOW_MOST_WORKERS
    if taken + workers > most:
        raise Conflict(
            f"All flows of an environment together have at most {most} workers, and {taken} are taken.",
            field="workers",
            remedy="Name fewer, or stop or rescale another flow first.",
        )


def _in_turn(environment_id: UUID) -> None:
    """Let one transaction at a time decide about an environment's flows; behind the lock of a deployment."""
    Environment.objects.select_for_update().get(pk=environment_id)
