from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from audit.actors import SYSTEM
from audit.analysis.accesses import access_of
from audit.errors import AuditorNotConfigured
from audit.simulation import keeping
from audit.simulation.configuration import Configuration
from audit.simulation.keeping import keep_company
from audit.simulation.running import Simulation
from governance.actions.environments import change_environment, define_environment
from governance.identities import system_caller
from tests.audit.vocabulary import ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = Configuration().scaled(0.1).lasting(3)


def bodies(environment_id: UUID) -> list[dict[str, object]]:
    with connections["auditor"].cursor() as cursor:
        cursor.execute(
            "select body from audit_entry where environment_id = %s and kind <> 'audit.company_simulated'",
            [environment_id],
        )
        return [json.loads(body) for (body,) in cursor.fetchall()]


def test_a_company_is_written_once_however_often_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 300)
    for batches in (1, 2):
        assert [*islice(keep_company(SMALL, seed=7, environment_id=ENVIRONMENT), batches)][-1] == 300 * batches
    *_, told = keep_company(SMALL, seed=7, environment_id=ENVIRONMENT)
    written = bodies(ENVIRONMENT)
    assert len(written) == len({body["id"] for body in written}) == told > 700
    *_, again = keep_company(SMALL, seed=7, environment_id=ENVIRONMENT)
    assert again == told
    assert len(bodies(ENVIRONMENT)) == told


def test_the_book_tells_the_analysis_what_the_simulation_told_it() -> None:
    for _ in keep_company(SMALL, seed=7, environment_id=ENVIRONMENT):
        pass
    read = {UUID(str(body["id"])): access_of(body, 0) for body in bodies(ENVIRONMENT)}
    kinds: Counter[str] = Counter()
    for access in Simulation(SMALL, seed=7, environment_id=ENVIRONMENT).accesses():
        found = read.pop(access.entry_id)
        kinds[access.kind] += 1
        for field in (
            "at",
            "kind",
            "outcome",
            "actor_kind",
            "actor",
            "operation",
            "subjects",
            "build",
            "environment_id",
        ):
            assert getattr(found, field) == getattr(access, field), field
        if access.operation in ("read", "unmask", "export"):
            assert (found.resource, found.columns, found.grant) == (access.resource, access.columns, access.grant)
    assert not read
    assert kinds["accessor.executed"] > 300


def test_without_the_auditors_connection_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "AUDITOR", "nobody")
    with pytest.raises(AuditorNotConfigured):
        next(keep_company(SMALL, seed=7, environment_id=ENVIRONMENT))
    assert not bodies(ENVIRONMENT)


def simulate(*options: str, environment: str) -> str:
    out = StringIO()
    call_command("simulate_company", f"--environment={environment}", "--days=2", *options, stdout=out)
    return out.getvalue()


def test_the_command_fills_a_synthetic_environment_and_refuses_every_other(tmp_path: Path) -> None:
    trial = define_environment(SYSTEM, name="trial", description="", is_synthetic=True)
    real = define_environment(SYSTEM, name="real", description="")
    assert "entries of company 1" in simulate(environment="trial")
    assert bodies(trial.id)
    with pytest.raises(CommandError, match="synthetic"):
        simulate(environment="real")
    with pytest.raises(CommandError, match="no environment"):
        simulate(environment="nowhere")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[firm]")
    with pytest.raises(CommandError, match="firm"):
        simulate(f"--configuration={wrong}", environment="trial")
    change_environment(system_caller(trial.id), description="", is_protected=True)
    with pytest.raises(CommandError, match="unprotected"):
        simulate("--seed=2", environment="trial")
    other = define_environment(SYSTEM, name="other", description="", is_synthetic=True)
    with pytest.raises(CommandError, match="trial is protected, and all environments here have one book"):
        simulate(environment="other")
    assert {body["kind"] for body in (*bodies(real.id), *bodies(other.id))} == {"environment.defined"}
