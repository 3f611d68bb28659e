"""Publishing and retiring policy templates."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from governance import events
from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import must_be_editable, must_be_script, refuse_existing, refuse_taken_name
from governance.actions.versions import (
    holding_again,
    keep_stored,
    keep_version,
    withdraw_all,
    withdraw_current,
    withdraw_former,
)
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import PolicyTemplate, Revision
from governance.queries import former_version

KIND = "policy_template"
"""What revisions of templates are called."""


@draftable
def publish_template(
    caller: Caller, *, name: str, function: str, description: str = "", public_id: UUID | None = None
) -> PolicyTemplate:
    """Publish version 0 of a script template.

    Raises:
        Invalid: bad name, or a script that does not compile (with line and column).
        Conflict: name or id is taken; identical when the function is the same.
    """
    name = checked_name(name, what="policy template")
    _check_function(function)
    with configuration_change(caller, events.TEMPLATE_PUBLISHED) as change:
        refuse_existing(
            PolicyTemplate, name=name, public_id=public_id, is_same=lambda stored: stored.function == function
        )
        template = PolicyTemplate.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            description=description,
            function=function,
        )
        _record_template(change, template)
    return template


@draftable
def republish_template(
    caller: Caller, *, public_id: UUID, version: int, name: str, function: str, description: str
) -> PolicyTemplate:
    """Publish the next version of a template; policies that use it follow at once.

    Raises:
        Invalid: built-in, bad script, or `version` is not the current one.
    """
    name = checked_name(name, what="policy template")
    _check_function(function)
    with configuration_change(caller, events.TEMPLATE_PUBLISHED) as change:
        template = _template(public_id)
        must_be_editable(template, version)
        refuse_taken_name(PolicyTemplate, name=name, public_id=public_id)
        keep_stored(change, kind=KIND, public_id=public_id, version=template.version, body=template_body(template))
        template.name, template.function, template.description = name, function, description
        template.version += 1
        template.save(update_fields=["name", "function", "description", "version"])
        _record_template(change, template)
    return template


@draftable
def reinstate_template(caller: Caller, *, public_id: UUID, version: int) -> PolicyTemplate:
    """Publish a former version of a template again, as its next one.

    Raises:
        NotFound: there is no such version.
        Conflict: another template has its name now.
    """
    with configuration_change(caller, events.TEMPLATE_PUBLISHED) as change:
        template = _retirable(public_id)
        former = former_version(KIND, public_id, version)
        keep_stored(change, kind=KIND, public_id=public_id, version=template.version, body=template_body(template))
        _put(template, former, version=template.version + 1)
        _record_template(change, template)
    return template


@draftable
def retire_template(caller: Caller, *, public_id: UUID) -> None:
    """Retire a template that no policy uses, with all its versions."""
    with configuration_change(caller, events.TEMPLATE_RETIRED) as change:
        _end(change, _retirable(public_id))


@draftable
def retire_template_version(caller: Caller, *, public_id: UUID, version: int) -> None:
    """Retire one version: of the newest the one below holds again, and the last one takes the template with it.

    Raises:
        NotFound: there is no such version.
        Conflict: it is the last one and policies use the template, or the one below cannot hold again.
    """
    with configuration_change(caller, events.TEMPLATE_VERSION_RETIRED) as change:
        template = _retirable(public_id)
        if version != template.version:
            withdraw_former(change, kind=KIND, public_id=public_id, version=version)
        else:
            below = withdraw_current(change, kind=KIND, public_id=public_id, version=version)
            if below is None:
                change.event = events.TEMPLATE_RETIRED
                return _end(change, template)
            _put(template, below, version=below.version)
        change.facts.update(template=public_id, name=template.name, version=version, current=template.version)
    return None


def template_body(template: PolicyTemplate) -> dict[str, Any]:
    """What a revision keeps of a template."""
    return {"name": template.name, "description": template.description, "function": template.function}


def _put(template: PolicyTemplate, revision: Revision, *, version: int) -> None:
    with holding_again(revision):
        refuse_taken_name(PolicyTemplate, name=revision.body["name"], public_id=template.public_id)
    for name, value in revision.body.items():
        setattr(template, name, value)
    template.version = version
    template.save(update_fields=[*revision.body, "version"])


def _retirable(public_id: UUID) -> PolicyTemplate:
    template = _template(public_id)
    if template.is_system:
        raise Invalid("A built-in template cannot be retired.", field="id")
    return template


def _end(change: Change, template: PolicyTemplate) -> None:
    if template.uses.exists():
        raise Conflict("Policies use this template.", existing_id=template.public_id, remedy="Change them first.")
    withdraw_all(change, kind=KIND, public_id=template.public_id)
    change.facts.update(template=template.public_id, name=template.name, version=template.version)
    template.delete()


def _check_function(function: object) -> None:
    """Refuse a script that is not a well-formed `policy(context, params)`."""
    if not isinstance(function, str) or not function.strip():
        raise Invalid("A template needs a function policy(context, params).", field="function")
    must_be_script(function, function="policy")


def _template(public_id: UUID) -> PolicyTemplate:
    template = PolicyTemplate.objects.select_for_update().filter(public_id=public_id).first()
    if template is None:
        raise NotFound("There is no such policy template.", field="id")
    return template


def _record_template(change: Change, template: PolicyTemplate) -> None:
    keep_version(
        change, kind=KIND, public_id=template.public_id, version=template.version, body=template_body(template)
    )
    change.facts.update(template=template.public_id, name=template.name, version=template.version)
