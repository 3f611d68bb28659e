"""Delegations: temporary access that its holder hands on to a client for some minutes."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from governance.models.accounts import Account
from governance.models.clients import Client
from governance.models.grants import Grant
from keyring.fields import SealedField

LONGEST = timedelta(minutes=10)


class Delegation(models.Model):
    """What the holder of a grant hands on to one client, and why. Never more than the grant, and never for longer.

    Its moments are its state: offered, accepted by the holder of the grant, taken by the client with a key, ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="delegations", db_constraint=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    offered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    columns = ArrayField(models.UUIDField(), help_text="Public ids.")
    people = ArrayField(
        models.BigIntegerField(),
        help_text="Rows of the request that name whose records it opens; who is erased is gone with theirs.",
    )
    minutes = models.PositiveSmallIntegerField()
    version = models.CharField(max_length=64, help_text="As what accessor and policies were defined when it was made.")
    justification = SealedField(null=True)
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    code = models.CharField(max_length=64, blank=True, default="", help_text="Digest of what takes it, once.")
    taken_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=43, blank=True, default="", help_text="Thumbprint of the key it is bound to.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-offered_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="delegation_same_environment"),
            models.CheckConstraint(
                name="delegation_is_short",
                condition=Q(accepted_at=None, not_after=None)
                | Q(not_after__gt=F("accepted_at"), not_after__lte=F("accepted_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="delegation_is_accepted_before_it_is_taken",
                condition=Q(taken_at=None)
                | (Q(taken_at__gte=F("accepted_at"), taken_at__lt=F("not_after")) & ~Q(key="")),
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "not_after"], name="delegation_living"),
            models.Index(fields=["environment", "code"], name="delegation_by_code"),
        ]

    def __str__(self) -> str:
        return f"delegation {self.id}"
