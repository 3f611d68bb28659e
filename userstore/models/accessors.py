"""Accessors: the read APIs of the store."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models import AccessPolicy, Client, Purpose
from governance.models.owned import OwnedByEnvironment, owned_constraints

STRICT, PARTIAL = "strict", "partial"
PLAIN, MASKED, NONE = "plain", "masked", "none"
LEVELS = (PLAIN, MASKED, NONE)
"""What a caller is shown of a column, from everything to nothing."""


class Accessor(OwnedByEnvironment):
    """Which columns, for whom (selector), for which purposes, under which policy, transformed how.

    `consent_mode`: strict leaves out a subject with an output value that is present but not permitted; partial omits
    such values and drops a row only when nothing is left of it.
    """

    name = models.CharField(max_length=256)
    description = models.TextField(blank=True, default="")
    selector = models.TextField()
    purposes = models.ManyToManyField(Purpose, through="userstore.AccessorPurpose", related_name="+")
    access_policy = models.ForeignKey(AccessPolicy, on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    token_policy = models.ForeignKey(
        AccessPolicy, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    consent_mode = models.CharField(max_length=16, default=STRICT)
    life_cycle_state = models.CharField(max_length=16, default="live")
    overrides_column_policies = models.BooleanField(default=False)
    use_search_index = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("read", "May read through this accessor"),
            ("export", "May have values leave in bulk through this accessor"),
            ("request", "May ask for temporary access through this accessor"),
            ("approve", "May decide on temporary access of others through this accessor"),
            ("act", "May read through this accessor for people who hand on their temporary access"),
        ]
        constraints = [
            *owned_constraints("accessor"),
            models.UniqueConstraint("environment", Lower("name"), name="accessor_name_once"),
            models.CheckConstraint(
                name="accessor_consent_mode_known", condition=models.Q(consent_mode__in=["strict", "partial"])
            ),
            models.CheckConstraint(
                name="accessor_state_known", condition=models.Q(life_cycle_state__in=["live", "softdeleted"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccessorPurpose(models.Model):
    """A purpose that must be permitted for every value the accessor returns."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    accessor = models.ForeignKey(Accessor, on_delete=models.CASCADE, db_constraint=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.RESTRICT, db_constraint=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "accessor", "purpose"], name="accessor_purpose_once")
        ]

    def __str__(self) -> str:
        return f"{self.accessor_id}: {self.purpose_id}"


class AccessorColumn(models.Model):
    """One output column, with what becomes of its values.

    `default_visibility`: the level of a caller whom no rule names; empty where the column has no rules, so everybody
    who may read through the accessor sees it. `default_on_demand`: what such a caller is shown who demands it. `mask`
    is what a masked level shows it through. `shown_to_oneself`: what the person themself is shown, so whoever acts for
    them on the phone. `takes_code`: the value is the e-mail address that their one-time codes go to.
    """

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    accessor = models.ForeignKey(Accessor, on_delete=models.CASCADE, related_name="columns", db_constraint=False)
    column = models.ForeignKey("userstore.Column", on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    ordinal = models.PositiveSmallIntegerField()
    transformer = models.ForeignKey(
        "userstore.Transformer", on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    token_policy = models.ForeignKey(
        AccessPolicy, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    default_visibility = models.CharField(max_length=8, blank=True, default="", db_default="")
    default_on_demand = models.CharField(max_length=8, blank=True, default="", db_default="")
    mask = models.ForeignKey(
        "userstore.Transformer", on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    shown_to_oneself = models.CharField(max_length=8, default=NONE, db_default=NONE)
    takes_code = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["accessor", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "accessor", "column"], name="accessor_column_once"),
            models.UniqueConstraint(fields=["environment", "id"], name="accessor_column_same_environment"),
            models.CheckConstraint(
                name="accessor_column_visibility_known",
                condition=models.Q(default_visibility="", default_on_demand="")
                | models.Q(default_visibility__in=LEVELS, default_on_demand__in=LEVELS),
            ),
            models.CheckConstraint(
                name="accessor_column_oneself_by_rules",
                condition=models.Q(shown_to_oneself=NONE, takes_code=False)
                | models.Q(~models.Q(default_visibility=""), shown_to_oneself__in=LEVELS),
            ),
            models.UniqueConstraint(
                fields=["environment", "accessor"],
                condition=models.Q(takes_code=True),
                name="accessor_column_takes_code_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.column)


class VisibilityRule(models.Model):
    """What the members of one group, or one client, are shown of one output column, and what on demand."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    output = models.ForeignKey(
        AccessorColumn, on_delete=models.CASCADE, related_name="visibility_rules", db_constraint=False
    )
    # The database alone sees the rules behind every wall, so it is the one that keeps a group that they name.
    group = models.ForeignKey("auth.Group", on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+")
    client = models.ForeignKey(
        Client, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    level = models.CharField(max_length=8)
    on_demand = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "output", "group"], name="visibility_rule_of_group_once"),
            models.UniqueConstraint(fields=["environment", "output", "client"], name="visibility_rule_of_client_once"),
            models.CheckConstraint(
                name="visibility_rule_level_known", condition=models.Q(level__in=LEVELS, on_demand__in=LEVELS)
            ),
            models.CheckConstraint(
                name="visibility_rule_names_one",
                condition=models.Q(group__isnull=False, client__isnull=True)
                | models.Q(group__isnull=True, client__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group or self.client}: {self.level}"
