"""Calling a worker to an import at once; the clock would find it within a minute."""

from __future__ import annotations

from uuid import UUID

from governance import summoning

RUN_IMPORT = "userstore.run_import"


def summon_worker(environment_id: UUID, import_id: UUID) -> None:
    """Have a worker go on with an import, once this transaction is committed; without a broker the clock does."""
    summoning.summon_worker(RUN_IMPORT, str(environment_id), str(import_id))
