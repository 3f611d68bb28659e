"""The vendor's samples, unmodified: 6 of 6, twice in a row, beside earlier leftovers, with the right values."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from uuid import uuid4

import pytest
from usercloudssdk.models import AccessPolicyTemplate, Purpose

from tests import cast
from tests.contracts.phone_stage import client_of
from tests.contracts.vendor_samples import Told, run_samples, samples_directory

pytestmark = pytest.mark.django_db

LEFTOVERS = 60
PHONE = "123-456-7890"
RIGHTS = ("read", "write", "resolve", "tokenize", "configure", "consent", "erase")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples_directory(tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def player(house: str) -> cast.Player:
    """A client in an environment where earlier runs left more than the vendor's first page of everything shows."""
    player = cast.new_player(cast.new_environment(), "samples", **dict.fromkeys(RIGHTS, True))
    admin = client_of(house, player)
    for number in range(LEFTOVERS):
        admin.CreatePurpose(Purpose(id=uuid4(), name=f"Left{number}", description=""))
        function = f"function policy(context, params) {{ return true; }} // {number}"
        admin.CreateAccessPolicyTemplate(AccessPolicyTemplate(name=f"Left{number}", function=function))
    return player


def twice(samples: Path, house: str, player: cast.Player, named: str) -> list[Told]:
    told = [run_samples(samples, url=house, player=player, named=named) for _ in range(2)]
    assert [each.passed for each in told] == [2, 2]
    assert [each.complaints for each in told] == [[], []]
    return told


def test_the_authz_sample_passes_twice(samples: Path, house: str, player: cast.Player) -> None:
    twice(samples, house, player, "authz")


def test_the_tokenizer_sample_passes_twice_and_resolves_what_it_sealed(
    samples: Path, house: str, player: cast.Player
) -> None:
    for told in twice(samples, house, player, "tokenizer"):
        assert len(set(told.after("Token: "))) == 2
        assert told.after("Data: ") == ["something very secret"] * 2


def test_the_userstore_sample_passes_twice_with_the_values_its_comments_promise(
    samples: Path, house: str, player: cast.Player
) -> None:
    for told in twice(samples, house, player, "userstore"):
        _old_way(told)
        _contexts(told)
        _tokens(told)
        _pages(told)
    admin = client_of(house, player)
    left = {each.name for each in (*admin.ListPurposes(), *admin.ListColumns(), *admin.ListAccessors())}
    assert not any(name.startswith("PySample") for name in left)
    assert admin.ListUsers() == []


def _old_way(told: Told) -> None:
    for shown in told.after("old way: user's details are "):
        assert PHONE in ast.literal_eval(shown).values()


def _contexts(told: Told) -> None:
    for shown in told.after("support context: user's details are "):
        row = _row(shown)
        assert "XXX-XXX-7890" in row.values()
        assert PHONE not in row.values()
    for shown in told.after("security context: user's details are "):
        row = _row(shown)
        assert PHONE in row.values()
        addresses = next(json.loads(value) for name, value in row.items() if name.endswith("ShippingAddresses"))
        assert [address["zip"] for address in addresses] == ["62704", "94566"]
    for shown in told.after("marketing context: user's details are "):
        # Nothing is consented to marketing: what is left are the columns of the system, which carry no purposes.
        assert _row(shown).keys() == {"created", "id"}


def _tokens(told: Told) -> None:
    first, again = told.after("phone token (first call) "), told.after("phone token (repeat call) ")
    assert first == again
    assert len(set(first)) == len(first) == 2
    assert all(token.startswith("1") and token.isdigit() for token in first)
    for shown, token in zip(told.after("phone token resolved  "), first, strict=True):
        assert ast.literal_eval(shown) == [{"token": token, "data": PHONE}]


def _pages(told: Told) -> None:
    """Two clients, four directions each: two pages of 25, in the order that was asked for."""
    runs = told.text.split("pagination accessor with cursor")[1:]
    assert [line.split(",")[0] for line in told.after("- returned ")] == ["25 rows"] * 16
    pages = [[_email(line) for line in run.splitlines() if line.startswith("-- ")] for run in runs]
    for client in (pages[:8], pages[8:]):
        everybody = sorted(client[0] + client[1])
        assert len(set(everybody)) == 50
        assert client[0] + client[1] == everybody
        assert client[2] + client[3] == everybody[::-1]
        assert client[5] + client[4] == everybody
        assert client[7] + client[6] == everybody[::-1]


def _email(line: str) -> str:
    row = json.loads(line.removeprefix("-- "))
    return next(value for name, value in row.items() if name.endswith("Email"))


def _row(shown: str) -> dict[str, str]:
    (row,) = ast.literal_eval(shown)["data"]
    found: dict[str, str] = json.loads(row)
    return found
