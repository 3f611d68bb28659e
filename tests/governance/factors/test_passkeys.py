"""Laws of what passkeys answer: honest answers prove one, and whatever else anybody sends proves nothing."""

from __future__ import annotations

import json
from typing import Any

from fido2.utils import websafe_decode, websafe_encode
from hypothesis import given
from hypothesis import strategies as st

from governance.factors import passkeys
from governance.factors.passkeys import Held
from tests.console.factors import SoftKey

CHALLENGE = websafe_encode(b"sixteen random b")
NEW = {"challenge": CHALLENGE, "rp": {"id": "localhost"}}
OLD = {"challenge": CHALLENGE, "rpId": "localhost"}
PARTS = ["clientDataJSON", "authenticatorData", "signature"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "rawId", "response", "type"]), inner)
    ),
    max_leaves=8,
)


def enrolled(key: SoftKey) -> Held:
    made = passkeys.read_new(key.made(NEW), challenge=CHALLENGE)
    assert made is not None
    return made


def proved(answer: str, *known: Held) -> Held | None:
    return passkeys.read_proof(answer, challenge=CHALLENGE, known=known)


def test_what_is_kept_of_a_passkey_reads_back_and_proves() -> None:
    key = SoftKey()
    kept = enrolled(key)
    again = passkeys.held(kept.text, signatures=kept.signatures)
    assert again == kept and again.name == websafe_encode(key.id)
    used = proved(key.signed(OLD), enrolled(SoftKey()), again)
    assert used is not None and used.name == again.name and used.signatures == 1


@given(st.sampled_from(PARTS), st.integers(0, 10_000), st.integers(0, 7))
def test_an_answer_in_which_any_bit_is_another_proves_nothing(part: str, place: int, bit: int) -> None:
    key = SoftKey()
    kept, answer = enrolled(key), json.loads(key.signed(OLD))
    told = bytearray(websafe_decode(answer["response"][part]))
    told[place % len(told)] ^= 1 << bit
    answer["response"][part] = websafe_encode(bytes(told))
    assert proved(json.dumps(answer), kept) is None


@given(anything | st.text(max_size=40))
def test_nonsense_proves_nothing_and_breaks_nothing(sent: Any) -> None:
    text = sent if isinstance(sent, str) else json.dumps(sent)
    assert proved(text, enrolled(SoftKey())) is None
    assert passkeys.read_new(text, challenge=CHALLENGE) is None


def test_an_answer_to_another_question_or_to_none_proves_nothing() -> None:
    key = SoftKey()
    kept = enrolled(key)
    for asked in (websafe_encode(b"sixteen other by"), ""):
        answer, made = key.signed({**OLD, "challenge": asked}), key.made({**NEW, "challenge": asked})
        assert proved(answer, kept) is None and passkeys.read_new(made, challenge=CHALLENGE) is None
    assert passkeys.read_proof(answer, challenge="", known=[kept]) is None  # nothing was asked, and nothing answered
    assert passkeys.read_new(made, challenge="") is None


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_count_grows_or_is_never_made(kept: int, told: int) -> None:
    key = SoftKey()
    held = Held(enrolled(key).credential, kept)
    key.count = told - 1
    used = proved(key.signed(OLD), held)
    assert (used is not None) is (told > kept or kept == told == 0)
