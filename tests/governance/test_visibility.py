"""What a script is shown of a person: what its text can name, and everything where the text cannot be trusted."""

from __future__ import annotations

import pytest

from governance.policies.visibility import Visible, all_visible, visible_to

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


def test_a_script_that_does_not_mention_the_user_is_shown_nothing() -> None:
    assert not visible_to("return Object.values(context.server).length > params['phone']")


def test_a_name_that_is_no_word_is_shown_with_any_other() -> None:
    assert visible_to("return context.user['home-phone'] !== null").shows("home-phone")


def test_scripts_together_are_shown_what_each_of_them_needs() -> None:
    first, second, all_of_it = Visible(frozenset({"phone"})), Visible(frozenset({"mail"})), Visible(whole=True)
    both = all_visible([first, second, Visible()])
    assert [both.shows(name) for name in ("phone", "mail", "other")] == [True, True, False]
    assert all_visible([first, all_of_it]).shows("other")
    assert not all_visible([])
