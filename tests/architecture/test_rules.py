"""The house stands as it was drawn."""

from __future__ import annotations

import pytest

from tests.architecture import floors, habits, shape
from tests.architecture.source import Rule, python_sources, text_files

LISTS_OF_EXCEPTIONS = {
    "LONG_FILES": shape.LONG_FILES,
    "PROBED_ADDRESSES": shape.PROBED_ADDRESSES,
    "WRITERS": habits.WRITERS,
    "CLOSED_VOCABULARIES": habits.CLOSED_VOCABULARIES,
}


@pytest.mark.parametrize("rule", [*floors.RULES, *shape.RULES, *habits.RULES], ids=lambda rule: rule.__name__)
def test_every_python_file_keeps_the_rule(rule: Rule) -> None:
    faults = [str(fault) for source in python_sources() for fault in rule(source)]
    assert not faults, "\n" + "\n".join([rule.__doc__ or "", *faults])


@pytest.mark.parametrize("rule", shape.RULES_FOR_ALL_TEXT, ids=lambda rule: rule.__name__)
def test_every_text_file_keeps_the_rule(rule: Rule) -> None:
    faults = [str(fault) for source in text_files() for fault in rule(source)]
    assert not faults, "\n" + "\n".join([rule.__doc__ or "", *faults])


@pytest.mark.parametrize("name", LISTS_OF_EXCEPTIONS)
def test_every_exception_names_a_file_that_exists_and_gives_a_reason(name: str) -> None:
    known = {source.path for source in python_sources()}
    for path, reason in LISTS_OF_EXCEPTIONS[name].items():
        assert path in known, f"{name}: {path} does not exist any more; take it out"
        assert len(reason.split()) >= 4, f"{name}: {path} needs a reason in words"
