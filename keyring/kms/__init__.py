"""Where root keys live. The first provider of `settings.KMS_PROVIDERS` wraps, all of them unwrap."""

from keyring.kms.protocol import Kms
from keyring.kms.registry import provider, providers

__all__ = ["Kms", "provider", "providers"]
