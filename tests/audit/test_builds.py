"""The build of an actor in the book: said where there is one, found by its prefix, and never anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from audit.actors import Actor, Build
from audit.recorder import prepare_body
from tests.audit.vocabulary import ENVIRONMENT, HAPPENED, SERVICE

DIGEST, COMMIT = "ab" * 32, "cd" * 20
NOON = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "build", [Build(DIGEST, COMMIT, UUID(int=7)), Build(DIGEST), Build(commit=COMMIT)], ids=["whole", "unknown", "job"]
)
def test_a_body_begins_with_the_build_of_its_actor(build: Build) -> None:
    """The partial index of the book, and every query by build, go by this prefix."""
    actor = Actor("client", SERVICE.id, build)
    body = prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=actor, facts={}, at=NOON).body
    assert body.startswith('{"actor":{"build":{')
    told = json.loads(body)["actor"]
    assert told["build"] == {**build.told, "id": str(build.id) if build.id else None}
    assert (told["kind"], told["id"]) == ("client", str(SERVICE.id))


def test_a_body_without_a_build_says_nothing_of_one() -> None:
    body = prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={}, at=NOON).body
    assert "build" not in body


@pytest.mark.parametrize(
    "wrong", [{}, {"digest": "x"}, {"digest": DIGEST.upper()}, {"commit": "main"}, {"digest": DIGEST, "commit": "+49"}],
    ids=range(5),
)  # fmt: skip
def test_what_is_no_build_never_gets_near_the_book(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"build|digest|commit"):
        Build(**wrong)
