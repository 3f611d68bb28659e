"""The overview: how things stand in the chosen environment, and what waits for an officer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connections
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from audit.analysis.ranking import count_by_state
from audit.errors import AuditorNotConfigured
from audit.models.analysis import NEW, OPEN
from audit.queries import AUDITOR, count_by, entries
from governance.access_queries import review_rows
from governance.breakglass.machines import ACTIVE
from governance.catalogue import names_of
from governance.models import Client, Environment, Freeze, Grant
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, CONFIGURE, environment_of, may
from governance.overview import unclassified
from governance.queries import names_of_actors
from keyring.walls import in_environment

Card = dict[str, Any]
SHOWN_REFUSALS = 8
_DAY = timedelta(hours=24)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the overview with what this operator may see; called by the console."""
    configures, audits = may(request, CONFIGURE), may(request, AUDIT) and AUDITOR in connections
    cards: list[Card] = []
    if configures:
        cards += _configuration_cards()
    if audits:
        cards += [_findings_card(request), *_book_cards(request), _review_card(request)]
    context.update(
        cards=cards,
        configures=configures,
        audits=audits,
        refusals=_refusals(request) if audits else [],
        unclassified=_unclassified() if configures else [],
        freeze_environment=reverse("freeze", args=["environment", environment_of(request)]) if configures else "",
    )
    return context


def _configuration_cards() -> list[Card]:
    environments = Environment.objects.count()
    protected = Environment.objects.filter(is_protected=True).count()
    clients = Client.objects.count()
    disabled = Client.objects.exclude(disabled_at=None).count()
    frozen = list(Freeze.objects.filter(lifted_at=None))
    return [
        _card("Environments", environments, f"{protected} protected", "governance_environment"),
        _card("Clients", clients, f"{disabled} disabled", "governance_client"),
        _card("Freezes in force", len(frozen), _named(frozen), "governance_freeze"),
        _grant_card(),
    ]


def _grant_card() -> Card:
    active = Grant.objects.filter(state=ACTIVE, not_after__gt=timezone.now())
    emergencies = active.filter(is_emergency=True).count()
    hint = f"{emergencies} by emergency" if emergencies else "none by emergency"
    return {"label": "Active grants", "value": active.count(), "hint": hint, "url": reverse("access-grants")}


def _review_card(request: HttpRequest) -> Card:
    now = timezone.now()
    due = review_rows(operator_caller(request), now).filter(concluded_at=None)
    overdue = due.filter(due_at__lte=now).count()
    return {
        "label": "Overdue reviews",
        "value": overdue,
        "hint": f"{due.count()} to conclude",
        "url": reverse("access-log"),
    }


def _card(label: str, value: int, hint: str, page: str) -> Card:
    return {"label": label, "value": value, "hint": hint, "url": reverse(f"admin:{page}_changelist")}


def _named(frozen: Iterable[Freeze]) -> str:
    said = [f"{f.kind} {names_of(f.kind).get(f.target_id, '')}".strip() for f in frozen]
    return ", ".join(said[:2]) + (" …" if len(said) > 2 else "") if said else "nothing is stopped"


def _findings_card(request: HttpRequest) -> Card:
    with in_environment(environment_of(request)):
        counted = count_by_state()
    hint = f"{counted[NEW]} that nobody looks into" if counted[NEW] else "nothing waits"
    return {
        "label": "Open findings",
        "value": sum(counted[each] for each in OPEN),
        "hint": hint,
        "url": reverse("findings"),
    }


def _book_cards(request: HttpRequest) -> list[Card]:
    try:
        counted = count_by(
            "kind",
            "outcome",
            environment_id=environment_of(request),
            since=timezone.now() - _DAY,
        )
    except AuditorNotConfigured:
        return []
    reads = {outcome: n for (kind, outcome), n in counted.items() if kind == "accessor.executed"}
    return [
        {
            "label": "Reads in 24 h",
            "value": sum(reads.values()),
            "hint": f"{reads.get('refused', 0)} refused",
            "url": f"{reverse('book')}?kind=accessor.executed",
        }
    ]


def _refusals(request: HttpRequest) -> list[dict[str, Any]]:
    found = entries(environment_id=environment_of(request), outcome="refused", limit=SHOWN_REFUSALS)
    names = names_of_actors(entry.actor for entry in found)
    return [
        {
            "at": entry.recorded_at,
            "kind": entry.kind,
            "actor": names.get(entry.actor.id, entry.actor.kind) if entry.actor.id else entry.actor.kind,
            "reason": "; ".join(str(reason) for reason in entry.facts.get("reasons") or []),
            "url": reverse("book-entry", args=[entry.id]),
        }
        for entry in found
    ]


def _unclassified() -> list[dict[str, str]]:
    return [
        {
            "name": waiting.name,
            "environment": "",
            "url": reverse(
                f"admin:{waiting.model._meta.app_label}_{waiting.model._meta.model_name}_change", args=[waiting.pk]
            ),
        }
        for waiting in unclassified()
    ]
