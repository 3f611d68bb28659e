"""The shape of problem documents, where the endpoints of this app look for it."""

from governance.wire.problems import PROBLEMS

__all__ = ["PROBLEMS"]
