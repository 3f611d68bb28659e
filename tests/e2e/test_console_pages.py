"""The officer's console in a real browser: WCAG 2.2 AA, within the window, quiet under the content security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from keyring.walls import in_environment
from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import keep_picture
from tests.e2e.windows import SHARES, WINDOWS

if TYPE_CHECKING:
    from governance.identities import Caller
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def console(transactional_db: None) -> Iterator[Console]:
    from governance.actions.builtin import DENY_ALL
    from governance.actions.policies import Branch, republish_policy
    from governance.identities import system_caller
    from tests import cast
    from tests.console.people import staffed_console
    from tests.governance.rounds import open_two_rounds
    from userstore.actions.columns import ColumnSpec, define_column

    cache.clear()
    staffed = staffed_console()
    cast.new_player(staffed.environment, "campaign-job", read=True)
    changed = cast.internal_only(staffed.environment)
    republish_policy(
        system_caller(staffed.environment.id),
        public_id=changed,
        version=0,
        name="ApplicationInternalOnly",
        policy_type="composite_or",
        components=[Branch(policy=DENY_ALL)],
        description="Closed while the incident lasts.",
    )
    define_column(system_caller(staffed.environment.id), spec=ColumnSpec("shoe_size", "integer"))
    build_graph(staffed)
    rule_who_sees_what(staffed)
    open_two_rounds(staffed.environment, owners="Privacy officers")
    cast.new_environment("staging")
    import_some_files(staffed)
    leave_some_notices(staffed)
    yield staffed
    cache.clear()


def build_graph(staffed: Console) -> None:
    """A person who sees a folder, in the graph that the officer may read and write; and an erasure they may ask for."""
    from governance.actions.graph import create_edge, create_object
    from governance.actions.graph_types import Carried, define_edge_type, define_object_type
    from governance.actions.rights import give_right
    from governance.identities import system_caller
    from tests import cast
    from userstore.actions.sealing import Batch, seal_values

    system, environment = system_caller(staffed.environment.id), staffed.environment
    for operation in ("read", "write", "erase"):
        give_right(system, holder=staffed.officer, operation=operation, on=environment)
    service = cast.new_player(environment, "directory", write=True, seal=True)
    seal_values(Batch(service.caller, {"name": "operational"}, ["x"], [b"{}"]))
    person, folder = (define_object_type(system, name=name).public_id for name in ("person", "folder"))
    sees = define_edge_type(
        system, name="sees", source_type=person, target_type=folder, attributes=[Carried("view", "direct")]
    ).public_id
    ends = [
        create_object(service.caller, type_id=kind, alias=alias).public_id
        for kind, alias in ((person, "Ada Example"), (folder, "2026"))
    ]
    create_edge(service.caller, edge_type_id=sees, source_id=ends[0], target_id=ends[1])


def rule_who_sees_what(staffed: Console) -> None:
    """An accessor with a column that is masked for officers and not shown to anybody else, and one without rules."""
    from governance.actions.builtin import ALLOW_ALL
    from governance.identities import system_caller
    from tests import cast
    from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
    from userstore.actions.visibility import VisibilitySpec
    from userstore.levels import Shown
    from userstore.models import Column, Transformer

    with in_environment(staffed.environment.id):
        email, name = (Column.objects.get(name=each).public_id for each in ("email", "name"))
        mask = Transformer.objects.get(name="FullMask").public_id
    rules = VisibilitySpec(mask=mask, groups={"Privacy officers": Shown("masked", "plain")})
    outputs = (OutputSpec(name, visibility=rules), OutputSpec(email))
    purposes = (cast.new_purpose(staffed.environment, "support").public_id,)
    publish_accessor(
        system_caller(staffed.environment.id), spec=AccessorSpec("GetContact", "{id} = ?", outputs, purposes, ALLOW_ALL)
    )


def leave_some_notices(staffed: Console) -> None:
    """A webhook that is told two things, of which one was given up."""
    from uuid import uuid4

    from django.utils import timezone

    from governance.actions.deliveries import deliver_next
    from governance.actions.notices import leave_notices
    from governance.actions.webhooks import define_webhook
    from governance.identities import system_caller
    from governance.models import Delivery

    environment_id, now = staffed.environment.id, timezone.now()
    define_webhook(system_caller(environment_id), name="desk", url="https://desk.example.com/hook")
    with in_environment(environment_id):
        told = [("emergency.declared", uuid4()), ("review.overdue", uuid4())]
        leave_notices([], happened=told, environment_id=environment_id, now=now)
        Delivery.objects.filter(kind="review.overdue").update(attempts=9)
    for _ in told:
        assert deliver_next(environment_id, now=now)


def _writer(console: Console) -> Caller:
    from tests import cast

    return cast.new_caller(console.environment, "writer", write=True)


def import_some_files(console: Console) -> None:
    """A file that awaits its upload, one whose records can be looked at, and one with a bad record."""
    import io

    from django.utils import timezone

    from governance.actions.builtin import ALLOW_ALL
    from governance.identities import OPERATOR, Caller, system_caller
    from userstore.actions.importing.running import run_every_import
    from userstore.actions.imports import ask_import, run_import
    from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
    from userstore.actions.uploads import take_in
    from userstore.importing.instructions import Instructions
    from userstore.models import Column

    system, officer, now = system_caller(console.environment.id), console.officer, timezone.now()
    with in_environment(console.environment.id):
        column = Column.objects.get(name="shoe_size").public_id
    mutator = publish_mutator(
        system, spec=MutatorSpec("SetSize", "{id} = ?", (InputSpec(column),), ALLOW_ALL)
    ).public_id
    caller = Caller(OPERATOR, officer.id, officer.id, console.environment.id, officer.username)
    ids = [ask_import(caller, instructions=Instructions(mutator), now=now).row.pk for _ in range(3)]
    for import_id in ids[1:]:
        take_in(caller, import_id=import_id, offset=0, content=io.BytesIO(b"id,shoe_size\nnobody,x\n"), now=now)
    run_import(caller, import_id=ids[2], now=now)
    run_every_import(seconds=20)


def sign_in(visitor: Visitor, console: Console) -> None:
    from tests.console.people import PASSWORD

    page = visitor.open("/login/?next=/admin/")
    page.fill("#id_username", "officer")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    shown = visitor.page.locator("#environment-choice")
    if shown.input_value() != str(console.environment.id):
        shown.select_option(str(console.environment.id))
        page.click(".environment-choice button")
        page.wait_for_load_state()


def pages_of(console: Console) -> list[str]:
    """An overview, lists, forms with and without rows, and the console's own pages."""
    from governance.models import AccessPolicy, Client, GraphObject, Webhook
    from userstore.models import Accessor, Import

    with in_environment(console.environment.id):
        imports = [f"imports/{row.pk}/" for row in Import.objects.all()]
        client = Client.objects.get(name="campaign-job")
        policy = AccessPolicy.objects.get(name="ApplicationInternalOnly")
        accessor = Accessor.objects.get(name="GetContact")
        one = GraphObject.objects.filter(type__name="person").get()
        webhook = Webhook.objects.get(name="desk")
    return [
        "",
        "governance/client/",
        f"governance/client/{client.pk}/change/",
        f"governance/client/{client.pk}/new_secret/",
        f"governance/client/{client.pk}/end_secrets/",
        f"governance/accesspolicy/{policy.pk}/change/",
        f"governance/accesspolicy/{policy.pk}/versions/",
        "governance/right/add/",
        "userstore/column/",
        "userstore/column/add/",
        "userstore/accessor/add/",
        f"userstore/accessor/{accessor.pk}/visibility/",
        "userstore/legalhold/add/",
        "retention/",
        "imports/",
        *imports,
        "freeze/",
        f"freeze/client/{client.public_id}/",
        "governance/edgetype/",
        f"governance/accesspolicy/{policy.pk}/try/",
        "graph/objects/",
        f"graph/objects/{one.public_id}/",
        "sealing-keys/",
        "people/",
        "regions/",
        "detections/",
        "detections/D9/",
        "staff/",
        "governance/markedsubject/",
        "governance/registeredjob/add/",
        "script-notes/",
        "code-of-column/",
        "notices/",
        "governance/webhook/add/",
        "governance/feed/add/",
        f"governance/webhook/{webhook.pk}/change/",
        f"governance/webhook/{webhook.pk}/new_secret/",
        "access/phone/",
        "reach/",
        "rights/review/",
        "rights/unused/",
    ]


