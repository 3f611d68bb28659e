"""Subjects and their sealed values: one row per value, beside it the purposes it may be used for."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints

LIVE, SOFT_DELETED = 0, 1


class Subject(OwnedByEnvironment):
    """The person the data is about. `key_id` names the subject's key; `handle` is its name in the book, sealed.

    `erased_at` is set from when on nobody live is here: of a subject that was deleted the row and the key stay as long
    as values of it are kept, for accessors of deleted values alone.
    """

    environment = models.ForeignKey(
        "governance.Environment", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key_id = models.UUIDField()
    handle = models.BinaryField()
    organization_id = models.UUIDField(null=True, blank=True)
    region = models.CharField(max_length=32, blank=True, default="", help_text="Where the caller says they belong.")
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = owned_constraints("subject")
        indexes = [
            models.Index(fields=["environment", "created_at", "public_id"], name="subject_by_creation"),
            models.Index(fields=["environment", "updated_at", "public_id"], name="subject_by_last_change"),
            models.Index(
                fields=["environment", "id"], name="subject_deleted", condition=models.Q(erased_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Value(models.Model):
    """One sealed value of one subject.

    `purposes` holds purpose keys, `expires` beside it Unix seconds until which each is permitted (0: no end). That end
    is worked out from two others beside it: until when consent holds (`consent_ends`), and for how long a value may be
    kept after its clock for the purpose started (`since`). `retain_until` is the first end, where there is one: when
    the purge has to look at the row. A deleted value that was copied names the value that stayed (`origin`).
    `blind` is the keyed index of the value under `blind_version` of the column's index key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index and no constraint of single columns: those that begin with the environment serve every query, and a row
    # whose subject is bound to its environment is bound to it as well. An import pays for each of them with every row.
    environment = models.ForeignKey(
        "governance.Environment", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subject = models.ForeignKey(
        Subject, on_delete=models.CASCADE, related_name="values", db_constraint=False, db_index=False
    )
    column = models.ForeignKey(
        "userstore.Column", on_delete=models.RESTRICT, related_name="+", db_constraint=False, db_index=False
    )
    ordinal = models.PositiveIntegerField(default=1)
    sealed = models.BinaryField()
    blind = models.BinaryField(null=True)
    blind_version = models.PositiveIntegerField(default=1)
    is_unique_key = models.BooleanField(default=False)
    purposes = ArrayField(models.BigIntegerField())
    expires = ArrayField(models.BigIntegerField())
    consent_ends = ArrayField(models.BigIntegerField(), default=list)
    since = ArrayField(models.BigIntegerField(), default=list)
    state = models.PositiveSmallIntegerField(default=LIVE)
    origin = models.UUIDField(null=True)
    retain_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["environment", "subject", "column", "ordinal"], name="value_of_subject"),
            models.Index(fields=["environment", "column", "blind", "subject"], name="value_by_blind_index"),
            models.Index(
                fields=["environment", "retain_until"],
                name="value_by_retention",
                condition=models.Q(retain_until__isnull=False),
            ),
            models.Index(
                fields=["environment", "subject"], name="value_deleted_of_subject", condition=models.Q(state=1)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "column", "blind_version", "blind"],
                condition=models.Q(is_unique_key=True, state=0),
                name="value_unique_in_column",
            ),
            models.CheckConstraint(name="value_state_known", condition=models.Q(state__in=[0, 1])),
            models.CheckConstraint(
                name="value_expiry_for_every_purpose",
                condition=models.Q(purposes__len=models.F("expires__len")) | models.Q(purposes=[], expires=[]),
            ),
            models.CheckConstraint(
                name="value_clock_for_every_purpose",
                condition=models.Q(purposes__len=models.F("since__len"), consent_ends__len=models.F("since__len"))
                | models.Q(purposes=[], since=[], consent_ends=[]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
