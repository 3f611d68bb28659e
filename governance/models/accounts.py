"""Accounts: operators who sign in, and the service users that hold a client's rights."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

from keyring.fields import SealedField


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts; they are made by `governance.actions.accounts`."""

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser, PermissionsMixin):
    """Somebody or something that can hold rights; its id never changes and is never used again."""

    OPERATOR = "operator"
    SERVICE = "service"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=16, default=OPERATOR)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    password_is_temporary = models.BooleanField(default=False, db_default=False)
    """Somebody else has seen it: whoever signs in with it chooses another before anything else."""
    factors_reset_at = models.DateTimeField(null=True, blank=True)
    """When somebody else took all second factors away; they are told at every sign-in for a while."""
    email = SealedField(null=True, blank=True)
    """Where their notices go; `governance.actions.addresses` takes and shows it."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "operator"  # pages show no service accounts
        constraints = [
            models.CheckConstraint(name="account_kind_known", condition=models.Q(kind__in=["operator", "service"])),
            models.CheckConstraint(
                name="service_account_cannot_log_in",
                condition=~models.Q(kind="service") | models.Q(is_staff=False, is_superuser=False),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username

    def clean(self) -> None:
        """Normalise the name the way look-ups do."""
        self.username = self.normalize_username(self.username)

    def has_usable_password(self) -> bool:
        """A service account never has a password, whatever its row says."""
        return self.kind == self.OPERATOR and super().has_usable_password()

    def check_password(self, raw_password: str | Any) -> bool:
        """Refuse service accounts before any password is compared."""
        return self.kind == self.OPERATOR and super().check_password(raw_password)
