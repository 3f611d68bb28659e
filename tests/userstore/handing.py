"""A help desk whose Sue hands her access on to a bot."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from governance.actions.access_requests import Wish
from governance.actions.delegations import Offer, offer_delegation
from governance.actions.policies import Branch, publish_policy, republish_policy
from governance.actions.rights import give_right
from governance.actions.signing import ensure_signing_key
from governance.actions.taking import take_delegation
from governance.delegation.proofs import Presented, address_of_proof, thumbprint_of
from governance.identities import Caller, Delegated
from governance.tokens.access import issue_access_token
from keyring.walls import in_environment
from tests import cast
from tests.api.proving import Key
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.phonebook import ALLOW
from userstore.actions.accessors import AccessorSpec, OutputSpec, republish_accessor
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import Shown
from userstore.models import Accessor
from userstore.models.accessors import NONE, PLAIN

WHY = "The bot fills in the answer to the customer."
PATH = "/oidc/token"


class HandingDesk(HelpDesk):
    """A desk with a bot that may act for others, through an accessor whose names have rules."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.key = Key()
        self.bot = cast.new_player(self.environment, "answer-bot")
        self.mask = self.transformer("FullMask")
        self.record = self.getter(self.named(), self.age, policy=self.policy_of_desk())
        give_right(self.system, holder=self.bot.client.account, operation="act", on=self.accessor())
        ensure_signing_key()

    def rule(self, **terms: Any) -> None:
        super().rule(**{"most_subjects": 2, "needs_ticket": False, **terms})

    def wish(self, **asked: Any) -> Wish:
        return super().wish(**{"ticket": "", **asked})

    def policy_of_desk(self) -> UUID:
        whole = [Branch(policy=ALLOW)]
        return publish_policy(self.system, name="desk", policy_type="composite_and", components=whole).public_id

    def change_policy(self) -> None:
        stored, twice = self.accessor().access_policy, [Branch(policy=ALLOW)] * 2
        republish_policy(
            self.system,
            public_id=stored.public_id,
            version=stored.version,
            name=stored.name,
            policy_type="composite_and",
            components=twice,
            description="",
        )

    def named(self, level: str = PLAIN) -> OutputSpec:
        clients = {self.bot.client.public_id: Shown(level)}
        return OutputSpec(self.name, visibility=VisibilitySpec(default=Shown(NONE), clients=clients, mask=self.mask))

    def accessor(self) -> Accessor:
        with in_environment(self.environment.id):
            return Accessor.objects.select_related("access_policy").get(public_id=self.record)

    def republish(self, level: str) -> None:
        stored = self.accessor()
        spec = AccessorSpec(
            name=stored.name,
            selector=stored.selector,
            columns=(self.named(level), OutputSpec(self.age)),
            purposes=(self.purposes["authentication"].public_id,),
            access_policy=stored.access_policy.public_id,
            description=uuid4().hex,
        )
        republish_accessor(self.system, public_id=self.record, spec=spec)

    def handed_on(self, *, now: datetime | None = None, **offered: Any) -> Caller:
        """Sue hands a grant of hers on, and the bot takes it; returns the bot as it then calls."""
        now = now or timezone.now()
        offer = Offer(offered.pop("grant"), self.bot.client.public_id, WHY, **offered)
        made = offer_delegation(self.sue, offer, factor_at=None, now=now)
        token, _ = issue_access_token(self.bot.client, key=ensure_signing_key(), now=now.timestamp())
        proof = self.key.proof(PATH, iat=now.timestamp())
        presented = Presented(proof, "POST", address_of_proof(PATH))
        take_delegation(code=made.code or "", actor_token=token, presented=presented, now=now)
        return replace(self.sue, delegated=Delegated(made.row.pk, self.bot.caller, thumbprint_of(self.key.jwk)))
