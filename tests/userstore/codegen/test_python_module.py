"""The generated module: valid whatever things are called, the same every time, only names and literals."""

from __future__ import annotations

import ast
import keyword
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from userstore.codegen.described import Described, Field, Method
from userstore.codegen.identifiers import attribute_name, class_name, constant_name, told_apart
from userstore.codegen.python import example_lines, generated_module

KINDS = st.sampled_from(["boolean", "date", "integer", "string", "timestamp", "uuid", "composite", "anything"])
NAMES = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True),
    st.sampled_from(["class", "self", "match", "uuid", "json", "ID", "from_row", "cls", "None", "_", "-", "T"]),
)
FIELDS = st.lists(st.builds(Field, NAMES, KINDS, st.booleans()), max_size=4, unique_by=lambda f: f.name).map(tuple)
METHODS = st.builds(
    Method, st.uuids(), NAMES, st.integers(0, 9), st.text(max_size=40), FIELDS, FIELDS, st.text(max_size=20)
)
ENVIRONMENTS = st.builds(
    Described, st.text(max_size=20), st.lists(NAMES, max_size=3).map(tuple),
    st.lists(METHODS, max_size=2).map(tuple), st.lists(METHODS, max_size=2).map(tuple),
)  # fmt: skip


@given(ENVIRONMENTS)
def test_whatever_is_described_the_module_compiles_and_texts_stay_literals(described: Described) -> None:
    """Of statements there are only those that the generator writes, so nobody's text has become code."""
    text = generated_module(described, examples=example_lines(described))
    tree = ast.parse(text)
    compile(tree, "userstore.py", "exec")
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert len(set(classes)) == len(classes) == 4 + len(described.accessors) + len(described.mutators)
    known = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.ClassDef, ast.FunctionDef, ast.If)
    for node in tree.body:
        assert isinstance(node, known)
        assert not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant)


def test_a_hostile_description_does_not_end_its_docstring() -> None:
    wicked = 'kind"""\nimport os; os.abort()\n"""'
    method = Method(UUID(int=1), "Get", 0, wicked, (), (), wicked)
    tree = ast.parse(generated_module(Described("dev", (), (method,), (method,))))
    assert not any(isinstance(node, ast.Attribute) and node.attr == "abort" for node in ast.walk(tree))


@given(st.lists(NAMES, max_size=12))
def test_identifiers_are_valid_and_told_apart(names: list[str]) -> None:
    for spelt in (attribute_name, class_name, constant_name):
        found = told_apart(map(spelt, names), taken=("self",))
        assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)
        assert len(set(found)) == len(names)
        assert "self" not in found


def test_names_are_spelt_as_python_has_them() -> None:
    assert attribute_name("GetPhoneForHTTPUsers-2") == "get_phone_for_http_users_2"
    assert class_name("get_phone") == "GetPhone"
    assert constant_name("fraudCheck") == "FRAUD_CHECK"
    assert (attribute_name("class"), attribute_name("2nd"), attribute_name("__init__")) == (
        "class_",
        "n_2nd",
        "n__init__",
    )
    assert told_apart(["a", "a", "a_2"], taken=["a"]) == ["a_2", "a_3", "a_2_2"]
