"""What a script is shown of a person: what its text can name, and everything where the text cannot be trusted."""

from __future__ import annotations

from pathlib import Path

import _quickjs
import pytest

from governance.policies.visibility import READ_BY_THE_LANGUAGE, Visible, all_visible, visible_to

READING = Path(__file__).with_name("reading_without_names.js")

NAMED = [
    "return context.user.phone === params.blocked",
    "return context.user['phone'] !== null",
    'return context?.user?.["phone"][0] === "x"',
    "const { phone } = context.user; return phone !== null",
    "const { 'phone': number } = context.user; return ['a', 'b', 3].includes(number)",
    "const u = context.user; return [].includes(u.phone)",
    "// in doubt { ...nobody }\nreturn context.user.phone !== null",
]
WHOLE = [
    "return context.user[params.column] !== null",
    "return context.user['pho' + 'ne'] !== null",
    "return context.user['a', 'pho' + 'ne'] !== null",
    "return context.user[`pho${'ne'}`] !== null",
    "const { [params.column]: value } = context.user; return value !== null",
    "const { 'p\\hone': value } = context.user; return value !== null",
    "return context.user.\\u0070hone !== null",
    "for (const name in context.user) if (context.user) return true; return false",
    "return params.column in context.user",
    "return Object.values(context.user).includes(null)",
    "return Reflect.ownKeys(context.user).length > 1",
    "return JSON.stringify(context.user) === '{}'",
    "return ({}).constructor.keys(context.user).length > 1",
    "return context.user.hasOwnProperty(params.column)",
    "return context.user.__lookupGetter__ === 1",
    "const { ...all } = context.user; return params.test(all)",
    "return globalThis.structuredClone(context.user) !== null",
    "const text = `\n// ${Object.keys(context.user)}`; return text.length > 1",
    "/*\n// */ return Object.keys(context.user).length > 1",
]


@pytest.mark.parametrize("source", NAMED)
def test_a_script_that_names_what_it_reads_is_shown_that(source: str) -> None:
    visible = visible_to(source)
    assert visible.shows("phone")
    assert not visible.shows("mail")
    assert visible


@pytest.mark.parametrize("source", WHOLE)
def test_a_script_that_can_reach_what_it_does_not_name_is_shown_everything(source: str) -> None:
    assert visible_to(source).shows("mail")


def test_a_script_that_does_not_mention_the_user_is_shown_nothing_of_a_subject() -> None:
    blind = visible_to("// a user\nreturn context.server.action === params['phone']")
    assert not blind.of_subject
    assert blind.shows("action")
    assert visible_to("return context.user !== null").of_subject


@pytest.mark.parametrize(
    "source",
    [
        "return context[params.who] === undefined",
        "return context['us' + 'er'] === undefined",
        "return context.\\u0075ser === undefined",
        "return Object.values(context).length === 1",
        "const { ...all } = context; return all === undefined",
        "for (const one in context) return true; return false",
        "return params.who in arguments[0]",
        "return JSON.stringify(context) === '{}'",
    ],
)
def test_a_script_that_can_reach_the_user_without_a_word_is_shown_everything(source: str) -> None:
    assert visible_to(source).of_subject.whole


def test_what_the_language_reads_by_itself_is_shown_with_any_subject() -> None:
    visible = visible_to("return new Error().toString.call(context.user) === 'x'")
    assert visible.shows("name")
    assert visible.shows("message")
    assert not visible.shows("phone")


def test_no_function_or_operator_of_the_engine_reads_a_property_that_is_not_listed() -> None:
    asked = set(_quickjs.Context().eval(READING.read_text()).split())
    assert {"name", "message", "source", "then", "next", "raw"} <= asked, "the net is torn"
    assert asked - READ_BY_THE_LANGUAGE == set()


def test_a_name_that_is_no_word_is_shown_with_any_other() -> None:
    assert visible_to("return context.user['home-phone'] !== null").shows("home-phone")


def test_scripts_together_are_shown_what_each_of_them_needs() -> None:
    first, second, all_of_it = Visible(frozenset({"phone"})), Visible(frozenset({"mail"})), Visible(whole=True)
    both = all_visible([first, second, Visible()])
    assert [both.shows(name) for name in ("phone", "mail", "other")] == [True, True, False]
    assert all_visible([first, all_of_it]).shows("other")
    assert not all_visible([])
