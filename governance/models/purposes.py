"""Purposes: what a value may be used for, and on which legal basis."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models.owned import OwnedByEnvironment, owned_constraints


class LegalBasis(models.TextChoices):
    """The six lawful bases of GDPR article 6(1); a closed list."""

    CONSENT = "consent", "Consent, 6(1)(a)"
    CONTRACT = "contract", "Contract, 6(1)(b)"
    LEGAL_OBLIGATION = "legal_obligation", "Legal obligation, 6(1)(c)"
    VITAL_INTERESTS = "vital_interests", "Vital interests, 6(1)(d)"
    PUBLIC_TASK = "public_task", "Public task, 6(1)(e)"
    LEGITIMATE_INTERESTS = "legitimate_interests", "Legitimate interests, 6(1)(f)"


class PurposesInUse(models.Manager["Purpose"]):
    """The purposes there are; those that are retired are only in the history of consents."""

    def get_queryset(self) -> models.QuerySet[Purpose]:
        return super().get_queryset().filter(retired_at=None)


class Purpose(OwnedByEnvironment):
    """A processing purpose. Only one that rests on consent can be withdrawn by the subject.

    A retired one stays for the history of consents, which is only ever added to, and is found by `everything` alone.
    """

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    legal_basis = models.CharField(max_length=32, choices=LegalBasis.choices, default=LegalBasis.CONSENT)
    is_system = models.BooleanField(default=False, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PurposesInUse()
    everything: models.Manager[Purpose] = models.Manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("purpose"),
            models.UniqueConstraint(
                "environment", Lower("name"), name="purpose_name_once", condition=models.Q(retired_at=None)
            ),
            models.CheckConstraint(
                name="purpose_legal_basis_known", condition=models.Q(legal_basis__in=LegalBasis.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name
