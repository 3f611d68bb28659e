"""The page of a definition's versions: what each changed, by whom, and publishing a former one again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from audit.actors import Actor
from governance.errors import GovernanceError, Refused
from governance.identities import OPERATOR, Caller
from governance.operators.choice import operator_caller
from governance.operators.comparing import DiffLine, differences
from governance.operators.decorations import page_action
from governance.operators.definitions import DefinitionAdmin
from governance.queries import names_of_actors, versions_of

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """One version as the page shows it; `changes` since the version below, None for the first."""

    number: int
    body: Mapping[str, Any]
    is_current: bool
    published_at: datetime | None
    published_by: str
    changes: Sequence[DiffLine] | None = None


class VersionedAdmin(DefinitionAdmin):
    """A definition whose former versions can be compared and published again."""

    revisions: ClassVar[str]
    """The kind of its revisions."""
    actions_detail: ClassVar[Sequence[str]] = ("versions",)

    @abstractmethod
    def body_of(self, stored: Any) -> dict[str, Any]:
        """What a revision of it would keep now."""

    @abstractmethod
    def reinstate(self, caller: Caller, stored: Any, version: int) -> Any:
        """Call the action that publishes a former version again."""

    def names_meant(self) -> Mapping[str, str]:
        """What the ids in its bodies are called; none where it names nothing else."""
        return {}

    def has_versions_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002  unfold's own signature
        """Whoever may see the definition may see what it was."""
        return self.is_allowed(request)

    @page_action("Versions…", icon="history", permissions=["versions"])
    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show every version with what it changed; on POST publish one again."""
        self.require_allowed(request)
        stored = self.object_or_404(object_id)
        if request.method == "POST" and request.POST.get("version", "").isdigit():
            return self._publish_again(request, stored, int(request.POST["version"][:9]))
        return never_cache(render)(
            request,
            "governance/versions.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Versions",
                "original": stored,
                "versions": self._shown(stored),
                "locked": self.locked_because(request, stored),
                "back": self.address("change", stored.pk),
            },
        )

    def _publish_again(self, request: HttpRequest, stored: Any, version: int) -> HttpResponse:
        try:
            self.reinstate(operator_caller(request), stored, version)
        except Refused:
            raise
        except GovernanceError as fault:
            self.message_user(request, f"{fault} {fault.remedy or ''}".strip(), level="error")
        else:
            self.message_user(request, f"Version {version} is published again as the next one, and the book says so.")
        return HttpResponseRedirect(request.path)

    def _shown(self, stored: Any) -> list[ShownVersion]:
        """The newest versions, each with what it changed."""
        formers = list(versions_of(self.revisions, stored.public_id).order_by("-version")[: MOST_SHOWN + 1])
        people = names_of_actors(Actor(OPERATOR, each.published_by) for each in formers if each.published_by)
        found = [
            ShownVersion(
                each.version,
                each.body,
                each.version == stored.version,
                each.published_at,
                people.get(each.published_by, "system") if each.published_by else "system",
            )
            for each in formers
        ]
        if not found or not found[0].is_current:  # what an environment is furnished with was published by nobody
            found.insert(0, ShownVersion(stored.version, self.body_of(stored), is_current=True, published_at=None,
                                         published_by="system"))  # fmt: skip
        return _compared(found, self.names_meant())[:MOST_SHOWN]


def _compared(found: Sequence[ShownVersion], names: Mapping[str, str]) -> list[ShownVersion]:
    compared = [
        ShownVersion(
            later.number,
            later.body,
            later.is_current,
            later.published_at,
            later.published_by,
            differences(former.body, later.body, names),
        )
        for later, former in pairwise(found)
    ]
    return [*compared, found[-1]]
