"""Migration operations that build the walls."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

PREDICATE = "environment_id = (select nullif(current_setting('sealbook.environment', true), '')::uuid)"
"""The sub-select lets PostgreSQL read the setting once per statement; `nullif` because a transaction-local setting
that has ended is the empty string, not NULL."""


class EnvironmentWall(Operation):
    """Force row-level security on a model's table, so that every statement sees one environment only."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the model state alone: a wall is a matter of the database."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = self._table(app_label, schema_editor, to_state)
        for statement in (
            f"alter table {table} enable row level security",
            f"alter table {table} force row level security",
            f"create policy environment_wall on {table} for all to public using ({PREDICATE}) with check ({PREDICATE})",
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = self._table(app_label, schema_editor, from_state)
        for statement in (
            f"drop policy environment_wall on {table}",
            f"alter table {table} no force row level security",
            f"alter table {table} disable row level security",
        ):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Wall {self.model_name} by environment"

    def _table(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState) -> str:
        name: str = schema_editor.quote_name(state.apps.get_model(app_label, self.model_name)._meta.db_table)
        return name


class CompositeForeignKey(Operation):
    """Add `foreign key (environment_id, column) references target (environment_id, id)`.

    A simple foreign key looks through the walls (integrity checks ignore row-level security), so a row could point
    into another environment. The target needs a unique constraint on `(environment_id, id)`.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, column: str, target: str, *, on_delete: str = "restrict") -> None:
        self.model_name = model_name
        self.column = column
        self.target = target
        self.on_delete = on_delete

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the model state alone: Django 5.2 has no composite foreign keys."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table, name = self._names(app_label, to_state)
        target_app, target_model = self.target.split(".")
        target = to_state.apps.get_model(target_app, target_model)._meta.db_table
        quote = schema_editor.quote_name
        schema_editor.execute(
            f"alter table {quote(table)} add constraint {quote(name)} "
            f"foreign key (environment_id, {quote(self.column)}) references {quote(target)} (environment_id, id) "
            f"on delete {self.on_delete} deferrable initially deferred",
            params=None,
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table, name = self._names(app_label, from_state)
        quote = schema_editor.quote_name
        schema_editor.execute(f"alter table {quote(table)} drop constraint {quote(name)}", params=None)

    def describe(self) -> str:
        return f"Bind {self.model_name}.{self.column} to a row of the same environment"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (
            self.__class__.__name__,
            [self.model_name, self.column, self.target],
            {"on_delete": self.on_delete} if self.on_delete != "restrict" else {},
        )

    def _names(self, app_label: str, state: ProjectState) -> tuple[str, str]:
        table = state.apps.get_model(app_label, self.model_name)._meta.db_table
        return table, f"{table}_{self.column}_same_environment"[:63]
