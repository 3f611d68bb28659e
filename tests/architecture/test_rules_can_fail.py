"""A rule that cannot fail guards nothing: each one is shown what it forbids, and what it must let pass."""

from __future__ import annotations

import pytest

from tests.architecture import floors, habits, shape
from tests.architecture.source import Rule, Source

FORBIDDEN = [
    (floors.imports_go_down, "audit/recorder.py", "import governance.queries"),
    (floors.imports_go_down, "audit/recorder.py", "def f():\n    from userstore import queries"),
    (floors.imports_go_down, "dataflow/plan.py", "from discovery import scans"),
    (floors.imports_go_down, "keyring/keys.py", "import_module('config.settings')"),
    (floors.imports_go_down, "client/sealbook/http.py", "from keyring import plain"),
    (floors.nothing_imports_a_door, "userstore/queries.py", "from userstore.api import views"),
    (floors.nothing_imports_a_door, "userstore/queries.py", "from . import api"),
    (floors.nothing_imports_a_door, "userstore/api/views.py", "from governance.api.paging import page"),
    (floors.nothing_imports_a_door, "governance/console/pages.py", "from ..api import views"),
    (floors.model_references_go_down, "audit/models/entry.py", "ForeignKey('governance.Environment', CASCADE)"),
    (floors.model_references_go_down, "keyring/migrations/0001_keys.py", "M(to='audit.Entry')"),
    (floors.accounts_stay_above, "audit/models/entry.py", "ForeignKey(settings.AUTH_USER_MODEL)"),
    (floors.accounts_stay_above, "keyring/models.py", "get_user_model()"),
    (floors.migrations_depend_downwards, "audit/migrations/0002_x_y.py", "dependencies = [('userstore', '0001_a_b')]"),
    (floors.migrations_have_names, "audit/migrations/0002_auto_20260101_1200.py", ""),
    (floors.migrations_have_names, "audit/migrations/0002_alter_entry_body_and_more.py", ""),
    (shape.files_stay_short, "audit/queries.py", "x = 1\n" * 301),
    (shape.names_say_something, "audit/utils.py", ""),
    (shape.names_say_something, "governance/services/rights.py", ""),
    (shape.exceptions_have_reasons, "audit/queries.py", "import os  # noqa: F401"),
    (shape.exceptions_have_reasons, "audit/queries.py", "import os  # noqa"),
    (shape.exceptions_have_reasons, "audit/queries.py", "x = f()  # type: ignore[arg-type]"),
    (shape.exceptions_have_reasons, "audit/queries.py", "x = f()  # type: ignore  # the stubs are wrong"),
    (shape.addresses_are_portable, "docs/operations.md", "Run it in `/ro" + "ot/sealbook`."),
    (shape.addresses_are_portable, "Makefile", "STATE = /tm" + "p/state"),
    (shape.addresses_are_portable, "requirements/base.txt", "--index" + "-url somewhere"),
    (shape.addresses_are_portable, "templates/base.html", "https://cdn.jsdeli" + "vr.net/npm/htmx.org"),
    (habits.writes_go_through_actions, "governance/queries.py", "Client.objects.create(name='x')"),
    (habits.writes_go_through_actions, "governance/api/views.py", "client.save()"),
    (habits.writes_go_through_actions, "governance/api/views.py", "await client.asave()"),
    (habits.writes_go_through_actions, "governance/api/views.py", "Client.objects.filter(id=1).update(name='x')"),
    (habits.writes_go_through_actions, "governance/api/views.py", "client.delete()"),
    (habits.writes_go_through_actions, "governance/queries.py", "cursor.execute('delete from governance_client')"),
    (habits.writes_go_through_actions, "governance/queries.py", "cursor.execute(f'insert into {table} values (1)')"),
    (habits.nothing_prints, "audit/queries.py", "print(entry)"),
    (habits.log_lines_are_literals, "audit/queries.py", "logger.info(f'read {subject}')"),
    (habits.log_lines_are_literals, "audit/queries.py", "_log.warning('read %s', subject)"),
    (habits.settings_are_read_late, "audit/queries.py", "LIMIT = settings.AUDIT_LIMIT"),
    (habits.settings_are_read_late, "audit/queries.py", "class A:\n    limit = getattr(settings, 'AUDIT_LIMIT', 1)"),
    (habits.settings_are_read_late, "audit/queries.py", "def f(limit=settings.AUDIT_LIMIT):\n    pass"),
    (habits.vocabularies_can_grow, "governance/models/rights.py", "CharField(choices=[('a', 'A')])"),
]

