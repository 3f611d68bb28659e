"""The environment an operator works in, for the length of a request to the console."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from governance.operators.choice import chosen_environment
from keyring.walls import in_environment

_TRANSACTIONAL = "/admin/"
"""The officer's console renders querysets late, so its whole request is one transaction in the environment."""


class ConsoleEnvironment:
    """Sets `request.environment_id` on pages, and puts the console's requests into that environment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(tuple(settings.API_PREFIXES)) or request.path_info.startswith("/static/"):
            return self.get_response(request)
        environment_id: UUID | None = chosen_environment(request)
        request.environment_id = environment_id  # type: ignore[attr-defined]  # read by pages and the log
        if environment_id is None or not request.path_info.startswith(_TRANSACTIONAL):
            return self.get_response(request)
        with in_environment(environment_id):
            return self.get_response(request)
