"""Marked values go through every door; afterwards nothing that lies on disk, in Redis or in a log has a mark."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.queries import entries
from governance.actions.clients import issue_secret
from governance.actions.freezes import freeze, unfreeze
from governance.errors import GovernanceError
from keyring.errors import KeyringError
from keyring.keys import forget_opened_keys
from keyring.kms.local import create_keyring_file
from tests.plaintext import DAMAGED, Marks, damaged_file, in_bytes, searched
from tests.userstore.phonebook import HERE, OUTSIDE, PhoneBook, given
from userstore.actions.accessors import OutputSpec
from userstore.actions.consents import change_consent
from userstore.actions.deletion import delete_subject
from userstore.actions.holds import place_hold, release_hold
from userstore.actions.importing.running import run_every_import
from userstore.actions.tokens import create_token, delete_token, inspect_token, look_up_tokens, resolve_tokens
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.reading.calls import CallContext
from userstore.selectors import SelectorError
from userstore.transforming.compilation import TransformationFailed
from userstore.writing.calls import ConsentTerms

pytestmark = pytest.mark.django_db(transaction=True)

AddressOf = Callable[[str], str]


class MarkedBook(PhoneBook):
    """A subject whose every value is marked, and methods that pass, mask, tokenize, throw."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.phones()
        self.full_name = self.column("full_name", index_type="indexed")
        self.mail = self.column("mail", "email", index_type="unique")
        self.note = self.column("note")
        self.set_all = self.setter(self.phone, self.full_name, self.mail, self.note)
        self.columns = (self.phone, self.full_name, self.mail, self.note)
        self.get_all = self.getter(*self.columns)
        self.get_for_marketing = self.getter(*self.columns, purposes=("marketing",))
        self.find = self.getter(self.full_name, selector="{mail} = ? OR {phone} = ANY (?)")
        self.scan = self.getter(self.full_name, selector="{note} LIKE ?")
        self.tokens = self.getter(
            OutputSpec(self.phone, transformer=self.transformer("PhoneToID"), token_policy=self.policy)
        )
        throwing = "throw new Error(JSON.stringify(context.user) + context.client.why)"
        self.throwing_policy = self.getter(self.phone, policy=self.script_policy(throwing))
        spec = TransformerSpec("thrower", "transform", "function transform(data, params) { throw new Error(data) }")
        thrower = publish_transformer(self.system, spec=spec).public_id
        self.throwing_transformer = self.getter(OutputSpec(self.phone, transformer=thrower))


def everything(marks: Marks, purposes: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        "phone": {"value_additions": [marks.phone], "purpose_additions": purposes},
        "full_name": {"value": marks.name, "purpose_additions": purposes},
        "mail": {"value": marks.email, "purpose_additions": purposes},
        "note": {"value": marks.free_text * 200, "purpose_additions": purposes},
    }


def drive_actions(book: MarkedBook, marks: Marks) -> UUID:
    """Write, read, refuse and fail with marked values through the straight lines."""
    ada = book.subject()
    claims = CallContext(address=HERE.address, claimed={"why": marks.free_text})
    book.write(book.set_all, ada, everything(marks, given("authentication")), until=timezone.now() + timedelta(days=1))
    shown = json.dumps(book.rows(book.get_all, [[str(ada)]], context=claims).rows)
    assert all(mark in shown for mark in (marks.word, marks.digits)), "the marks are not even stored"
    assert book.rows(book.find, [marks.email, [marks.phone]]).rows
    assert book.rows(book.scan, [f"%{marks.word}%"]).rows
    assert not book.rows(book.get_for_marketing, [[str(ada)]], context=claims).rows
    assert not book.rows(book.get_all, [[str(ada)]], context=OUTSIDE).rows
    assert not book.rows(book.throwing_policy, [[str(ada)]], context=claims).rows
    attempts: list[Callable[[], object]] = [
        lambda: book.rows(book.throwing_transformer, [[str(ada)]]),
        lambda: book.rows(book.find, [marks.email, [marks.phone]], caller=book.outsider, context=claims),
        lambda: book.rows(book.find, [{"a": marks.email}, [marks.phone]]),
        lambda: book.rows(book.get_all, [marks.phone]),
        lambda: book.rows(uuid4(), [marks.phone]),
        lambda: book.write(book.set_all, ada, everything(marks, given("nonsense"))),
        lambda: book.write(book.set_all, ada, {"phone": {"value": marks.phone}}),
        lambda: book.write(
            book.set_all, ada, everything(marks, given("marketing")) | {"mail": {"value": f"{marks.word} {marks.word}"}}
        ),
        lambda: book.write(book.set_all, book.subject(), everything(marks, given("marketing"))),
        lambda: book.write(book.set_all, ada, everything(marks, given("marketing")), caller=book.outsider),
        lambda: resolve_tokens(book.outsider, tokens=[marks.phone], context=claims),
        lambda: inspect_token(book.service, token=marks.phone, context=claims),
        lambda: delete_token(book.service, token=marks.email, context=claims),
    ]
    for number, attempt in enumerate(attempts):
        with pytest.raises((GovernanceError, SelectorError, TransformationFailed)) as failure:
            attempt()
        assert not in_bytes(repr(failure.value).encode(), marks.forms), f"attempt {number} says a value"
    drive_tokens(book, marks, ada)
    with pytest.raises(GovernanceError):
        ConsentTerms(text_version=marks.free_text)
    frozen = freeze(book.officer, kind="column", target_id=book.mail, reason=marks.free_text)
    unfreeze(book.officer, freeze_id=frozen.public_id)
    held = place_hold(book.officer, column_id=book.mail, reason=marks.free_text)
    book.write(book.set_all, ada, everything(marks, given("marketing")))
    release_hold(book.officer, hold_id=held.public_id)
    change_consent(book.service, subject_id=ada, purpose="authentication", permitted=False)
    gone = book.subject()
    change = {**everything(marks, given("marketing")), "mail": {"value": f"gone-{marks.email}"}}
    book.write(book.set_all, gone, {**change, "mail": {**change["mail"], "purpose_additions": given("marketing")}})
    delete_subject(book.service, subject_id=gone)
    return ada


