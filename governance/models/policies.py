"""Access policies: AND/OR trees over templates with parameters and other policies."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models.owned import OwnedByEnvironment, owned_constraints


class PolicyTemplate(OwnedByEnvironment):
    """A rule with parameters: native (compiled Python, named by `native`) or a JavaScript `policy(context, params)`."""

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    function = models.TextField()
    native = models.CharField(max_length=64, blank=True, default="", editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("policy_template"),
            models.UniqueConstraint("environment", Lower("name"), name="policy_template_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class AccessPolicy(OwnedByEnvironment):
    """A decision about a call: all or any of its components must hold."""

    ALL = "composite_and"
    ANY = "composite_or"

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    policy_type = models.CharField(max_length=16, default=ALL)
    required_context = models.JSONField(default=dict, blank=True)
    thresholds = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "access policies"
        constraints = [
            *owned_constraints("access_policy"),
            models.UniqueConstraint("environment", Lower("name"), name="access_policy_name_once"),
            models.CheckConstraint(
                name="access_policy_type_known",
                condition=models.Q(policy_type__in=["composite_and", "composite_or"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyComponent(models.Model):
    """One branch of a policy: another policy, or a template with its parameters."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(AccessPolicy, on_delete=models.CASCADE, related_name="components", db_constraint=False)
    ordinal = models.PositiveSmallIntegerField()
    child = models.ForeignKey(
        AccessPolicy, on_delete=models.RESTRICT, null=True, blank=True, related_name="parents", db_constraint=False
    )
    template = models.ForeignKey(
        PolicyTemplate, on_delete=models.RESTRICT, null=True, blank=True, related_name="uses", db_constraint=False
    )
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["policy", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "policy", "ordinal"], name="policy_component_ordinal_once"),
            models.CheckConstraint(
                name="policy_component_is_child_or_template",
                condition=models.Q(child=None, template__isnull=False) | models.Q(child__isnull=False, template=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.child or self.template}"
