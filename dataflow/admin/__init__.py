"""The officer's pages of dataflows. Importing them hangs them into the console."""

from dataflow.admin import hub, topics

__all__ = ["hub", "topics"]
