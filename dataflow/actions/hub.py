"""Publishing flows and packages, and withdrawing them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from dataflow import events
from dataflow.hub.examining import examined
from dataflow.models import HubItem
from dataflow.queries import find_in_hub, hub_items
from governance.actions.change import Change, configuration_change
from governance.actions.seeing import must_configure
from governance.drafts.draftable import draftable
from governance.errors import Conflict, NotFound
from governance.identities import Caller


@draftable
def publish_to_hub(caller: Caller, *, files: Mapping[str, str], is_public: bool = False) -> HubItem:
    """Publish a flow or a package under the name and version that its file says, for good.

    Args:
        files: path within it -> text: dataflow.yaml, or sdf-package.yaml with code and tests of its functions. The
            section `dev` and paths of imports are left out.
        is_public: whoever holds any right in the environment sees it; else who publishes it, and who configures.

    Raises:
        Invalid: the files are wrong, need what is not in the hub, or tests of the package fail.
        Conflict: this version is there; identical where its files are the same.
    """
    must_configure(caller)  # before anything of it runs
    content = examined(files, find_in_hub(caller))
    meta = content.file.meta
    with configuration_change(caller, events.HUB_PUBLISHED) as change:
        known = HubItem.objects.filter(namespace=meta.namespace, name=meta.name, version=meta.version).first()
        if known is not None:
            raise Conflict(
                f"{meta} is in the hub already, or was: a version never changes.",
                existing_id=known.public_id,
                identical=known.digest == content.digest and known.withdrawn_at is None,
                field="version",
                remedy="Publish another version.",
            )
        item = HubItem.objects.create(
            environment_id=caller.environment_id,
            kind=content.kind,
            namespace=meta.namespace,
            name=meta.name,
            version=meta.version,
            files=dict(content.files),
            digest=content.digest,
            is_public=is_public,
            published_by=caller.account_id,
            published_at=change.now,
        )
        _describe(change, item)
        change.facts.update(files=len(item.files), is_public=item.is_public)
    return item


@draftable
def withdraw_from_hub(caller: Caller, *, public_id: UUID) -> None:
    """Let nobody see or install an item any more. Its name and version stay taken; what is installed goes on.

    Raises:
        NotFound: there is no such item.
    """
    with configuration_change(caller, events.HUB_WITHDRAWN) as change:
        item = hub_items(caller).filter(public_id=public_id).select_for_update().first()
        if item is None:
            raise NotFound("There is no such item in the hub.", field="id")
        item.withdrawn_by, item.withdrawn_at = caller.account_id, change.now
        item.save(update_fields=["withdrawn_by", "withdrawn_at"])
        _describe(change, item)


def _describe(change: Change, item: HubItem) -> None:
    change.facts.update(item=item.public_id, kind=item.kind, name=str(item), digest=item.digest)
