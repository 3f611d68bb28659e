"""Keys that are renewed below the store: of the environment, of sealed texts, of kept secrets."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from keyring.actions import (
    Batch,
    create_environment_key,
    create_key,
    renew_secrets,
    reseal_texts,
    retire_environment_keys,
    retire_versions,
    rewrap_keys,
    texts_are_due,
)
from keyring.environment_keys import newest_cipher
from keyring.keys import KeyKind
from keyring.models import KeyRotation, WrappedKey
from keyring.rows import head_of
from keyring.sealed_secrets import SECRET_KINDS
from keyring.walls import in_environment


class EnvironmentKeys:
    """The key of the environment, which wraps all others."""

    name = "environment"
    title = "Key of the environment"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """Whoever wraps a key looks which one is the newest."""
        return timedelta()

    def begin(self, environment_id: UUID) -> None:
        """Make the next key; it wraps new keys from now on."""
        create_environment_key(environment_id=environment_id)

    def expected(self, rotation: KeyRotation) -> int:
        """Count the keys under former ones."""
        with in_environment(rotation.environment_id):
            head = newest_cipher(rotation.environment_id).header
            keys = WrappedKey.objects.filter(environment_id=rotation.environment_id)
            return keys.annotate(head=head_of("wrapped", len(head))).exclude(head=head).count()

    def turn(self, rotation: KeyRotation) -> Batch:
        """Wrap the next keys again."""
        return rewrap_keys(environment_id=rotation.environment_id, place=rotation.place)

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether a key is still under a former one."""
        return self.expected(rotation) > 0

    def end(self, environment_id: UUID) -> int:
        """Destroy the former keys; return how many."""
        return retire_environment_keys(environment_id=environment_id)


class TextKeys:
    """The key of sealed texts; cursors and remembered answers, too, which are not sealed again but run out."""

    name = "text"
    title = "Sealed texts"

    @property
    def keeps(self) -> timedelta:
        """As long as an answer is remembered."""
        return timedelta(hours=settings.USERSTORE_IDEMPOTENCY_HOURS)

    def waits(self) -> timedelta:
        """A sealed text names its key."""
        return timedelta()

    def begin(self, environment_id: UUID) -> None:
        """Make the next key."""
        create_key(environment_id=environment_id, kind=KeyKind.TEXT)

    def expected(self, rotation: KeyRotation) -> int:  # noqa: ARG002  every kind is asked alike
        """Unknown: it would take a look at every text."""
        return 0

    def turn(self, rotation: KeyRotation) -> Batch:
        """Seal the next texts again."""
        return reseal_texts(environment_id=rotation.environment_id, place=rotation.place)

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether a text is still under a former key."""
        return texts_are_due(environment_id=rotation.environment_id)

    def end(self, environment_id: UUID) -> int:
        """Destroy the former keys; return how many."""
        return retire_versions(environment_id=environment_id, kind=KeyKind.TEXT)


class SecretKeys:
    """The keys of kept secrets and private signing keys; the secrets themselves stay."""

    name = "secrets"
    title = "Keys of secrets"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """A secret is fetched with its key."""
        return timedelta()

    def begin(self, environment_id: UUID) -> None:
        """Nothing: every secret gets its new key when its turn comes."""

    def expected(self, rotation: KeyRotation) -> int:
        """Count the secrets with an old key."""
        with in_environment(rotation.environment_id):
            kinds = [kind.value for kind in SECRET_KINDS]
            keys = WrappedKey.objects.filter(environment_id=rotation.environment_id, kind__in=kinds)
            return keys.filter(created_at__lt=rotation.started_at).count()

    def turn(self, rotation: KeyRotation) -> Batch:
        """Renew the keys of the next secrets."""
        return renew_secrets(environment_id=rotation.environment_id, rotation=rotation)

    def is_due(self, rotation: KeyRotation) -> bool:  # noqa: ARG002  every kind is asked alike
        """A secret that somebody works on is being made anew."""
        return False

    def end(self, environment_id: UUID) -> int:  # noqa: ARG002  every kind is ended alike
        """Nothing: old keys went with their secrets' turn."""
        return 0
