"""Why a program may not run as a client: each reason has a code of its own, which stays."""

from __future__ import annotations

from enum import StrEnum


class Because(StrEnum):
    """A reason as refusals and the book have it: `build.<code>: <words>`."""

    UNVOUCHED = "build.unvouched: nobody vouched for the program that calls; a secret alone proves no build"
    UNREVIEWED = "build.unreviewed: no build with this digest is registered"
    TAMPERED = "build.tampered: what is signed, and what is signed for, do not fit together"
    SWAPPED = "build.swapped: what runs has another digest than what was to run"
    WITHDRAWN = "build.withdrawn: the registration of this build was withdrawn"
    KEY_WITHDRAWN = "build.key_withdrawn: the CI key that signed the provenance was withdrawn"
    BUILDER = "build.builder: this builder is not allowed"
    BUILD_LEVEL = "build.level: the builder is not trusted with the SLSA build level that is required"
    REPOSITORY = "build.repository: this source repository is not allowed"
    UNPROTECTED = "build.unprotected_branch: built from a branch that is not protected"
    TOO_OLD = "build.too_old: the build is older than is allowed"
    NO_POLICY = "build.no_policy: no workload policy says which builds may run as this client"
    LAUNCHER = "build.launcher: no registered launcher vouched, or its key was withdrawn"
    UNSEPARATED = "build.unseparated: the workload runs as the launcher's own user, in a protected environment"
    STALE = "build.stale: the proof is too old, or was used before"
    WORKFLOW = "build.workflow: this workflow of the CI is not allowed"
    STAGE = "build.environment: this environment of the CI is not allowed"
    ISSUER = "build.issuer: no pinned issuer of the CI vouched"

    @property
    def code(self) -> str:
        """What programs compare: the part before the words."""
        return self.value.partition(":")[0]
