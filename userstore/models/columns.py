"""Columns: what the store keeps about a subject, and how sensitive it is."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models import AccessPolicy
from governance.models.owned import OwnedByEnvironment, owned_constraints

UNCLASSIFIED = "unclassified"
MOST_SENSITIVE = 4


class Column(OwnedByEnvironment):
    """A column of the store. Its PII tag (category, sensitivity) is the convention that shows where PII is.

    Sensitivity runs from 1 (public) to 4 (special categories, credentials); unclassified counts as 4.
    """

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    data_type = models.CharField(max_length=128, help_text="The name of a data type of the environment.")
    is_array = models.BooleanField(default=False)
    default_value = models.CharField(max_length=512, blank=True, default="")
    index_type = models.CharField(max_length=16, default="none")
    search_indexed = models.BooleanField(default=False)
    is_index_settled = models.BooleanField(
        default=True,
        db_default=True,
        editable=False,
        help_text="False while blind indexes of stored values are filled or cleared: look-ups go without them.",
    )
    unique_required = models.BooleanField(default=False, help_text="No equal values within one subject's array.")
    unique_id_required = models.BooleanField(
        default=False, db_default=False, help_text="Every value has an id, unique in one array."
    )
    immutable_required = models.BooleanField(
        default=False, db_default=False, help_text="A value of an id comes and goes, unchanged."
    )
    partial_updates = models.BooleanField(default=False, help_text="Single values of an array are added and removed.")
    pii_category = models.CharField(max_length=64, default=UNCLASSIFIED)
    sensitivity = models.PositiveSmallIntegerField(default=MOST_SENSITIVE)
    access_policy = models.ForeignKey(
        AccessPolicy, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    default_transformer = models.ForeignKey(
        "userstore.Transformer", on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    default_token_policy = models.ForeignKey(
        AccessPolicy, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("column"),
            models.UniqueConstraint("environment", Lower("name"), name="column_name_once"),
            models.CheckConstraint(name="column_sensitivity_in_range", condition=models.Q(sensitivity__range=(1, 4))),
            models.CheckConstraint(
                name="column_unclassified_is_most_sensitive",
                condition=~models.Q(pii_category="unclassified") | models.Q(sensitivity=4),
            ),
            models.CheckConstraint(
                name="column_index_known", condition=models.Q(index_type__in=["none", "indexed", "unique"])
            ),
            models.CheckConstraint(
                name="column_partial_updates_tell_values_apart",
                condition=models.Q(partial_updates=False)
                | models.Q(is_array=True, unique_required=True)
                | models.Q(is_array=True, unique_id_required=True),
            ),
            models.CheckConstraint(
                name="column_immutable_values_have_ids",
                condition=models.Q(immutable_required=False) | models.Q(unique_id_required=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name
