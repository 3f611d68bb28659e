"""As what policies are defined: their own versions, and those of everything that they are made of."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from governance.models import AccessPolicy, PolicyComponent


def versions_of(public_ids: Collection[UUID]) -> list[str]:
    """Name policies, and all policies and templates beneath them, each with its version; inside the environment."""
    found: dict[int, str] = {}
    templates: set[str] = set()
    wanted = set(AccessPolicy.objects.filter(public_id__in=set(public_ids)).values_list("pk", flat=True))
    while wanted:
        for policy in AccessPolicy.objects.filter(pk__in=wanted):
            found[policy.pk] = f"policy {policy.public_id} {policy.version}"
        parts = PolicyComponent.objects.filter(policy_id__in=wanted).select_related("template")
        templates |= {f"template {each.template.public_id} {each.template.version}" for each in parts if each.template}
        wanted = {each.child_id for each in parts if each.child_id is not None} - found.keys()
    return sorted([*found.values(), *templates])
