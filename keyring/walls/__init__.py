"""The walls between environments: one transaction sees exactly one environment.

PostgreSQL enforces them with forced row-level security on a transaction-local setting.
"""

from keyring.walls.bulk import insert_columns, insert_many, row_to_insert
from keyring.walls.operations import CompositeForeignKey, EnvironmentWall
from keyring.walls.scope import SETTING, SYSTEM_ENVIRONMENT, WallBreach, current_environment, in_environment

__all__ = [
    "SETTING",
    "SYSTEM_ENVIRONMENT",
    "CompositeForeignKey",
    "EnvironmentWall",
    "WallBreach",
    "current_environment",
    "in_environment",
    "insert_columns",
    "insert_many",
    "row_to_insert",
]
