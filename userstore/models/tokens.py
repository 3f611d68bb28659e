"""Tokens: stand-ins for values, resolved under their own policy."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.models import AccessPolicy
from governance.models.owned import OwnedByEnvironment, owned_constraints
from userstore.models.subjects import Subject


class Token(OwnedByEnvironment):
    """A token. One made by an accessor belongs to a subject and remembers the value and purposes it was made under;
    one made from raw data belongs to nobody and resolves by policy alone.

    `blind` finds it by its text, `data_blind` by the data it stands for, `reuse_blind` is set where an equal request
    must give the same token again; all three are under `blind_version` of the tokens' index key. Text and data are
    sealed: under the subject's key if it belongs to one.
    """

    transformer = models.ForeignKey(
        "userstore.Transformer", on_delete=models.RESTRICT, related_name="+", db_constraint=False
    )
    transformer_version = models.PositiveIntegerField()
    access_policy = models.ForeignKey(AccessPolicy, on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    blind = models.BinaryField()
    sealed = models.BinaryField()
    data_blind = models.BinaryField()
    data_sealed = models.BinaryField(null=True)
    reuse_blind = models.BinaryField(null=True)
    blind_version = models.PositiveIntegerField(default=1, db_default=1)
    subject = models.ForeignKey(
        Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    column_id = models.BigIntegerField(null=True)
    value_id = models.UUIDField(null=True)
    purposes = ArrayField(models.BigIntegerField(), default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["environment", "data_blind"], name="token_by_data")]
        constraints = [
            *owned_constraints("token"),
            models.UniqueConstraint(fields=["environment", "blind"], name="token_text_once"),
            models.UniqueConstraint(fields=["environment", "reuse_blind"], name="token_reused"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
