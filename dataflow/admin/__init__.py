"""The officer's pages of dataflows. Importing them hangs them into the console."""

from dataflow.admin import hub

__all__ = ["hub"]
