"""What can go wrong while the embedded servers start; each message names the remedy."""

from __future__ import annotations


class LaunchError(Exception):
    """Something could not be started; the text is for the person at the terminal and names the remedy."""


class BinariesMissing(LaunchError):
    """No server binaries are installed."""


class ServerFailed(LaunchError):
    """A server process ended while it was starting."""


class OtherMajorVersion(LaunchError):
    """The data directory was written by another major version of PostgreSQL."""


class AlreadyRunning(LaunchError):
    """Another run of the same state directory is alive."""
