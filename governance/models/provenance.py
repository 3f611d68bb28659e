"""Which builds may run as which client: keys of the CI, what they signed, rules per client, and who measures."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from governance.models.clients import Client
from governance.models.owned import OwnedByEnvironment, owned_constraints

LONGEST_NAME = 128
LONGEST_URI = 512


class CiKey(OwnedByEnvironment):
    """A public key with which one builder signs provenance. Once withdrawn it stays so: what it signed counts no more.

    `key_id` is the SHA-256 of the public key (DER, SubjectPublicKeyInfo), in hexadecimal.
    """

    name = models.CharField(max_length=LONGEST_NAME)
    builder_id = models.CharField(max_length=LONGEST_URI)
    build_level = models.PositiveSmallIntegerField(
        default=0, help_text="SLSA build level that this builder is trusted with."
    )
    public_key = models.TextField()
    key_id = models.CharField(max_length=64, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "CI key"
        constraints = [
            *owned_constraints("ci_key"),
            models.UniqueConstraint(fields=["environment", "key_id"], name="ci_key_once"),
            models.CheckConstraint(name="ci_key_level_known", condition=Q(build_level__lte=3)),
        ]

    def __str__(self) -> str:
        return self.name


class TrustedBuild(OwnedByEnvironment):
    """What a pinned key of the CI said about one artifact; the envelope is kept whole, the rest is read from it."""

    key = models.ForeignKey(CiKey, on_delete=models.PROTECT, related_name="builds", db_constraint=False)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=LONGEST_URI)
    builder_id = models.CharField(max_length=LONGEST_URI)
    build_type = models.CharField(max_length=LONGEST_URI)
    build_level = models.PositiveSmallIntegerField()
    repository = models.CharField(max_length=LONGEST_URI)
    repository_id = models.CharField(max_length=LONGEST_NAME, blank=True, default="")
    ref = models.CharField(max_length=LONGEST_URI, blank=True, default="")
    is_ref_protected = models.BooleanField(default=False)
    commit = models.CharField(max_length=64)
    built_at = models.DateTimeField()
    envelope = models.TextField()
    envelope_digest = models.CharField(max_length=64, editable=False)
    verified_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-built_at", "-id"]
        constraints = [
            *owned_constraints("trusted_build"),
            models.UniqueConstraint(fields=["environment", "digest", "envelope_digest"], name="trusted_build_once"),
        ]
        indexes = [models.Index(fields=["environment", "commit"], name="trusted_build_commit")]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"


class WorkloadPolicy(OwnedByEnvironment):
    """Which builds may run as a client. `audit` lets others in as well and says so in the book; `enforce` does not."""

    AUDIT = "audit"
    ENFORCE = "enforce"

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="workload_policy", db_constraint=False)
    mode = models.CharField(max_length=16, default=AUDIT)
    builders = ArrayField(models.CharField(max_length=LONGEST_URI), default=list, blank=True)
    repository_ids = ArrayField(models.CharField(max_length=LONGEST_NAME), default=list, blank=True)
    needs_protected_ref = models.BooleanField(default=True)
    least_build_level = models.PositiveSmallIntegerField(default=0)
    max_age_hours = models.PositiveIntegerField(null=True, blank=True)
    ci_issuer = models.CharField(max_length=LONGEST_URI, blank=True, default="")
    ci_workflows = ArrayField(models.CharField(max_length=LONGEST_URI), default=list, blank=True)
    ci_environments = ArrayField(models.CharField(max_length=LONGEST_NAME), default=list, blank=True)

    class Meta:
        ordering = ["client"]
        verbose_name_plural = "workload policies"
        constraints = [
            *owned_constraints("workload_policy"),
            models.CheckConstraint(name="workload_policy_mode_known", condition=Q(mode__in=["audit", "enforce"])),
        ]

    def __str__(self) -> str:
        return f"workload policy of {self.client}"


class Launcher(OwnedByEnvironment):
    """A program on a machine that measures what it starts, and the key with which it vouches for one client."""

    name = models.CharField(max_length=LONGEST_NAME)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="launchers", db_constraint=False)
    public_key = models.TextField()
    key_id = models.CharField(max_length=64, editable=False)
    brought_by = models.UUIDField(null=True, editable=False, help_text="Who registered it, a person or a client.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("launcher"),
            models.UniqueConstraint(fields=["environment", "client", "key_id"], name="launcher_key_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SpentProof(models.Model):
    """A proof that opens something once and was used: the digest of a nonce or `jti`, until it would be over anyway."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "digest"], name="spent_proof_once")]

    def __str__(self) -> str:
        return f"a proof until {self.expires_at:%H:%M}"
