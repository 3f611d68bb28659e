"""`Math.random`: for scripts that make tokens alone, another stream in every call, out of reach of the script."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governance.policies.sandbox import ScriptFault, ScriptRefused, check_script, run_policy, run_transform

from .conftest import judged, policy, script

TOKEN = "function transform(data, params) { return String(Math.random()) }"


def tokenizing(body: str = "return String(Math.random())") -> Any:
    return script(f"function transform(data, params) {{ {body} }}", function="tokenize")


def test_a_token_script_draws_and_never_the_same_again() -> None:
    token = tokenizing()
    drawn = [float(str(text)) for _ in range(3) for text in run_transform(token, ["x"] * 500, {})]
    assert len(set(drawn)) == 1_500
    assert all(0 <= number < 1 for number in drawn)
    tenths = [sum(int(number * 10) == part for number in drawn) for part in range(10)]
    assert all(90 <= count <= 210 for count in tenths)  # each within seven standard deviations of 150


def test_messages_of_one_call_do_not_repeat_each_other() -> None:
    long = ["x" * 100_000 for _ in range(6)]
    assert len(set(map(str, run_transform(tokenizing(), long, {})))) == 6


def test_the_stream_is_chacha_with_eight_rounds() -> None:
    # The first draw under the key of zeros, which the outermost statements of an examined text see. Keystream of
    # draft-strombergson-chacha-test-vectors-01, TC1 (256 bits, 8 rounds): 3e00ef2f 895f40d6 ... as bytes.
    first, second = 0x2FEF003E, 0xD6405F89
    expected = ((first >> 5) * 67108864 + (second >> 6)) / 9007199254740992
    check_script(f"if (Math.random() !== {expected!r}) throw 1;\n{TOKEN}", function="tokenize")
    with pytest.raises(ScriptRefused):
        check_script(f"if (Math.random() === {expected!r}) throw 1;\n{TOKEN}", function="tokenize")


@pytest.mark.parametrize(
    "body",
    [
        "Math.random = () => 0.5; return String(Math.random())",
        "Math = { random: () => 0.5 }; return String(Math.random())",
        "Object.defineProperty(Math, 'random', { value: () => 0.5 }); return '0.5'",
        "Uint32Array.prototype.set = () => 0; return String(0.5)",
        "Number.prototype.valueOf = () => 0.5; return '0.5'",
        "return String(typeof __random !== 'undefined' || typeof draw !== 'undefined' ? 0.5 : 0.25)",
    ],
    ids=["replaced", "shadowed", "redefined", "its-words", "its-numbers", "its-inside"],
)
def test_a_script_cannot_steer_what_it_draws(body: str) -> None:
    assert "0.5" not in map(str, run_transform(tokenizing(body), ["x", "y"], {}))


@pytest.mark.parametrize("function", ["policy", "transform"])
def test_whatever_decides_or_normalises_has_no_randomness_and_its_author_is_told(function: Any) -> None:
    source = f"function {function}(data, params) {{\n  // Math.random\n  return Math.random() < 1 }}"
    with pytest.raises(ScriptRefused) as refused:
        check_script(source, function=function)
    assert (refused.value.line, refused.value.message.split()[0]) == (3, "Math.random")
    check_script(source.replace("Math.random() <", "'Math.random' <"), function=function)
    check_script(source, function="tokenize") if function == "transform" else None


def test_at_work_a_policy_that_reaches_for_it_all_the_same_refuses() -> None:
    assert judged("return Math['ran' + 'dom']() < 2") == [ScriptFault("error", 2)]
    kept = policy("return 'random' in Math")
    assert run_policy(kept, [{}], {}) == [False]


def test_what_is_drawn_in_one_script_is_nothing_to_another() -> None:
    one, other = tokenizing(), tokenizing("return JSON.stringify([Math.random(), Math.random()])")
    mixed = [str(run_transform(script, ["x"], {})[0]) for script in (one, other, one, other)]
    numbers = [float(mixed[0]), *json.loads(mixed[1]), float(mixed[2]), *json.loads(mixed[3])]
    assert len(set(numbers)) == 6