def drive_tokens(book: MarkedBook, marks: Marks, ada: UUID) -> None:
    of_ada = book.read(book.tokens, ada)
    raw = [
        create_token(book.service, data=data, transformer_id=book.transformer(name), policy_id=book.policy)[0]
        for name, data in (("UUID", marks.free_text), ("EmailToID", marks.email), ("PhoneToID", marks.phone))
    ]
    found, _ = resolve_tokens(book.service, tokens=[*of_ada, *raw, marks.phone], context=HERE)
    assert [each.data for each in found] == [marks.phone, marks.free_text, marks.email, marks.phone, ""]
    look_up_tokens(book.service, data=marks.phone, transformer_id=book.transformer("PhoneToID"), policy_id=book.policy)


def drive_api(book: MarkedBook, marks: Marks) -> None:
    """The same through the doors, with good and bad requests, as a service would send them."""
    secret = issue_secret(book.system, client_id=book.service.id).reveal()
    browser = Browser(raise_request_exception=False, REMOTE_ADDR="10.1.2.3", HTTP_USER_AGENT=marks.free_text)
    form = {"grant_type": "client_credentials", "client_id": str(book.service.id), "client_secret": secret}
    granted = browser.post("/oidc/token", form).json()["access_token"]
    browser.post("/oidc/token", {**form, "client_secret": marks.word})
    browser.post("/login/", {"username": "officer", "password": marks.word})
    ada = str(book.subject())
    row_data = {**everything(marks, given("marketing")), "mail": {"value": None}}
    context = {"why": marks.free_text}
    bodies: list[tuple[str, Any]] = [
        (
            "/userstore/api/mutators",
            {"mutator_id": str(book.set_all), "context": context, "selector_values": [ada], "row_data": row_data},
        ),
        (
            "/userstore/api/accessors",
            {"accessor_id": str(book.get_for_marketing), "context": context, "selector_values": [[ada]]},
        ),
        (
            "/userstore/api/accessors",
            {"accessor_id": str(book.find), "context": context, "selector_values": [marks.email, [marks.phone]]},
        ),
        ("/userstore/api/accessors", {"accessor_id": str(book.find), "selector_values": [{"x": marks.phone}]}),
        ("/userstore/api/accessors", {"accessor_id": marks.word, "selector_values": [marks.phone]}),
        ("/userstore/api/accessors", marks.free_text),
        ("/userstore/api/mutators", {"mutator_id": str(book.set_all), "row_data": {"phone": {"value": marks.phone}}}),
        ("/tokenizer/tokens/actions/resolve", {"tokens": [marks.phone], "context": context, "purposes": []}),
        ("/tokenizer/tokens/actions/inspect", {"token": marks.phone}),
    ]
    answers = []
    for number, (path, body) in enumerate(bodies):
        data = body if isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {granted}", "Idempotency-Key": f"{marks.word}-{number}"}
        answers.append(browser.post(path, data, content_type="application/json", headers=headers))
        browser.post(path, data, content_type="application/json", headers={"Authorization": f"Bearer {marks.word}"})
        browser.post(path, data, content_type="application/json")
    assert marks.digits in answers[1].content.decode(), "the doors did not work"
    assert [answer.status_code >= 400 for answer in answers[3:7]] == [True] * 4
    drive_imports(browser, f"Bearer {granted}", book, marks)
    for path in ("/healthz", "/readyz", f"/nowhere/{uuid4()}"):
        browser.get(path, headers={"Referer": marks.free_text})


