"""What a script is not given it could not have read: with the whole of a person or with what it names, one answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.identities import Caller
from governance.policies.context import context_for
from governance.policies.facts import CallFacts
from governance.policies.sandbox import ScriptFault, run_policy
from governance.policies.visibility import Visible, visible_to

from .conftest import ENVIRONMENT, policy

MARK = "c0ffee"
"""Every field of the person and of the observed part carries it, so an answer tells whether one was read."""
PERSON = {
    **{name: f"{MARK}-{name}" for name in ("phone", "mail", "name", "message", "source", "length", "next", "Infinity")},
    **dict.fromkeys(("home-phone", "0", "user", "then", "toJSON", "raw"), MARK),
}
ME = UUID(int=5)
FACTS = CallFacts(
    action=f"{MARK}-action",
    caller=Caller("client", ME, ENVIRONMENT, ENVIRONMENT, "app"),
    now=datetime(2031, 5, 19, 12, tzinfo=UTC),
    address="127.0.0.1",
    environment_name=MARK,
    purpose_names=(MARK,),
    client_name=MARK,
    claimed={"mail": MARK, "phone": MARK},
)
PARAMETERS = {"mark": MARK, "user": "user", "column": "phone"}

CONTEXTS = ["context", "arguments[0]", "(c => c)(context)", "({ context }).context", "[context][0]", "[context].at(0)"]
USERS = [
    *("{}.user", "{}?.user", "{}['user']", "{}['us' + 'er']", "{}[params.user]", "{}.\\u0075ser", "{}[`user`]"),
    *("(({{ user }}) => user)({})", "(({{ ['user']: u }}) => u)({})", "(({{ ...all }}) => all)({}).user"),
    *(
        "Object.values({}).at(-1)",
        "{}.server",
        "{}.client",
        "({{ ...{} }}).user",
        "(u => {{ u.x = u.user; return u.x }})({})",
    ),
    *("(c => {{ for (const k in c) if (k > 'u') return c[k] }})({})", "JSON.parse(JSON.stringify({})).user"),
]
READERS = [
    *("{}.phone", "{}?.mail", "{}['phone']", "{}['home-phone']", "{}[params.column]", "{}['ph' + 'one']", "{}[0]"),
    *(
        "{}.\\u0070hone",
        "(({{ phone: p }}) => p)({})",
        "(({{ phone = 1 }}) => phone)({})",
        "(({{ 1e999: i }}) => i)({})",
        "({{ ...{} }}).mail",
    ),
    *("(({{ ['ma' + 'il']: m }}) => m)({})", "((...all) => all[0].phone)({})", "Object.keys({})", "Object.entries({})"),
    *("JSON.stringify({})", "Reflect.get({}, params.column)", "new Error().toString.call({})", "{}.name", "{}.action"),
    *(
        "/a/.toString.call({})",
        "String.raw({})",
        "Array.from({})",
        "[].concat({})",
        "[].join.call({})",
        "new Error('', {})",
    ),
    *("`${{{}}}`", "(u => {{ u.toString = new Error().toString; return u + '' }})({})", "{}.hasOwnProperty('phone')"),
    *("(u => 'phone'in u)({})", "(u => {{ for (const k in u) return k }})({})", "Object.assign({{}}, {}).phone"),
    *("(function () {{ return arguments[0].phone }})({})", "(u => u.phone ?? u.mail)({})", "{}.constructor.keys({})"),
    *(
        "[{}].map(u => u.phone)",
        "[{}].map(({{ mail }}) => mail)",
        "new (class {{ constructor(u) {{ this.m = u.mail }} }})({}).m",
    ),
    *("(u => {{ try {{ throw u }} catch ({{ phone }}) {{ return phone }} }})({})", "{}.purpose_names", "{}.__proto__"),
    *("((u, p = u.phone) => p)({})", "[1].values().flatMap(() => {})", "new Map([['a', {}]]).get('a').phone"),
    *("class_({})", "(u => {{ // phone\n return u.mail }})({})", "(u => {{ /* phone */ return u.mail }})({})"),
]
TOLD = "const class_ = u => new (class { #u = u; get read() { return this.#u.phone } })().read;\n"
HOLDS = "return String({}).includes(params.mark)"
DIFFERS = "try {{ return ({}) !== undefined }} catch (e) {{ return e instanceof RangeError }}"


def source(context: str, user: str, reader: str, asked: str) -> str:
    subject = user.format(context)
    return TOLD + asked.format(reader.replace("{{", "\x01").replace("}}", "\x02").replace("{}", subject)).replace(
        "\x01", "{"
    ).replace("\x02", "}")


def answer(body: str, visible: Visible) -> bool | ScriptFault:
    shown: dict[str, Any] = {name: value for name, value in PERSON.items() if visible.of_subject.shows(name)}
    base = context_for(visible)(FACTS)
    if visible.of_subject:
        return run_policy(policy(body), [shown], PARAMETERS, base=base)[0]
    return run_policy(policy(body), [base], PARAMETERS)[0]


def assert_it_makes_no_difference(body: str) -> None:
    named = visible_to(policy(body).source)
    assert answer(body, named) == answer(body, Visible(whole=True)), body


@pytest.mark.parametrize("reader", READERS)
def test_no_way_of_reading_a_person_finds_less_than_the_whole(reader: str) -> None:
    assert_it_makes_no_difference(source("context", "{}.user", reader, HOLDS))


@pytest.mark.parametrize("user", USERS)
def test_no_way_of_reaching_the_person_finds_less_than_the_whole(user: str) -> None:
    assert_it_makes_no_difference(source("context", user, "{}.phone", HOLDS))


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(CONTEXTS), st.sampled_from(USERS), st.sampled_from(READERS), st.sampled_from([HOLDS, DIFFERS]))
def test_no_script_decides_otherwise_for_not_being_given_what_it_does_not_name(
    context: str, user: str, reader: str, asked: str
) -> None:
    assert_it_makes_no_difference(source(context, user, reader, asked))


def test_most_ways_of_reading_do_find_something() -> None:
    found = [answer(source("context", "{}.user", reader, HOLDS), Visible(whole=True)) for reader in READERS]
    assert found.count(True) > len(READERS) / 2


def test_a_difference_would_be_seen() -> None:
    body = source("context", "{}.user", "{}.phone", HOLDS)
    assert answer(body, Visible(words=frozenset({"user", "mail"}))) is not answer(body, Visible(whole=True))
