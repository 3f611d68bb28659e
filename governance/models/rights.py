"""Rights: standing permissions of accounts and groups, with a window, a quota and deny."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from guardian.models import GroupObjectPermissionAbstract, UserObjectPermissionAbstract


class RightTerms(models.Model):
    """The terms under which a right holds. Outside its window a right does not exist; deny wins over allow."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    quota_per_hour = models.PositiveIntegerField(null=True, blank=True, help_text="Calls per clock hour; empty: any.")
    is_deny = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


def _terms_constraints(name: str) -> list[models.BaseConstraint]:
    return [
        models.CheckConstraint(
            name=f"{name}_window_ordered",
            condition=models.Q(not_before=None)
            | models.Q(not_after=None)
            | models.Q(not_after__gt=models.F("not_before")),
        ),
        models.CheckConstraint(
            name=f"{name}_deny_has_no_quota", condition=models.Q(is_deny=False) | models.Q(quota_per_hour=None)
        ),
    ]


class Right(UserObjectPermissionAbstract, RightTerms):
    """What one account may do to an environment, or to one accessor, mutator or client in it."""

    class Meta(UserObjectPermissionAbstract.Meta):
        abstract = False
        constraints = _terms_constraints("right")

    def __str__(self) -> str:
        return (
            f"{'deny ' if self.is_deny else ''}{self.permission.codename} to {getattr(self.user, 'client', self.user)}"
        )


class GroupRight(GroupObjectPermissionAbstract, RightTerms):
    """What the members of one group may do."""

    class Meta(GroupObjectPermissionAbstract.Meta):
        abstract = False
        constraints = _terms_constraints("group_right")

    def __str__(self) -> str:
        return f"{'deny ' if self.is_deny else ''}{self.permission.codename} to {self.group}"


class RightUse(models.Model):
    """The last day on which a right allowed something. It names the right without a reference, and outlives it."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    holder_kind = models.CharField(max_length=16, help_text="account or group: in which table the right is.")
    right_pk = models.BigIntegerField()
    used_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "holder_kind", "right_pk"], name="right_use_once"),
            models.CheckConstraint(
                name="right_use_kind_known", condition=models.Q(holder_kind__in=["account", "group"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_kind}-right-{self.right_pk}"