def drive_imports(browser: Browser, bearer: str, book: MarkedBook, marks: Marks) -> None:
    """Import a marked file with records bad in many ways and two unfit ones; leave one that nobody begins."""
    mutator = str(book.setter(book.note, book.mail))
    asked = {
        "mutator_id": mutator,
        "unknown_users": "create",
        "purposes": given("authentication"),
        "context": {"why": marks.free_text},
    }

    def upload(content: str, **more: Any) -> str:
        wanted = json.dumps({**asked, **more})
        answer = browser.post("/userstore/imports", wanted, "application/json", headers={"Authorization": bearer})
        single = f"/userstore/imports/{answer.json()['id']}"
        uploaded = browser.put(f"{single}/content", content, "text/csv", headers={"Authorization": bearer})
        assert uploaded.status_code == 200
        return single

    def act(method: str, path: str) -> dict[str, Any]:
        answer = browser.generic(method, path, headers={"Authorization": bearer})
        assert answer.status_code == 200 and not in_bytes(answer.content, marks.forms), "an answer says a value"
        return answer.json()

    single = upload(damaged_file(marks))
    assert browser.get(f"{single}/report", headers={"Authorization": f"Bearer {marks.word}"}).status_code == 401
    unfit = upload(f"{marks.word},{marks.email},{marks.phone}\n")
    ndjson = upload(json.dumps({"id": marks.phone, marks.word: marks.email}) + "\n" + marks.free_text, format="ndjson")
    for each in (single, unfit, ndjson):
        act("POST", f"{each}/run")
    upload(damaged_file(marks))
    assert run_every_import(seconds=30) == 3
    told = act("GET", single)
    assert [told[name] for name in ("state", "effective", "failed")] == ["finished", 1, DAMAGED], told
    assert act("GET", unfit)["held_because"], "a file without a header was taken"
    assert len(act("GET", f"{single}/report")["data"]) == DAMAGED and act("GET", f"{ndjson}/report")["data"]


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process's log handlers print, whatever stream they were made with earlier in the run."""
    stream = io.StringIO()
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    handlers = {
        handler
        for logger in loggers
        for handler in logger.handlers
        if isinstance(handler, logging.StreamHandler) and not type(handler).__module__.startswith("_pytest")
    }
    before = {handler: handler.setStream(stream) for handler in handlers}
    yield stream
    for handler, former in before.items():
        if former is not None:
            handler.setStream(former)


def test_no_mark_is_left_anywhere(
    marks: Marks,
    role_url: AddressOf,
    capfd: pytest.CaptureFixture[str],
    log: io.StringIO,
    settings: Any,
    tmp_path: Path,
) -> None:
    book = MarkedBook()
    ada = drive_actions(book, marks)
    drive_api(book, marks)
    assert searched(role_url, marks.forms) == {}
    printed = "".join(capfd.readouterr()) + log.getvalue()
    assert '"route":"userstore/api/accessors"' in printed, "requests were not even logged"
    assert in_bytes(printed.encode(), marks.forms) == set()
    book_text = "".join(entry.text for entry in entries(environment_id=book.environment.id, limit=1500))
    assert in_bytes(book_text.encode(), marks.forms) == set()
    refuse_without_the_keyring(book, ada, settings, tmp_path)


def refuse_without_the_keyring(book: MarkedBook, ada: UUID, settings: Any, elsewhere: Path) -> None:
    """Whoever copies the state directory and not the keyring opens nothing with a keyring of their own."""
    stolen = elsewhere / "keyring.json"
    create_keyring_file(stolen)
    (provider,) = settings.KMS_PROVIDERS
    settings.KMS_PROVIDERS = [{**provider, "options": {**provider["options"], "path": str(stolen)}}]
    forget_opened_keys()
    with pytest.raises(KeyringError):
        book.rows(book.get_all, [[str(ada)]])
    forget_opened_keys()
