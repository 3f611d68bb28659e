"""Every kind of call a client can make of one environment, each saying whether it gave anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import ALLOW_ALL, NUMBER, operational, transformer_named
from tests.attacks.foreign import Home, furnished_home
from tests.attacks.web import Answer, Web
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.models import Column

READS_PHONE = "function policy(context, params) { return JSON.stringify(context.user).includes('5550199'); }"


@dataclass(slots=True)
class Caller:
    """The service of a home at work over the wire."""

    web: Web
    home: Home
    token: str
    more: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, web: Web, home: Home, token: str) -> Caller:
        caller = cls(web, home, token)
        caller.define()
        return caller

    @property
    def ids(self) -> dict[str, str]:
        return self.home.ids | self.more

    def define(self) -> None:
        """Ways in and out that only look at the phone column, and ways that hand out its tokens."""
        environment = self.home.scene.environment
        system, phone = system_caller(environment.id), self.home.scene.column
        with in_environment(environment.id):
            nickname = Column.objects.get(name="nickname").public_id
        purpose = (operational(environment),)
        template = publish_template(system, name="ReadsPhone", function=READS_PHONE)
        looks = publish_policy(
            system, name="ReadsPhone", policy_type="composite_and", components=[Branch(template=template.public_id)]
        ).public_id

        def getter(name: str, output: OutputSpec, selector: str = "{id} = ?", policy: UUID = ALLOW_ALL) -> str:
            spec = AccessorSpec(name, selector, (output,), purpose, policy)
            return str(publish_accessor(system, spec=spec).public_id)

        def setter(name: str, selector: str) -> str:
            spec = MutatorSpec(name, selector, (InputSpec(nickname),), ALLOW_ALL)
            return str(publish_mutator(system, spec=spec).public_id)

        tokens = OutputSpec(phone, transformer=transformer_named(environment, "PhoneToID"), token_policy=ALLOW_ALL)
        self.more = {
            "nickname": str(nickname),
            "find": getter("FindByPhone", OutputSpec(nickname), "{phone} = ANY (?)"),
            "judge": getter("JudgedByPhone", OutputSpec(nickname), policy=looks),
            "tokens": getter("GetPhoneTokens", tokens),
            "set_found": setter("SetByPhone", "{phone} = ANY (?)"),
            "set": setter("SetNickname", "{id} = ?"),
        }
        assert self.write("set", self.ids["subject"]).status == 200
        handed_out = self.read("tokens", self.ids["subject"]).json["data"][0]
        self.more["token_of_subject"] = json.loads(json.loads(handed_out)["phone"])[0]

    def post(self, path: str, body: Any) -> Answer:
        return self.web.post(path, body, token=self.token)

    def read(self, accessor: str, *values: Any) -> Answer:
        return self.post("/userstore/api/accessors", {"accessor_id": self.ids[accessor], "selector_values": values})

    def unmask(self, subject: str) -> Answer:
        named = {"columns": ["phone"], "purpose": "operational", "user_id": subject}
        body = {"accessor_id": self.ids["accessor"], "selector_values": [subject], **named}
        return self.post("/userstore/api/accessors/unmask", body)

    def write(self, mutator: str, *values: Any) -> Answer:
        change = {"nickname": {"value": "ada", "purpose_additions": [{"name": "operational"}]}}
        return self.post(
            "/userstore/api/mutators",
            {"mutator_id": self.ids[mutator], "selector_values": values, "row_data": change},
        )

    def resolve(self, token: str, *purposes: str) -> Answer:
        body = {"tokens": [self.ids[token]], "purposes": [{"name": name} for name in purposes]}
        return self.post("/tokenizer/tokens/actions/resolve", body)


def calls_of(caller: Caller) -> Mapping[str, Callable[[], bool]]:
    """By name, each call; True where it gave or did something. What destroys comes last."""
    ids, scene = caller.ids, caller.home.scene
    subject, user = ids["subject"], f"/authn/users/{ids['subject']}"
    pair = {
        "data": ids["raw"],
        "transformer_rid": {"id": ids["tokenizer"]},
        "access_policy_rid": {"id": str(ALLOW_ALL)},
    }
    new_user = {**scene.write_body("+49 151 5550144"), "id": str(uuid4())}
    consent = {"user_id": subject, "purpose": "Winback", "permitted": False}
    records = {"records": [{"key": "k", "value": "x"}]}
    check = {"user_ids": [subject], "purpose": {"name": "operational"}}

    def get(path: str) -> Answer:
        return caller.web.get(path, token=caller.token)

    return {
        "read a value": lambda: _rows(caller.read("accessor", subject)),
        "unmask a value": lambda: _done(caller.unmask(subject)),
        "find by a value": lambda: _rows(caller.read("find", [NUMBER])),
        "take tokens of a value": lambda: _rows(caller.read("tokens", subject)),
        "resolve a token of a value": lambda: _data(caller.resolve("token_of_subject")),
        "read a user": lambda: _done(get(user)),
        "list users": lambda: _done(get("/authn/users")),
        "write a value": lambda: _done(caller.post("/userstore/api/mutators", scene.write_body("+49 151 5550155"))),
        "write a user": lambda: _done(caller.web.send("PUT", user, {"profile": {"nickname": "b"}}, token=caller.token)),
        "write whom a value finds": lambda: _users(caller.write("set_found", [NUMBER])),
        "create a user with values": lambda: _done(caller.post("/userstore/api/users", new_user)),
        "create a user": lambda: _done(caller.post("/authn/users", {})),
        "create a token": lambda: _done(caller.post("/tokenizer/tokens", {**pair, "data": "other"}), 201),
        "create many tokens": lambda: _done(
            caller.post("/tokenizer/tokens/actions/create", {**pair, "data": ["many"]}), 201
        ),
        "find or create a token": lambda: _done(
            caller.post(
                "/tokenizer/tokens/actions/lookuporcreate",
                {
                    "data": ["more"],
                    "transformer_rids": [pair["transformer_rid"]],
                    "access_policy_rids": [pair["access_policy_rid"]],
                },
            )
        ),
        "resolve a token of raw data": lambda: _data(caller.resolve("token")),
        "resolve a token for the purpose": lambda: _data(caller.resolve("token", "operational")),
        "inspect a token": lambda: _done(caller.post("/tokenizer/tokens/actions/inspect", {"token": ids["token"]})),
        "look a token up": lambda: _done(caller.post("/tokenizer/tokens/actions/lookup", pair)),
        "list consents": lambda: _done(caller.post("/userstore/api/consents/list", {"user_id": subject})),
        "check consents": lambda: _users(caller.post("/userstore/api/consents/check", check)),
        "write records of a flow": lambda: _done(caller.post("/dataflow/topics/raw/records", records), 201),
        "read records of a flow": lambda: _done(get("/dataflow/topics/raw/records")),
        "list definitions": lambda: _done(get("/userstore/config/columns")),
        "read the book": lambda: _done(get("/audit/entries")),
        "export the book": lambda: _done(get("/audit/export")),
        "withdraw a consent": lambda: _done(caller.post("/userstore/api/consents", consent)),
        "delete a token": lambda: _done(
            caller.web.send("DELETE", f"/tokenizer/tokens?token={quote(ids['token'])}", token=caller.token), 204
        ),
        "erase a user": lambda: _done(caller.web.send("DELETE", user, token=caller.token), 204),
    }


def ask_for_access_token(web: Web, client_id: str, secret: str) -> Answer:
    """Send credentials as the vendor's client does."""
    form = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    return web.post("/oidc/token", form.encode(), headers=[("Content-Type", "application/x-www-form-urlencoded")])


def new_caller(web: Web) -> Caller:
    """A home, and its service with an access token that it asked for itself."""
    home = furnished_home()
    service: cast.Player = home.scene.service
    token = ask_for_access_token(web, str(service.client.public_id), service.secret).json["access_token"]
    return Caller.at(web, home, token)


def _done(answer: Answer, status: int = 200) -> bool:
    assert answer.status in {status, 403}, answer.body
    return answer.status == status


def _rows(answer: Answer) -> bool:
    return _done(answer) and bool(answer.json["data"])


def _users(answer: Answer) -> bool:
    return _done(answer) and bool(answer.json["user_ids"])


def _data(answer: Answer) -> bool:
    return _done(answer) and any(each["data"] for each in answer.json)
