"""Nothing a script leaves behind reaches the next candidate, the next call or another script."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.policies.sandbox import ScriptFault, run_policy
from governance.policies.sandbox.helper.engine import CALLS_PER_CONTEXT

from .conftest import policy, script

PLACES = [
    *("globalThis", "Object", "Object.prototype", "Array", "Array.prototype"),
    *("String", "String.prototype", "Number", "Number.prototype", "Boolean.prototype", "Symbol", "Symbol.prototype"),
    *("BigInt.prototype", "Map", "Map.prototype", "Set.prototype", "WeakMap.prototype", "WeakSet.prototype", "Date"),
    *("Date.prototype", "RegExp", "RegExp.prototype", "Error", "Error.prototype", "TypeError", "TypeError.prototype"),
    *("AggregateError.prototype", "InternalError.prototype", "Math", "JSON", "Reflect", "Proxy", "ArrayBuffer"),
    *("ArrayBuffer.prototype", "DataView.prototype", "Int8Array", "Int8Array.prototype", "Float64Array.prototype"),
    *("Object.getPrototypeOf(Int8Array)", "Object.getPrototypeOf(Int8Array.prototype)", "Iterator.prototype"),
    *("Iterator", "Object.getPrototypeOf([].values())", "Object.getPrototypeOf(new Map().values())"),
    *("Object.getPrototypeOf(new Set().values())", "Object.getPrototypeOf(''[Symbol.iterator]())"),
    *("Object.getPrototypeOf('a'.matchAll(/a/g))", "Object.getPrototypeOf([1].values().map(x => x))"),
    *("Object.getPrototypeOf(Iterator.from({ next() {} }))", "Object.getPrototypeOf(Iterator.concat([1]))"),
    *("Object.getPrototypeOf(Iterator.zip([[1]]))", "Object.getPrototypeOf(() => 1)"),
    *("Object.getPrototypeOf(function* () {})", "Object.getPrototypeOf(function* () {}.prototype)"),
    *(
        "Object.getPrototypeOf(Object.getPrototypeOf(function* () {}.prototype))",
        "Object.getPrototypeOf(async () => 1)",
    ),
    *("Object.getPrototypeOf(async function* () {})", "Object.getPrototypeOf(async function* () {}.prototype)"),
    *("Object.getPrototypeOf((async () => 1)())", "Object.getPrototypeOf(function () { return arguments }())"),
    *("console", "console.log", "Date.prototype.toISOString", "DisposableStack.prototype", "DOMException.prototype"),
    *("params", "params.list", "params.list[0]", "Object.getOwnPropertyDescriptor(Error.prototype, 'stack').get"),
    *("Object.getOwnPropertyDescriptor(Object.prototype, '__proto__').set", "Object.getPrototypeOf(globalThis)"),
    *("(x => x`a`)(x => x)", "new.target || Object", "decodeURI", "parseInt", "atob"),
]
LEAVE = """
const place = %s;
const found = place.left !== undefined || place[Symbol.for('left')] !== undefined;
const attempts = [
    () => { place.left = 1 }, () => { place[Symbol.for('left')] = 1 },
    () => { Object.defineProperty(place, 'left', { value: 1 }) }, () => { Reflect.set(place, 'left', 1) },
    () => { Object.setPrototypeOf(place, { left: 1 }) }, () => { place.__proto__ = { left: 1 } },
    () => { place.__defineGetter__('left', () => 1) }, () => { delete place.toString },
];
for (const attempt of attempts) try { attempt() } catch (error) {}
return found
"""
WAYS = dict(
    section.split("\n", 1) for section in Path(__file__).with_name("leaving.js").read_text().split("\n//// ")[1:]
)
PARAMETERS = {"list": [{"a": 1}]}


def is_found(source: str) -> set[object]:
    """Every answer of three candidates in three calls, after each of which the script tried to leave something."""
    leaving = script(source)
    return {answer for _ in range(3) for answer in run_policy(leaving, [{}, {}, {}], PARAMETERS)}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_stays_on_an_object_that_every_script_shares(place: str) -> None:
    assert is_found(f"function policy(context, params) {{ {LEAVE % place} }}") == {False}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_stays_by_another_way(way: str) -> None:
    assert is_found(WAYS[way]) == {False}


def test_everything_a_script_can_reach_is_frozen() -> None:
    walk = """
    const seen = new Set(), queue = [globalThis, params];
    const hidden = [[].values(), new Map().keys(), new Set().keys(), ''[Symbol.iterator](), ''.matchAll(/a/g),
        [1].values().map(x => x), Iterator.from({ next() {} }), Iterator.concat([1]), Iterator.zip([[1]]), () => 1,
        function* () {}, function* () {}.prototype, async () => 1, async function* () {},
        async function* () {}.prototype,
        (async () => 1)(), new Int8Array(1), new Error('x'), /a/, new Date(0), 1n, Symbol(),
        new Proxy({}, {}), arguments];
    for (const one of hidden) queue.push(Object.getPrototypeOf(one));
    while (queue.length) {
        const one = queue.pop();
        if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue;
        seen.add(one);
        if (!Object.isFrozen(one)) return false;
        queue.push(Object.getPrototypeOf(one));
        for (const name of Reflect.ownKeys(one)) {
            const its = Object.getOwnPropertyDescriptor(one, name);
            queue.push(its.value, its.get, its.set);
        }
    }
    return seen.size > 500
    """
    assert run_policy(policy(walk), [{}], PARAMETERS) == [True]


def test_no_accessor_of_a_shared_object_keeps_what_it_is_given() -> None:
    """Freezing does not stop a setter that writes an internal slot: none may be left that does."""
    setters = """
    const kept = [];
    for (const name of Object.getOwnPropertyNames(globalThis)) {
        for (const one of [globalThis[name], globalThis[name]?.prototype]) {
            if (one === null || (typeof one !== 'object' && typeof one !== 'function')) continue;
            for (const key of Reflect.ownKeys(one)) {
                const its = Object.getOwnPropertyDescriptor(one, key);
                if (its.set === undefined) continue;
                try { its.set.call(one, 'left') } catch (error) { continue }
                try { if (its.get?.call(one) === 'left') kept.push(key) } catch (error) { }
            }
        }
    }
    return kept.length === 0
    """
    assert run_policy(policy(setters), [{}, {}], {}) == [True, True]


def test_a_script_cannot_change_what_another_script_sees() -> None:
    poisoner = policy("try { Array.prototype.includes = () => true } catch (e) {} return [].includes(1)")
    victim = policy("return [].includes(1)")
    assert run_policy(poisoner, [{}], {}) == run_policy(victim, [{}], {}) == [False]


def test_promises_left_pending_by_a_thousand_calls_exhaust_nothing() -> None:
    bomb = script(
        "async function wait(x) { await x; }\nfunction policy(c) { wait(new Array(100).fill(c)); return true }"
    )
    answers = {tuple(run_policy(bomb, [{}], {})) for _ in range(3 * CALLS_PER_CONTEXT)}
    assert answers == {(True,)}


def test_a_fault_leaves_nothing_for_the_next_candidate() -> None:
    faulty = script("let n = 0;\nfunction policy(c) { n++; if (c.fail) throw new Error('x'); return n === 1 }")
    assert run_policy(faulty, [{"fail": True}, {}, {"fail": True}, {}], {}) == [
        ScriptFault("error", 2),
        True,
        ScriptFault("error", 2),
        True,
    ]


@pytest.mark.parametrize(
    "place",
    [
        *("context", "context.server", "context.server.claims", "context.server.purpose_names", "context.client"),
        *("context.client.deep", "context.client.deep.er[0]", "context.query", "context.user", "context.user.phones"),
    ],
)
def test_nothing_stays_in_the_context_that_candidates_share(place: str) -> None:
    leaving = script(f"function policy(context, params) {{ {LEAVE % place} }}")
    base = {
        "server": {"claims": {"kind": "client"}, "purpose_names": ["support"]},
        "client": {"deep": {"er": [{"a": 1}]}},
        "query": {},
    }
    profiles = [{"phones": ["a"]}] * 3
    assert {answer for _ in range(3) for answer in run_policy(leaving, profiles, PARAMETERS, base=base)} == {False}


def test_what_one_candidate_writes_into_the_observed_part_is_an_error_of_its_own() -> None:
    writing = policy(
        "if (context.user.writes) context.server.action = 'Resolve';\nreturn context.server.action === 'Execute'"
    )
    profiles = [{"writes": True}, {"writes": False}, {"writes": True}, {}]
    assert run_policy(writing, profiles, {}, base={"server": {"action": "Execute"}}) == [
        ScriptFault("error", 2),
        True,
        ScriptFault("error", 2),
        True,
    ]
