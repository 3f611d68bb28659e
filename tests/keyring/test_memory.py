"""The memory of opened keys is bounded and keeps what is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from keyring.memory import BoundedMemory


@given(names=st.lists(st.integers(0, 50), max_size=300), capacity=st.integers(1, 20))
def test_it_never_holds_more_than_its_capacity_and_never_a_wrong_value(names: list[int], capacity: int) -> None:
    memory: BoundedMemory[int, str] = BoundedMemory(capacity=lambda: capacity)
    for name in names:
        assert memory.get(name) in (None, str(name))
        memory.put(name, str(name))
        assert memory.get(name) == str(name)
        assert len(memory) <= max(capacity, 2)


def test_what_is_used_outlives_what_is_not() -> None:
    memory: BoundedMemory[int, str] = BoundedMemory(capacity=lambda: 10)
    memory.put(0, "used")
    for name in range(1, 100):
        memory.put(name, "passing by")
        assert memory.get(0) == "used"
    assert memory.get(1) is None


@given(names=st.lists(st.integers(0, 50), max_size=300), capacity=st.integers(2, 20))
def test_what_is_put_aside_pushes_nothing_out(names: list[int], capacity: int) -> None:
    memory: BoundedMemory[int, str] = BoundedMemory(capacity=lambda: capacity)
    memory.put(100, "used")
    for name in names:
        assert memory.peek(name) in (None, str(name))
        if memory.peek(name) is None:
            memory.put_aside(name, str(name))
        assert memory.peek(100) == "used"
        assert len(memory) <= capacity
    room = 2 * (capacity // 2) - 1
    assert all(memory.peek(name) == str(name) for name in list(dict.fromkeys(names))[:room])


def test_it_forgets_what_it_is_told_to_in_both_generations() -> None:
    memory: BoundedMemory[int, str] = BoundedMemory(capacity=lambda: 4)
    for name in range(3):
        memory.put(name, "odd" if name % 2 else "even")
    memory.forget(lambda _, value: value == "even")
    assert [memory.get(name) for name in range(3)] == [None, "odd", None]
    memory.clear()
    assert len(memory) == 0


def test_threads_share_it() -> None:
    memory: BoundedMemory[int, int] = BoundedMemory(capacity=lambda: 16)

    def use(seed: int) -> bool:
        for step in range(2000):
            name = (seed * 7 + step) % 40
            memory.put(name, name)
            if memory.get(name) not in (None, name):
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(8)))
    assert len(memory) <= 16