ALLOWED = [
    (floors.imports_go_down, "governance/queries.py", "from audit.recorder import append\nimport django.db"),
    (floors.imports_go_down, "client/sealbook/http.py", "import httpx"),
    (floors.nothing_imports_a_door, "governance/api/urls.py", "from governance.api.views import Clients"),
    (floors.nothing_imports_a_door, "governance/api/views.py", "from governance.queries import clients"),
    (floors.nothing_imports_a_door, "config/settings.py", "from config.console import UNFOLD"),
    (floors.nothing_imports_a_door, "config/middleware.py", "from governance.console.middleware import Chosen"),
    (floors.model_references_go_down, "userstore/models/columns.py", "ForeignKey('governance.Environment', CASCADE)"),
    (floors.accounts_stay_above, "governance/models/rights.py", "ForeignKey(settings.AUTH_USER_MODEL)"),
    (floors.migrations_depend_downwards, "userstore/migrations/0001_a_b.py", "dependencies = [('audit', '0001_a')]"),
    (floors.migrations_have_names, "audit/migrations/0001_entries_can_only_be_added.py", ""),
    (shape.files_stay_short, "audit/queries.py", "x = 1\n" * 300),
    (shape.files_stay_short, "audit/migrations/0001_all_of_it.py", "x = 1\n" * 900),
    (shape.names_say_something, "audit/recorder.py", ""),
    (shape.exceptions_have_reasons, "audit/queries.py", "import os  # noqa: F401  importing registers it"),
    (shape.exceptions_have_reasons, "audit/queries.py", "x = f()  # type: ignore[arg-type]  # the stubs lag behind"),
    (shape.exceptions_have_reasons, "audit/queries.py", "TEXT = '# noqa'  # a text that looks like an exception"),
    (shape.addresses_are_portable, "docs/api.md", "Send it to https://sealbook.example.com/root/work and ./tmp/x."),
    (habits.writes_go_through_actions, "governance/actions/clients.py", "Client.objects.create(name='x')"),
    (
        habits.writes_go_through_actions,
        "governance/queries.py",
        "found.update(a=1)\ncache.delete('key')\nh.update(b'')",
    ),
    (habits.nothing_prints, "audit/management/commands/tail_audit.py", "print(entry)"),
    (habits.log_lines_are_literals, "audit/queries.py", "logger.info('read', extra={'count': 3})"),
    (habits.settings_are_read_late, "audit/queries.py", "def f():\n    return settings.AUDIT_LIMIT"),
    (habits.settings_are_read_late, "governance/models/rights.py", "a = ForeignKey(settings.AUTH_USER_MODEL)"),
    (habits.vocabularies_can_grow, "governance/console/forms.py", "ChoiceField(choices=[('a', 'A')])"),
]

ALL_RULES = (*floors.RULES, *shape.RULES, *shape.RULES_FOR_ALL_TEXT, *habits.RULES)


@pytest.mark.parametrize(("rule", "path", "text"), FORBIDDEN)
def test_a_rule_reports_what_it_forbids_with_place_and_remedy(rule: Rule, path: str, text: str) -> None:
    faults = [str(fault) for fault in rule(Source(path, text))]
    assert faults
    assert all(fault.startswith(f"{path}:") and len(fault.split()) > 4 for fault in faults)


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_a_rule_lets_pass_what_it_does_not_mean(rule: Rule, path: str, text: str) -> None:
    assert [str(fault) for fault in rule(Source(path, text))] == []


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_shown_both_sides(rule: Rule) -> None:
    assert rule in [shown for shown, _, _ in FORBIDDEN]
    assert rule in [shown for shown, _, _ in ALLOWED]


def test_an_exception_that_is_not_needed_any_more_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "governance/models/rights.py"
    monkeypatch.setattr(shape, "LONG_FILES", {path: "was long once upon a time"})
    monkeypatch.setattr(shape, "PROBED_ADDRESSES", {path: "named one once upon a time"})
    monkeypatch.setattr(habits, "WRITERS", {path: "wrote once upon a time"})
    monkeypatch.setattr(habits, "CLOSED_VOCABULARIES", {path: "had choices once upon a time"})
    rules = (shape.files_stay_short, shape.addresses_are_portable, habits.writes_go_through_actions)
    for rule in (*rules, habits.vocabularies_can_grow):
        assert [str(fault) for fault in rule(Source(path, "x = 1\n"))]
