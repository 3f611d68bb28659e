"""Whatever fits the OpenAPI document and whatever does not: every answer is one that the document names, no failure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.attacks.foreign import aims, filled
from tests.contracts.described_api import DescribedApi, described_api

pytestmark = pytest.mark.django_db

QUICK, LONG = 1, 20
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REFUSALS = {
    "outsider": {400, 403, 404, 405, 413, 415},
    "nobody": {401, 404, 405},
}
"""What callers without any right may be told. 400, 404 and 415: what they sent names nothing, or is nothing."""


@pytest.fixture
def api() -> Iterator[DescribedApi]:
    with described_api() as found:
        yield found


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(QUICK, id="quick"),
        pytest.param(LONG, id="long", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
def test_every_answer_is_one_that_the_document_names(api: DescribedApi, examples: int) -> None:
    places = places_of(api)
    for number, operation in enumerate(api.operations):
        # Generating takes the time: the quick run asks half of the calls with what fits, half with what does not.
        for mode in MODES if examples > QUICK else (MODES[number % 2],):
            fuzz(api, operation, mode, examples, places)
    assert api.faults == {}
    assert api.asked > 2 * len(api.operations)


def fuzz(
    api: DescribedApi,
    operation: Any,
    mode: GenerationMode,
    examples: int,
    places: dict[tuple[str, str], dict[str, str]],
) -> None:
    """Send what fits an operation, or what does not, as each of the callers."""
    known = cycle(value for value in api.home.ids.values() if _UUID.fullmatch(value))
    here = places.get((operation.method.upper(), operation.path), {})

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {**case.path_parameters, **here}
            case.query, case.body = (with_known_ids(part, known) for part in (case.query, case.body))
        unprotected(case)
        for caller in ("nobody", "outsider", "service"):
            answer = case.call(headers=api.credentials(caller))
            api.hold(case, answer, f"{caller}: {case.as_curl_command()[:600]}")
            is_public = (operation.method.upper(), operation.path) in api.public
            if caller in REFUSALS and not is_public and answer.status_code not in REFUSALS[caller]:
                api.note(operation.label, f"{caller} {answer.status_code}", case.as_curl_command()[:600])

    with suppress(Unsatisfiable):  # there is nothing that would not fit a call without parameters and body
        send()


def places_of(api: DescribedApi) -> dict[tuple[str, str], dict[str, str]]:
    """By operation, what its path names at home: so that more than refusals is seen."""
    found = {}
    for aim in aims():
        for operation in api.operations:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(operation.path))
            matched = re.fullmatch(pattern, f"/{aim.route}")
            if matched and operation.method.upper() == aim.method:
                found.setdefault(
                    (aim.method, operation.path),
                    {name: filled(text, api.home.ids) for name, text in matched.groupdict().items()},
                )
    return found


def with_known_ids(part: Any, known: Iterator[str]) -> Any:
    """The same with ids of home in place of invented ones."""
    if isinstance(part, dict):
        return {key: with_known_ids(value, known) for key, value in part.items()}
    if isinstance(part, list):
        return [with_known_ids(value, known) for value in part]
    return next(known) if isinstance(part, str) and _UUID.fullmatch(part) else part


def unprotected(case: Any) -> None:
    """A protected environment refuses all configuration: the rest would see nothing else."""
    if case.operation.path == "/governance/environment" and isinstance(case.body, dict):
        case.body.pop("is_protected", None)
