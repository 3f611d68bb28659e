"""Versions of definitions: every published body is kept; the newest can be withdrawn, and the one below holds again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from governance.actions.change import Change
from governance.errors import Conflict, Invalid, NotFound
from governance.models import Revision
from governance.queries import versions_of


def keep_version(change: Change, *, kind: str, public_id: UUID, version: int, body: dict[str, Any]) -> None:
    """Keep what was published, for ever. Versions of a former definition of the same id end with it."""
    _withdraw(change, versions_of(kind, public_id).filter(version__gte=version))
    _keep(change, kind=kind, public_id=public_id, version=version, body=body, published_by=_actor(change))


def keep_stored(change: Change, *, kind: str, public_id: UUID, version: int, body: dict[str, Any]) -> None:
    """Keep what holds before it is replaced, where nobody published it: what an environment is furnished with."""
    if not versions_of(kind, public_id).filter(version=version).exists():
        _keep(change, kind=kind, public_id=public_id, version=version, body=body, published_by=None)


def withdraw_former(change: Change, *, kind: str, public_id: UUID, version: int) -> None:
    """Withdraw a version that holds no longer.

    Raises:
        NotFound: there is no such version, or it was withdrawn before.
    """
    if not _withdraw(change, versions_of(kind, public_id).filter(version=version)):
        raise NotFound("There is no such version.", field="version")


def withdraw_current(change: Change, *, kind: str, public_id: UUID, version: int) -> Revision | None:
    """Withdraw the version that holds and return the one below it, None where it was the last."""
    _withdraw(change, versions_of(kind, public_id).filter(version=version))
    return versions_of(kind, public_id).filter(version__lt=version).order_by("-version").first()


def withdraw_all(change: Change, *, kind: str, public_id: UUID) -> None:
    """Withdraw every version of a definition that is retired."""
    _withdraw(change, versions_of(kind, public_id))


@contextmanager
def holding_again(revision: Revision) -> Iterator[None]:
    """Put a version back in force, or say that what it names has gone since.

    Raises:
        Conflict: it cannot hold again.
    """
    try:
        yield
    except (Invalid, NotFound) as fault:
        raise Conflict(
            f"Version {revision.version} cannot hold again: {fault}",
            existing_id=revision.public_id,
            field="version",
            remedy="Retire that version as well, or all of them.",
        ) from None


def _withdraw(change: Change, revisions: Any) -> int:
    return int(revisions.update(withdrawn_at=change.now, withdrawn_by=_actor(change)))


def _keep(
    change: Change, *, kind: str, public_id: UUID, version: int, body: dict[str, Any], published_by: UUID | None
) -> None:
    Revision.objects.create(
        environment_id=change.environment_id,
        kind=kind,
        public_id=public_id,
        version=version,
        body=body,
        published_by=published_by,
        published_at=change.now,
    )


def _actor(change: Change) -> UUID | None:
    return change.clearance.caller.actor.id
