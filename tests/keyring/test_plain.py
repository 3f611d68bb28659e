"""Clear text stays where it is."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import dataclass

import orjson
import pytest

from keyring.errors import Unsealable
from keyring.plain import Plain

MARK = "+49 151 5550100"
PLAIN = Plain(MARK)


@dataclass
class Row:
    phone: Plain[str]


def test_only_reveal_gives_the_value() -> None:
    assert PLAIN.reveal() == MARK


@pytest.mark.parametrize(
    "shown",
    [repr(PLAIN), str(PLAIN), f"{PLAIN}", f"{PLAIN:>40}", f"{PLAIN!r}", "%s %r" % (PLAIN, PLAIN), repr(Row(PLAIN)), repr([PLAIN])],  # noqa: UP031, E501  old formatting is under test too
)  # fmt: skip
def test_no_way_of_formatting_shows_it(shown: str) -> None:
    assert MARK not in shown


def test_logging_hides_it_even_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(PLAIN)
    except ValueError:
        logging.getLogger("sealbook.test").exception("failed for %s", PLAIN, extra={"value": PLAIN})
    assert "failed for" in caplog.text
    assert MARK not in caplog.text


def test_it_is_not_serialised() -> None:
    for write in (json.dumps, orjson.dumps, pickle.dumps, lambda value: pickle.dumps([value], protocol=0)):
        with pytest.raises(TypeError) as caught:
            write(PLAIN)
        assert MARK not in str(caught.value)
    assert MARK not in json.dumps(PLAIN, default=str)
    assert MARK.encode() not in orjson.dumps(Row(PLAIN), default=str)


def test_it_does_not_change_and_has_no_dictionary_to_look_into() -> None:
    with pytest.raises(AttributeError):
        PLAIN._value = "555-0101"
    assert not hasattr(PLAIN, "__dict__")
    assert copy.deepcopy(PLAIN) is PLAIN


def test_the_opaque_error_takes_no_details() -> None:
    with pytest.raises(TypeError):
        Unsealable("subject 42")  # type: ignore[call-arg]  # what the test is about
