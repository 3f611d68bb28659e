"""`getSecret` of scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from governance.errors import NotFound
from governance.models import PolicySecret
from governance.policies.asking import Asking
from governance.policies.sandbox import HostCallFailed
from keyring.errors import Unsealable
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import in_environment

NAME = "getSecret"


def get_secret(asking: Asking, given: Sequence[Any]) -> str:
    """Answer `getSecret(name)` with the value of a secret of the script's own environment.

    Raises:
        NotFound: there is none of that name.
        HostCallFailed: it does not open.
    """
    name = given[0] if len(given) == 1 and isinstance(given[0], str) else ""
    with in_environment(asking.environment_id):
        secret = PolicySecret.objects.filter(name__iexact=name.replace("\0", "")).first()
        if secret is None:
            raise NotFound("There is no such secret.")
        try:
            return open_sealed_secret(asking.environment_id, secret.sealed_id).decode()
        except Unsealable:
            raise HostCallFailed(NAME) from None
