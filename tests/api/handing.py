"""A desk whose helpdesk's program hands its access on to a bot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from audit.queries import entries
from governance.actions.rights import give_right
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import line_of
from tests.api.desk import Desk, new_desk, told
from tests.api.proving import Key
from userstore.models import Accessor

DELEGATIONS, READ, UNMASK = "/governance/delegations", "/userstore/api/accessors", "/userstore/api/accessors/unmask"


@dataclass
class Handing:
    """A desk whose helpdesk's program holds a grant, and a bot that may act for others but read nothing itself."""

    desk: Desk
    bot: cast.Player
    grant: str

    def offered(self, **asked: Any) -> dict[str, Any]:
        return told(line_of(self.desk.asking).post(DELEGATIONS, self.offer(**asked)), 201)

    def offer(self, **asked: Any) -> dict[str, Any]:
        handed = {"grant_id": self.grant, "client_id": str(self.bot.client.public_id)}
        return {**handed, "justification": f"The bot writes the answer. {uuid4().hex[:6]}", **asked}

    def taken(self, key: Key, **asked: Any) -> str:
        return str(told(key.take(self.bot, self.offered(**asked)["code"]))["access_token"])

    def read(self, key: Key, token: str, **spoilt: Any) -> Any:
        proof = key.proof(READ, token=token, **spoilt) if spoilt else None
        return key.call(token, READ, self.desk.scene.read_body(), proof=proof)

    def booked(self, kind: str) -> list[Any]:
        return entries(environment_id=self.desk.scene.environment.id, kinds=[kind])


def new_handing() -> Handing:
    desk = new_desk()
    bot = cast.new_player(desk.scene.environment, "answer-bot")
    give_right(system_caller(desk.scene.environment.id), holder=bot.client.account, operation="act", on=accessor(desk))
    return Handing(desk, bot, desk.granted())


def accessor(desk: Desk) -> Accessor:
    with in_environment(desk.scene.environment.id):
        return Accessor.objects.get(public_id=desk.scene.accessor)
