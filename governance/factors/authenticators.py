"""What allauth asks of us about second factors: above all, where their secrets are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from allauth.mfa.adapter import DefaultMFAAdapter

from governance.models import Account
from keyring.actions import create_sealed_secret, destroy_key, ensure_environment_key, forget_secrets
from keyring.keys import KeyKind
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

_SCOPE = "second factor"


class SealedAuthenticators(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps the secrets of authenticators in the keyring; their rows hold the id of what is sealed there.

    `settings.MFA_ADAPTER` names this class. Operators belong to no environment, so neither do their factors.
    """

    def get_totp_label(self, user: Account) -> str:
        """Name the account in the operator's app."""
        return user.get_username()

    def encrypt(self, text: str) -> str:
        """Seal a secret and return the id it has in the keyring."""
        with in_environment(SYSTEM_ENVIRONMENT):
            ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
            return str(
                create_sealed_secret(
                    environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.SECRET, scope=_SCOPE, secret=text.encode()
                )
            )

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; raises Unsealable where it is destroyed or altered."""
        with in_environment(SYSTEM_ENVIRONMENT):
            return open_sealed_secret(SYSTEM_ENVIRONMENT, UUID(encrypted_text)).decode()


def forget_sealed(sealed: str) -> None:
    """Destroy what `encrypt` sealed."""
    destroy_key(environment_id=SYSTEM_ENVIRONMENT, key_id=UUID(sealed))


def forget_secrets_but(kept: Collection[UUID], *, before: datetime) -> int:
    """Destroy every secret that was sealed before a moment and belongs to no authenticator; return how many."""
    return forget_secrets(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.SECRET, scope=_SCOPE, before=before, but=kept)