LISTS = ("governance/client/", "userstore/column/", "governance/edgetype/")


def _is_known(path: str, complaint: str) -> bool:
    """The theme styles its lists inline; the policy rightly refuses that, and sealbook/admin.css mends the look."""
    return path in LISTS and complaint.startswith("Applying inline style violates")


@pytest.mark.parametrize(("width", "scheme", "share"), SHARES)
def test_every_page_of_the_console_meets_wcag_and_fits_its_window(
    visit: Callable[..., Visitor], console: Console, width: int, scheme: str, share: slice
) -> None:
    visitor = visit(width=width, scheme=scheme)
    sign_in(visitor, console)
    found = []
    for path in pages_of(console)[share]:
        visitor.open(f"/admin/{path}")
        visitor.page.wait_for_load_state("networkidle")
        keep_picture(visitor, f"console-{path.strip('/').replace('/', '-')}-{width}-{scheme}")
        found += [f"{path}: {fault}" for fault in visitor.accessibility_violations()]
        found += [f"{path}: {text}" for text in visitor.complaints if not _is_known(path, text)]
        visitor.complaints.clear()
        if visitor.width_overflow() > 0:
            found.append(f"{path}: {visitor.width_overflow()} px too wide")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS[:1])
def test_answers_and_questions_of_the_console_meet_wcag_and_stay_out_of_addresses(
    visit: Callable[..., Visitor], console: Console, width: int, scheme: str
) -> None:
    from userstore.actions.subjects import create_subject

    person = create_subject(_writer(console)).public_id
    visitor = visit(width=width, scheme=scheme)
    sign_in(visitor, console)
    page = visitor.open("/admin/graph/check/")
    for field, text in (("#source", "Ada Example"), ("#target", "2026")):
        page.fill(field, text)
    page.select_option("#attribute", "view")
    page.click("text=Check >> nth=-1")
    page.wait_for_selector("text=Yes: Ada Example has view on 2026")
    assert "Ada" not in page.url
    found = visitor.accessibility_violations()
    visitor.open("/admin/people/")
    page.fill("#user", str(person))
    page.click("button:has-text('Show')")
    page.wait_for_selector("text=A person in the store")
    assert str(person) not in page.url
    found += visitor.accessibility_violations()
    page.click("button:has-text('See what erasing would destroy')")
    page.wait_for_selector("text=Erase this person?")
    visitor.open("/admin/erasures/")
    page.fill("#user", str(person))
    page.click("button:has-text('See what would go')")
    page.wait_for_selector("text=Erase this person?")
    assert str(person) not in page.url
    found += visitor.accessibility_violations()
    page.fill("#typed", str(person)[:8])
    page.click("button:has-text('Erase this person')")
    page.wait_for_selector("text=A person was erased")
    found += visitor.accessibility_violations()
    assert [*found, *visitor.complaints] == []
    assert visitor.width_overflow() <= 0
