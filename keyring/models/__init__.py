"""The facts: which keys exist, wrapped, and which are being renewed."""

from keyring.models.environment_key import EnvironmentKey
from keyring.models.key_rotation import KeyRotation
from keyring.models.wrapped_key import WrappedKey

__all__ = ["EnvironmentKey", "KeyRotation", "WrappedKey"]
