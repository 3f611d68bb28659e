"""The texts that services keep: what was written is read again, and anything else is nobody's value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from userstore.sealing.texts import MARK, sealed_in, texts_of

sealed = st.binary(min_size=1, max_size=200)
strangers = st.one_of(
    st.text(max_size=40).filter(lambda text: not text.startswith(MARK)),
    st.just(MARK + "A" * 90_001),
    st.just(MARK + "A"),
    st.just("sb2:QUJD"),
)


@given(st.lists(sealed, max_size=20))
def test_what_was_written_is_read_again(values: list[bytes]) -> None:
    assert sealed_in(texts_of(values)) == values


@given(st.lists(sealed, min_size=1, max_size=5), st.lists(strangers, min_size=1, max_size=5))
def test_strangers_among_them_are_none_and_change_no_other(values: list[bytes], others: list[str]) -> None:
    texts = [*others, *texts_of(values), *others]
    assert sealed_in(texts) == [None] * len(others) + values + [None] * len(others)
    with_lines = [*texts_of(values), "sb1:QUJD\nsb1:QUJD"]
    assert sealed_in(with_lines)[:-1] == values
