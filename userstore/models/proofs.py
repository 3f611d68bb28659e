"""Proofs that a person is on the phone: the code they were sent, how often it was tried, and until when it counts."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from governance.models import Account, Purpose
from userstore.models.accessors import Accessor
from userstore.models.subjects import Subject

READ_BACK_WITHIN = timedelta(minutes=10)
GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5


class SubjectProof(models.Model):
    """One code that one operator had sent to one person, for reading their record through one accessor.

    Its moments are its state: made, proved once the code was read back, told once the mail server took the letter that
    tells the person, ended. Nothing is shown before they are told. `code` is keyed, and no code can be told
    from it without the environment's key. `latest_at` is the latest moment that it was looked at in, `reads` counts
    what was demanded by it, `ending` says in a word how it ended before its time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    accessor = models.ForeignKey(Accessor, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    code = models.CharField(max_length=32)
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    latest_at = models.DateTimeField()
    reads = models.PositiveIntegerField(default=0, db_default=0)
    ending = models.CharField(max_length=16, blank=True, default="", db_default="")
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "account", "subject"],
                condition=Q(ended_at=None),
                name="subject_proof_once_at_a_time",
            ),
            models.CheckConstraint(name="subject_proof_tries", condition=Q(tries__lte=MOST_TRIES)),
            models.CheckConstraint(
                name="subject_proof_ends_in_a_way",
                condition=Q(ended_at=None, ending="", ended_by=None) | Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="subject_proof_read_back_in_time",
                condition=Q(proved_at=None)
                | Q(proved_at__gte=F("made_at"), proved_at__lt=F("made_at") + READ_BACK_WITHIN, tries__gte=1),
            ),
            models.CheckConstraint(
                name="subject_proof_told_once_proved",
                condition=Q(told_at=None) | Q(proved_at__isnull=False, told_at__gte=F("proved_at")),
            ),
        ]
        indexes = [models.Index(fields=["environment", "subject", "made_at"], name="subject_proof_of_subject")]

    def __str__(self) -> str:
        return f"proof {self.id}"

    @property
    def not_after(self) -> datetime:
        """Until when the code can be read back, or, once it was, the record be shown."""
        return self.made_at + READ_BACK_WITHIN if self.proved_at is None else self.proved_at + GOOD_FOR

    def moment(self, now: datetime) -> datetime:
        """The later of a moment and the latest one that it was looked at in."""
        return max(now, self.latest_at)

    def is_living(self, now: datetime) -> bool:
        """Whether it can still be read back, or shows something once the person is told."""
        return self.ended_at is None and self.made_at <= now < self.not_after

    def is_open(self, now: datetime) -> bool:
        """Whether it shows something: the code was read back, and the person was told of it."""
        return self.told_at is not None and self.is_living(now)
