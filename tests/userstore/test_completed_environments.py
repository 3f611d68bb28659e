"""An environment that an older version defined gets the built-in objects of a newer one, once, and on record."""

from __future__ import annotations

import pytest

from audit import queries
from governance.actions.completing import complete_environments
from governance.identities import system_caller
from governance.models import Environment, PolicyTemplate, Purpose
from keyring.keys import KeyKind
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from userstore.actions.transformer_trials import try_published_transformer
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.models import Transformer
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS

pytestmark = pytest.mark.django_db(transaction=True)

FF1 = "FF1Pseudonym"


@pytest.fixture
def older() -> Environment:
    """An environment as it was before some of the built-in objects came."""
    environment = cast.new_environment()
    with in_environment(environment.id):
        Transformer.objects.filter(name__in=[FF1, "Trim"]).delete()
        WrappedKey.objects.filter(kind=KeyKind.PSEUDONYM.value).delete()
        PolicyTemplate.objects.filter(name="CheckAttribute").delete()
        Purpose.objects.filter(name="marketing").delete()
    return environment


def test_what_is_missing_is_made_once_and_what_somebody_retired_stays_gone(older: Environment) -> None:
    cast.new_environment()
    assert [complete_environments(), complete_environments()] == [1, 0]
    with in_environment(older.id):
        assert {each.name for each in BUILT_IN_TRANSFORMERS} == set(Transformer.objects.values_list("name", flat=True))
        assert PolicyTemplate.objects.filter(name="CheckAttribute", is_system=True).exists()
        assert not Purpose.objects.filter(name="marketing").exists()
        assert Environment.objects.get(pk=older.id).epoch == older.epoch + 1
        made = Transformer.objects.get(name=FF1).public_id
    (entry,) = queries.entries(environment_id=older.id, kinds=["environment.completed"])
    assert set(entry.facts["made"]) == {FF1, "Trim", "CheckAttribute", "pseudonym key"}
    shown = try_published_transformer(system_caller(older.id), public_id=made, data="5550123456").value
    assert shown != "5550123456"
    assert len(shown) == 10


def test_a_name_that_the_environment_uses_itself_keeps_its_meaning(older: Environment) -> None:
    own = "function transform(data, params) { return 'own'; }"
    published = publish_transformer(system_caller(older.id), spec=TransformerSpec("trim", "transform", own))
    assert complete_environments() == 1
    with in_environment(older.id):
        assert Transformer.objects.get(name__iexact="trim").public_id == published.public_id
    (entry,) = queries.entries(environment_id=older.id, kinds=["environment.completed"])
    assert "Trim" not in entry.facts["made"]
    assert complete_environments() == 0
