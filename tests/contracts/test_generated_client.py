"""The generated module imports and reads and writes through a live server."""

from __future__ import annotations

import datetime
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from usercloudssdk.client import Client
from usercloudssdk.constants import ColumnIndexType, DataType
from usercloudssdk.models import Accessor, Column, ColumnInputConfig, ColumnOutputConfig, Mutator, ResourceID
from usercloudssdk.policies import AccessPolicyOpen, NormalizerOpen, TransformerPassThrough

from tests import cast
from tests.contracts.phone_stage import BY_ID, FOR_LOGIN, client_of, define_phone_example

pytestmark = pytest.mark.django_db

RIGHTS = ("read", "write", "configure", "erase")
KINDS = {"phone": "phonenumber", "born": "birthdate", "logins": "integer", "class": "boolean", "seen-at": "timestamp"}


@pytest.fixture(scope="module")
def client(house: str) -> Client:
    """A client in an environment with the phone example and a column of every kind."""
    client = client_of(house, cast.new_player(cast.new_environment(), "generated", **dict.fromkeys(RIGHTS, True)))
    define_phone_example(client)
    columns = [
        client.CreateColumn(
            Column(
                id=uuid4(), name=name, type=DataType(kind), is_array=False, default_value="",
                index_type=ColumnIndexType.NONE,
            )
        ).id
        for name, kind in KINDS.items()
        if name != "phone"
    ]  # fmt: skip
    client.CreateMutator(
        Mutator(
            id=uuid4(), name="SetFacts", description='""" hostile', selector_config=BY_ID,
            columns=[ColumnInputConfig(ResourceID(id=c), ResourceID(id=NormalizerOpen.id)) for c in columns],
            access_policy=ResourceID(id=AccessPolicyOpen.id),
        )
    )  # fmt: skip
    client.CreateAccessor(
        Accessor(
            id=uuid4(), name="GetFacts", description="", selector_config=BY_ID,
            columns=[ColumnOutputConfig(ResourceID(id=c), ResourceID(id=TransformerPassThrough.id)) for c in columns],
            access_policy=ResourceID(id=AccessPolicyOpen.id), purposes=[ResourceID(name="operational")],
        )
    )  # fmt: skip
    return client


@pytest.fixture(scope="module")
def outsider(house: str) -> Client:
    return client_of(house, cast.new_player(cast.new_environment(), "outsider"))


@pytest.fixture(scope="module")
def generated(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    path = tmp_path_factory.mktemp("generated") / "generated_userstore.py"
    client.SaveUserstoreSDK(path, include_example=True)
    yield _imported(path)
    del sys.modules[path.stem]


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_values_go_in_and_come_out_with_their_types(client: Client, generated: Any) -> None:
    store, user = generated.Userstore(client), UUID(client.CreateUser())
    permit = (generated.Purpose.OPERATIONAL,)
    seen = datetime.datetime(2030, 1, 31, 12, tzinfo=datetime.UTC)
    change = generated.SetFactsChange(
        born=generated.Change(datetime.date(1815, 12, 10), permit),
        logins=generated.Change(42, permit),
        class_=generated.Change(False, permit),
        seen_at=generated.Change(seen, permit),
    )
    assert store.set_facts(user, change=change) == [user]
    (row,) = store.get_facts(user)
    assert (row.born, row.logins, row.class_, row.seen_at) == (datetime.date(1815, 12, 10), 42, False, seen)
    kept = {name: generated.Change.keep() for name in ("born", "class_", "seen_at")}
    store.set_facts(user, change=generated.SetFactsChange(logins=generated.Change(43), **kept))
    assert store.get_facts(user)[0] == generated.GetFactsRow(
        born=datetime.date(1815, 12, 10), logins=43, class_=False, seen_at=seen
    )


def test_an_array_comes_and_goes_value_by_value(client: Client, generated: Any) -> None:
    store, user = generated.Userstore(client), UUID(client.CreateUser())
    added = generated.SetPhoneForAuthenticationChange(phone=generated.Changes(add=(FOR_LOGIN,)))
    assert store.set_phone_for_authentication(user, change=added) == [user]
    (row,) = store.get_phone_for_authentication(user)
    assert row.phone == [FOR_LOGIN]
    assert store.get_phone_for_marketing(user) == []
    (profile,) = [each for each in store.get_users([user]) if each.id == user]
    assert profile.phone is None


def test_the_example_runs(client: Client, generated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "def example() -> None:" in client.DownloadUserstoreSDK(include_example=True)
    assert "def example" not in client.DownloadUserstoreSDK(include_example=False)
    monkeypatch.setattr(generated.Client, "from_env", lambda: client)
    generated.example()


def test_the_same_definitions_give_the_same_file_and_the_outsider_gets_none(client: Client, outsider: Client) -> None:
    assert client.DownloadUserstoreSDK() == client.DownloadUserstoreSDK()
    assert "class " not in outsider.DownloadUserstoreSDK()
