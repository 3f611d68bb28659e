"""An import goes on as the program that asked for it, and only as long as that program may run."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.utils import timezone

from audit.actors import Build
from audit.queries import entries
from governance.actions.builds import register_build, withdraw_build
from governance.actions.ci_keys import pin_ci_key
from governance.actions.launchers import register_launcher
from governance.actions.workload_policies import WorkloadSpec, set_workload_policy
from governance.errors import Refused
from governance.identities import Caller, system_caller
from governance.provenance.workload import Workload
from tests import cast
from tests.beginnings import beginning
from tests.governance.provenance.ci import ARTIFACT, BUILDER, COMMIT, REPOSITORY_ID, Ci, digest_of
from tests.userstore.imported import Desk, csv_of, people
from userstore.actions.imports import run_import
from userstore.models.imports import FINISHED, HELD

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(Desk)


def reviewed(desk: Desk) -> tuple[Caller, UUID]:
    """The desk's service as a reviewed build runs it, its policy enforced; and that build."""
    system, service = system_caller(desk.book.environment.id), desk.book.service
    ci = Ci()
    pin_ci_key(system, name="ci", builder_id=BUILDER, public_key=ci.public_pem)
    registrar = cast.new_caller(desk.book.environment, "ci", register=True)
    (build,) = register_build(registrar, envelope=ci.build())
    key = Ci(ed25519.Ed25519PrivateKey.generate()).public_pem
    launcher = register_launcher(system, name="host", client_id=service.id, public_key=key)
    spec = WorkloadSpec(mode="enforce", builders=(BUILDER,), repository_ids=(REPOSITORY_ID,))
    set_workload_policy(system, client_id=service.id, spec=spec)
    told = Build(digest_of(ARTIFACT), COMMIT, build.public_id)
    return replace(service, workload=Workload(told, launcher_id=launcher.public_id)), build.public_id


def test_every_step_names_the_build_and_a_withdrawn_one_holds_the_import(desk: Desk) -> None:
    caller, build_id = reviewed(desk)
    content = csv_of(people(3))
    first, second = desk.upload(content, by=caller), desk.upload(csv_of(people(3)), by=caller)
    run_import(caller, import_id=first, now=timezone.now())
    assert desk.to_the_end(first).state == FINISHED
    for kind in ("mutator.executed", "import.ended"):
        entry, *_ = entries(environment_id=desk.book.environment.id, kinds=[kind])
        assert caller.workload is not None
        assert entry.actor.build == caller.workload.build
    run_import(caller, import_id=second, now=timezone.now())
    withdraw_build(system_caller(desk.book.environment.id), build_id=build_id)
    held = desk.to_the_end(second)
    assert (held.state, held.records) == (HELD, 0)
    with pytest.raises(Refused) as refused:
        desk.upload(content, by=desk.book.service)
    assert refused.value.reasons[0].startswith("build.unvouched:")
