"""Before something is published: it is read, planned with what the hub has, and its own tests pass."""

from __future__ import annotations

from dataflow.grammar.faults import FileRefused
from dataflow.grammar.spec import FlowFile
from dataflow.hub.content import Content, Files, package_of, read_content
from dataflow.inline.running import Runner
from dataflow.packages.library import Find
from dataflow.packages.trying import try_package
from dataflow.planning.planner import plan_flow
from dataflow.store.functions import functions_for
from governance.errors import Invalid

LONGEST_TESTS = 30.0
"""Seconds that the tests of a package may take."""


def examined(files: Files, find: Find) -> Content:
    """Return what files say that may be published.

    Raises:
        Invalid: they are wrong, need what is not in the hub, or tests of the package fail; the text says which.
    """
    try:
        content = read_content(files)
        if isinstance(content.file, FlowFile):
            file = content.file
            known = functions_for(None, purpose=file.purpose, subject=file.subject)
            plan_flow(file, find=find, builtins=known, is_production=True)
        else:
            _must_pass(content, find)
    except FileRefused as refused:
        raise Invalid(f"This cannot be published: {refused}", field="files") from None
    return content


def _must_pass(content: Content, find: Find) -> None:
    runner = Runner(seconds=LONGEST_TESTS)
    try:
        tried = try_package(package_of(content), find, runner)
    finally:
        runner.close()
    failed = [each.function for each in tried if each.wrong]
    if failed:
        says = f"Tests of the package fail, those of {', '.join(failed)[:400]}."
        raise Invalid(says, field="files", remedy="`sealbook test` says what is wrong.")
