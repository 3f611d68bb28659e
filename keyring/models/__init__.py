"""The facts: which keys exist, wrapped."""

from keyring.models.environment_key import EnvironmentKey
from keyring.models.wrapped_key import WrappedKey

__all__ = ["EnvironmentKey", "WrappedKey"]
