"""Issuers outside of Sealbook whose tokens are accepted, and as which client somebody with such a token calls."""

from __future__ import annotations

from django.db import models

from governance.models.clients import Client
from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField


class ExternalIssuer(OwnedByEnvironment):
    """An OpenID Connect issuer, by the exact text of its `iss`. Being listed lets nobody in."""

    url = models.CharField(max_length=512)
    pinned_keys = models.JSONField(null=True, blank=True)
    """A JWK Set: where there is one, these keys alone verify, and none are fetched."""
    brought_by = models.UUIDField(null=True, editable=False, help_text="Who listed it, a person or a client.")
    pinned_by = models.UUIDField(null=True, editable=False, help_text="Who chose its keys, a person or a client.")

    class Meta:
        ordering = ["url"]
        constraints = [
            *owned_constraints("external_issuer"),
            models.UniqueConstraint(fields=["environment", "url"], name="external_issuer_once"),
        ]

    def __str__(self) -> str:
        return self.url


class ExternalIdentity(OwnedByEnvironment):
    """Whoever an issuer names by a subject calls as a client; without a subject, everybody whom it names.

    The subject may be a person's address: it is kept sealed, and found by its keyed fingerprint.
    """

    issuer = models.ForeignKey(ExternalIssuer, on_delete=models.CASCADE, related_name="identities", db_constraint=False)
    subject = SealedField(null=True, blank=True)
    subject_print = models.CharField(max_length=32, blank=True, default="", editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="identities", db_constraint=False)
    brought_by = models.UUIDField(null=True, editable=False, help_text="Who let it in, a person or a client.")

    class Meta:
        ordering = ["issuer", "created_at"]
        verbose_name_plural = "external identities"
        constraints = [
            *owned_constraints("external_identity"),
            models.UniqueConstraint(fields=["environment", "issuer", "subject_print"], name="external_identity_once"),
        ]

    def __str__(self) -> str:
        return f"{'one subject' if self.subject_print else 'everybody'} of {self.issuer}"
