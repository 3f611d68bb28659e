"""Retiring one version of an access policy, and publishing a former one again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance import events
from governance.actions.change import configuration_change
from governance.actions.policies import (
    KIND,
    Branch,
    end_policy,
    policy_body,
    record_policy,
    retirable_policy,
    set_components,
)
from governance.actions.publishing import refuse_taken_name
from governance.actions.versions import holding_again, keep_stored, withdraw_current, withdraw_former
from governance.drafts.draftable import draftable
from governance.identities import Caller
from governance.models import AccessPolicy, Revision
from governance.queries import former_version


@draftable
def retire_policy_version(caller: Caller, *, public_id: UUID, version: int) -> None:
    """Retire one version: of the newest the one below holds again, and the last one takes the policy with it.

    Raises:
        NotFound: there is no such version.
        Conflict: it is the last one and something uses the policy, or the one below cannot hold again.
    """
    with configuration_change(caller, events.POLICY_VERSION_RETIRED) as change:
        policy = retirable_policy(public_id)
        if version != policy.version:
            withdraw_former(change, kind=KIND, public_id=public_id, version=version)
        else:
            below = withdraw_current(change, kind=KIND, public_id=public_id, version=version)
            if below is None:
                change.event = events.POLICY_RETIRED
                return end_policy(change, policy)
            _put(policy, below, version=below.version)
        change.facts.update(policy=public_id, name=policy.name, version=version, current=policy.version)
    return None


@draftable
def reinstate_policy(caller: Caller, *, public_id: UUID, version: int) -> AccessPolicy:
    """Publish a former version of a policy again, as its next one.

    Raises:
        NotFound: there is no such version.
        Conflict: what it names has gone since, or another policy has its name now.
    """
    with configuration_change(caller, events.POLICY_PUBLISHED) as change:
        policy = retirable_policy(public_id)
        former = former_version(KIND, public_id, version)
        keep_stored(change, kind=KIND, public_id=public_id, version=policy.version, body=policy_body(policy))
        _put(policy, former, version=policy.version + 1)
        record_policy(change, policy)
    return policy


def _put(policy: AccessPolicy, revision: Revision, *, version: int) -> None:
    body = revision.body
    with holding_again(revision):
        refuse_taken_name(AccessPolicy, name=body["name"], public_id=policy.public_id)
        for name in ("name", "description", "policy_type", "required_context", "thresholds"):
            setattr(policy, name, body[name])
        policy.version = version
        policy.save()
        set_components(policy, [_branch(each) for each in body["components"]])


def _branch(component: dict[str, Any]) -> Branch:
    return Branch(
        policy=UUID(component["policy"]) if component["policy"] else None,
        template=UUID(component["template"]) if component["template"] else None,
        parameters=component["parameters"],
    )
