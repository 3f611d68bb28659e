"""What a caller runs, and who vouched for it: carried by its session token from call to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from audit.actors import Build
from governance.provenance.policy import CiJob


@dataclass(frozen=True, slots=True)
class Workload:
    """A program as somebody else than itself described it: a launcher that measured it, or the CI whose job it is."""

    build: Build
    launcher_id: UUID | None = None
    job: CiJob | None = None

    @property
    def claims(self) -> dict[str, Any]:
        """What a session token says of it."""
        return {
            "digest": self.build.digest,
            "commit": self.build.commit,
            "build": str(self.build.id) if self.build.id else None,
            "launcher": str(self.launcher_id) if self.launcher_id else None,
            "job": asdict(self.job) if self.job else None,
        }


def read_workload(claims: Mapping[str, Any]) -> Workload:
    """Read what `claims` wrote into a token of ours; ValueError, KeyError or TypeError where it is something else."""
    build = Build(claims["digest"], claims["commit"], UUID(claims["build"]) if claims["build"] else None)
    return Workload(
        build=build,
        launcher_id=UUID(claims["launcher"]) if claims["launcher"] else None,
        job=CiJob(**claims["job"]) if claims["job"] else None,
    )
