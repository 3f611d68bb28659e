"""What a build says of itself: in-toto Statement v1 with SLSA provenance v1.

Of the predicate only what the builder states is believed: `externalParameters` are what whoever started the build asked
for, so nothing is read from them (SLSA v1.0, provenance, "Parameters").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.utils.dateparse import parse_datetime

from governance.errors import Invalid
from governance.models.provenance import LONGEST_NAME, LONGEST_URI

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
MOST_SUBJECTS = 64
SOURCES = ("github", "source")
"""Where builders state their source below `internalParameters`: GitHub's own builders, and everybody else's."""

_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
_is_commit = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing that a build made: its name and SHA-256."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a builder stated about one build."""

    artifacts: tuple[Artifact, ...]
    builder_id: str
    build_type: str
    repository: str
    repository_id: str
    ref: str
    is_ref_protected: bool
    commit: str
    built_at: datetime


def read_provenance(payload_type: str, payload: bytes) -> Provenance:
    """Read the statement inside an envelope.

    Raises:
        Invalid: it is another kind of statement, or lacks artifact, builder, source or time.
    """
    if payload_type != PAYLOAD_TYPE:
        raise _unfit("is no in-toto statement")
    try:
        statement = orjson.loads(payload)
        if statement["_type"] != STATEMENT_TYPE or statement["predicateType"] != PREDICATE_TYPE:
            raise _unfit("is no SLSA provenance v1 in an in-toto statement v1")
        return _read(statement)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise _unfit("does not name artifact, builder, source commit and time of the build") from None


def _read(statement: Mapping[str, Any]) -> Provenance:
    definition, run = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    repository, ref, commit = _source(definition["resolvedDependencies"])
    stated = _stated_source(definition.get("internalParameters") or {})
    subjects = statement["subject"]
    if not 1 <= len(subjects) <= MOST_SUBJECTS:
        raise _unfit(f"names no artifact, or more than {MOST_SUBJECTS}")
    return Provenance(
        artifacts=tuple(_artifact(each) for each in subjects),
        builder_id=_text(run["builder"]["id"]),
        build_type=_text(definition["buildType"]),
        repository=repository,
        repository_id=_text(str(stated.get("repository_id", "")), longest=LONGEST_NAME),
        ref=ref,
        is_ref_protected=stated.get("ref_protected") in (True, "true"),
        commit=commit,
        built_at=_built_at(run["metadata"]),
    )


def _artifact(subject: Mapping[str, Any]) -> Artifact:
    digest = subject["digest"]["sha256"]
    if not _is_digest(digest):
        raise _unfit("names an artifact without its SHA-256")
    return Artifact(_text(subject["name"]), digest)


def _source(dependencies: list[Mapping[str, Any]]) -> tuple[str, str, str]:
    """Return repository, ref and commit of the first dependency that is a Git source."""
    found = next(each for each in dependencies if str(each["uri"]).startswith("git+"))
    repository, _, ref = _text(found["uri"]).removeprefix("git+").partition("@")
    digest = found["digest"]
    commit = digest.get("gitCommit") or digest["sha1"]
    if not _is_commit(commit):
        raise _unfit("names no source commit")
    return repository, ref, commit


def _stated_source(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next((parameters[name] for name in SOURCES if name in parameters), {})
    return found


def _built_at(metadata: Mapping[str, Any]) -> datetime:
    found = parse_datetime(metadata.get("finishedOn") or metadata["startedOn"])
    if found is None or found.tzinfo is None:
        raise _unfit("tells no time of the build")
    return found


def _text(value: Any, *, longest: int = LONGEST_URI) -> str:
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise _unfit("holds a name that is no text or too long")
    return value


def _unfit(why: str) -> Invalid:
    return Invalid(f"The signed payload {why}.", field="envelope")
