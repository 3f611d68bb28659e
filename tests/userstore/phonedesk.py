"""A help desk whose callers read back codes, and the mail server that takes their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit import queries
from governance.identities import Caller
from tests.governance.smtp_stage import MailServer, mail_server
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.phonebook import ALLOW, HERE
from userstore.actions.accessors import OutputSpec
from userstore.actions.phone import PhoneCall, prove, send_code
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import NOTHING_SHOWN
from userstore.models import SubjectProof
from userstore.models.accessors import MASKED, PLAIN
from userstore.proving import posting
from userstore.reading.calls import AccessorCall
from userstore.reading.demands import UnmaskCall
from userstore.reading.unmasking import unmask


class PhoneDesk(HelpDesk):
    """The help desk, with an accessor that shows people their name, a mask of their age, and not their address."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.full = self.transformer("FullMask")
        self.own = self.of()

    def of(self, **asked: Any) -> UUID:
        return self.getter(
            OutputSpec(self.name, visibility=VisibilitySpec(NOTHING_SHOWN, oneself=PLAIN)),
            OutputSpec(self.age, visibility=VisibilitySpec(NOTHING_SHOWN, mask=self.full, oneself=MASKED)),
            OutputSpec(self.mail, visibility=VisibilitySpec(NOTHING_SHOWN, takes_code=True)),
            policy=ALLOW,
            **asked,
        )

    def call(self, person: UUID | None = None, accessor: UUID | None = None) -> PhoneCall:
        purpose = self.purposes["authentication"].public_id
        return PhoneCall(accessor or self.own, person or self.ada, purpose, HERE)

    def sent(self, caller: Caller | None = None, *, now: datetime | None = None, **asked: Any) -> SubjectProof:
        proof = send_code(caller or self.sue, self.call(**asked), now=now)
        wait(tuple(posting.under_way))
        return proof

    def prove(
        self, proof: SubjectProof, code: str, caller: Caller | None = None, now: datetime | None = None
    ) -> SubjectProof:
        return prove(caller or self.sue, proof.pk, code, factor_at=None, context=HERE, now=now)

    def demand(self, proof: SubjectProof, *names: str, **asked: Any) -> UnmaskCall:
        person = asked.get("person") or self.ada
        read = AccessorCall(asked.get("caller") or self.sue, asked.get("accessor") or self.own, [[str(person)]], HERE)
        return UnmaskCall(read, person, names or ["nick"], asked.get("purpose", "authentication"), proof=proof.pk)

    def seen(self, proof: SubjectProof, *names: str, now: datetime | None = None, **asked: Any) -> dict[str, Any]:  # type: ignore[override]  # of one person, by their proof
        found = unmask(self.demand(proof, *names, **asked), now=now or timezone.now())
        return {each.column: each.value for each in found.fields}

    def booked(self, kind: str, outcome: str = "done") -> list[dict[str, Any]]:
        found = queries.entries(environment_id=self.environment.id, kinds=[kind], outcome=outcome)
        return [dict(entry.facts) for entry in found]


@contextmanager
def letters_taken(settings: Any) -> Iterator[MailServer]:
    """Have e-mails go to a server that keeps them."""
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server


def code_in(post: MailServer) -> str:
    """The code of the newest letter that has one."""
    wait(tuple(posting.under_way))
    bodies = [str(message.get_payload()) for _, message in post.taken]
    found = [match for body in bodies for match in re.findall(r"code is (\d{4}) (\d{4})", body)]
    return "".join(found[-1])
