"""Reviewed builds in the console: officers pin keys, register builds, set policies; nobody else sees them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser

from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import CiKey, Launcher, TrustedBuild, WorkloadPolicy
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import stored
from tests.governance.provenance.ci import ARTIFACT, BUILDER, COMMIT, REPOSITORY_ID, Ci, digest_of

KEYS, BUILDS = "/admin/governance/cikey/", "/admin/governance/trustedbuild/"
POLICIES, LAUNCHERS = "/admin/governance/workloadpolicy/", "/admin/governance/launcher/"
CI = Ci()


def test_an_officer_pins_a_key_registers_a_build_and_withdraws_both(console: Console, as_officer: Browser) -> None:
    group = Group.objects.get(name="Privacy officers")
    give_right(system_caller(console.environment.id), holder=group, operation="register", on=console.environment)
    asked = {"name": "ci", "builder_id": BUILDER, "build_level": 2, "public_key": CI.public_pem}
    assert "no public key" in as_officer.post(f"{KEYS}add/", {**asked, "public_key": "none"}).content.decode()
    as_officer.post(f"{KEYS}add/", asked)
    key = stored(console, CiKey, name="ci")
    assert "no DSSE envelope" in as_officer.post(f"{BUILDS}add/", {"envelope": "{}"}).content.decode()
    assert as_officer.post(f"{BUILDS}add/", {"envelope": Ci().build()}).status_code == 403
    as_officer.post(f"{BUILDS}add/", {"envelope": CI.build()})
    build = stored(console, TrustedBuild, digest=digest_of(ARTIFACT))
    assert console.booked("build.registered")[0].actor.id == console.officer.id
    page = as_officer.get(f"{BUILDS}{build.pk}/change/").content.decode()
    assert COMMIT in page and "It stays as it is" in page
    assert COMMIT[:12] in as_officer.get(BUILDS).content.decode()
    as_officer.post(f"{BUILDS}{build.pk}/delete/", {"post": "yes"})
    as_officer.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"})
    assert stored(console, TrustedBuild, pk=build.pk).withdrawn_at and stored(console, CiKey, pk=key.pk).withdrawn_at
    assert "and stays so" in as_officer.get(f"{KEYS}{key.pk}/change/").content.decode()


def test_an_officer_sets_a_policy_and_registers_a_launcher(console: Console, as_officer: Browser) -> None:
    client = cast.new_player(console.environment, "job").client
    asked = {
        "client": client.pk, "mode": "audit", "builders": f"{BUILDER}\n\n", "repository_ids": REPOSITORY_ID,
        "needs_protected_ref": "on", "least_build_level": 0, "max_age_hours": "", "ci_issuer": "", "ci_workflows": "",
        "ci_environments": "",
    }  # fmt: skip
    as_officer.post(f"{POLICIES}add/", asked)
    policy = stored(console, WorkloadPolicy, client=client)
    assert (policy.builders, policy.repository_ids) == ([BUILDER], [REPOSITORY_ID])
    as_officer.post(f"{POLICIES}{policy.pk}/change/", {**asked, "mode": "enforce", "max_age_hours": 24})
    assert stored(console, WorkloadPolicy, client=client).mode == "enforce"
    as_officer.post(f"{LAUNCHERS}add/", {"name": "host", "client": client.pk, "public_key": CI.public_pem})
    launcher = stored(console, Launcher, name="host")
    as_officer.post(f"{LAUNCHERS}{launcher.pk}/delete/", {"post": "yes"})
    assert stored(console, Launcher, pk=launcher.pk).withdrawn_at
    as_officer.post(f"{POLICIES}{policy.pk}/delete/", {"post": "yes"})
    assert console.booked("workload_policy.retired")


@pytest.mark.parametrize("page", [KEYS, BUILDS, POLICIES, LAUNCHERS])
def test_nobody_else_sees_or_changes_them(console: Console, as_support: Browser, page: str) -> None:
    assert as_support.get(page).status_code == 403
    assert as_support.get(f"{page}add/").status_code == 403
