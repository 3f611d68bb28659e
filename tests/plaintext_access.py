"""Marks in whatever people write about temporary access, what is handed on, reviews, notices and webhooks."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID, uuid4

from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from governance.actions.access_requests import Wish
from governance.actions.addresses import set_address
from governance.actions.deliveries import deliver_next
from governance.actions.rights import give_right
from governance.actions.rights_reviews import decide_rights, plan_rights_reviews
from governance.actions.rights_rounds import open_due_reviews
from governance.actions.webhooks import accept_webhook_secret, define_webhook
from governance.identities import Caller
from governance.models import (
    Account,
    Delegation,
    Environment,
    FormerAddress,
    Grant,
    Review,
    ReviewedRight,
    Right,
    RightsReviewPlan,
)
from keyring.walls import in_environment
from tests.cast import NOBODY
from tests.governance.smtp_stage import mail_server
from tests.plaintext import Marks
from tests.userstore.handing import HandingDesk
from tests.userstore.test_staff_pages import browser_of


class MarkedDesk(HandingDesk):
    """A desk whose people write marks into every field of its pages."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.why = f"The customer cannot sign in. {marks.free_text}"
        super().__init__()
        self.rule(review_percent=100)
        give_right(self.system, holder=self.account(self.auditor), operation="configure", on=self.environment)
        Account.objects.filter(pk=self.auditor.account_id).update(is_staff=True)

    def wish(self, **asked: Any) -> Wish:
        return super().wish(**{"justification": f"{self.why} {uuid4().hex[:6]}", **asked})

    def post(self, caller: Caller, path: str, **form: Any) -> None:
        answer = self.browser(caller).post(path, form)
        assert answer.status_code == 302, (path, answer.status_code)

    def browser(self, caller: Caller) -> Browser:
        return browser_of(self, caller)

    def shown_to(self, caller: Caller, path: str) -> bool:
        """Whether a page shows a mark to whoever may see it: else nothing would have been planted."""
        return self.marks.word in self.browser(caller).get(path, follow=True).content.decode()


def drive_access(marks: Marks) -> UUID:
    """Write marks wherever somebody says why; returns the environment."""
    desk = MarkedDesk(marks)
    grant = drive_requests(desk)
    drive_handing_on(desk, grant)
    drive_ends(desk, grant)
    drive_rights_review(desk)
    drive_addresses(desk)
    drive_webhook(desk)
    return desk.environment.id


def drive_requests(desk: MarkedDesk) -> Grant:
    """Ask, ask back, answer, deny one and approve another, and ask for more time."""
    denied, asked = desk.asked(), desk.asked(columns=[desk.name, desk.age])
    said, inbox = {"comment": desk.marks.free_text}, "/access/inbox/{}/".format
    desk.post(desk.ann, inbox(denied.pk), decision="ask", shown=desk.shown(denied), **said)
    desk.post(desk.sue, f"/access/requests/{denied.pk}/answer", answer=desk.marks.free_text)
    desk.post(desk.ann, inbox(denied.pk), decision="deny", shown=desk.shown(denied), **said)
    columns = [str(column) for column in (desk.name, desk.age)]
    chosen = {"columns": columns, "people": [str(desk.ada)], "minutes": "30"}
    assert desk.shown_to(desk.ann, inbox(asked.pk))
    desk.post(desk.ann, inbox(asked.pk), decision="approve", shown=desk.shown(asked), **chosen, **said)
    for path, form in (("activate", {}), ("extend", {"minutes": "15", "justification": desk.why})):
        desk.post(desk.sue, f"/access/requests/{asked.pk}/{path}", **form)
    short = desk.browser(desk.sue).post(f"/access/new/{desk.record}/", {"justification": desk.marks.word})
    assert short.status_code == 422
    return desk.grant_of(asked)


def drive_handing_on(desk: MarkedDesk, grant: Grant) -> None:
    """Hand access on for a marked reason, and offer it to nobody for one."""
    page = f"/access/requests/{grant.request_id}/hand-on"
    form = {"step": "offer", "minutes": "5", "columns": [str(desk.age)], "justification": desk.why}
    sue = desk.browser(desk.sue)
    assert sue.post(page, {**form, "client": desk.marks.word}).status_code == 422
    assert sue.post(page, {**form, "client": str(desk.bot.client.public_id)}).status_code == 200
    with in_environment(desk.environment.id):
        row = Delegation.objects.get()
        assert row.justification and row.justification.reveal() == desk.why
    desk.post(desk.auditor, f"/admin/access/grants/{grant.pk}/", step="end", delegation=str(row.pk))


def drive_ends(desk: MarkedDesk, grant: Grant) -> None:
    """An officer stops access, lets it go on and ends it, each time saying why, and somebody looks back on it."""
    for step in ("suspend", "resume", "revoke"):
        desk.post(desk.auditor, f"/admin/access/grants/{grant.pk}/", step=step, comment=desk.marks.free_text)
        with in_environment(desk.environment.id):
            said = Grant.objects.get(pk=grant.pk).comment
            assert said and said.reveal() == desk.marks.free_text, step
    with in_environment(desk.environment.id):
        page = f"/access/reviews/{Review.objects.get(grant=grant).pk}/"
    for step in ({"step": "claim"}, {"step": "conclude", "verdict": "remarked"}):
        desk.post(desk.auditor, page, comment=desk.marks.free_text, **step)
    assert desk.shown_to(desk.auditor, page)


def drive_rights_review(desk: MarkedDesk) -> None:
    """Whoever owns a review of rights retires one for a marked reason."""
    owner, now = desk.account(desk.auditor), timezone.now()
    plan_rights_reviews(desk.system, owner=owner, every_days=90, deadline_days=14, on_overdue="warn")
    with in_environment(desk.environment.id):
        RightsReviewPlan.objects.update(next_at=now)
    open_due_reviews(now=now)
    with in_environment(desk.environment.id):
        held = Right.objects.filter(user=desk.bot.client.account)[0]
        row = ReviewedRight.objects.get(holder_kind="account", right_pk=held.pk)
    form = {"verdict": "retire", "right": str(row.pk), "comment": desk.marks.free_text}
    desk.post(desk.auditor, "/admin/rights/review/", **form)  # leads to a proof
    decide_rights(desk.auditor, reviewed=[row.pk], verdict="retire", comment=desk.marks.free_text)


def drive_addresses(desk: MarkedDesk) -> None:
    """A former address is told by a server that refuses it, quoting it, and stays with what was given up."""
    now, oldest = timezone.now(), Environment.objects.order_by("created_at", "pk")[0].pk
    with mail_server() as server, override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port):
        server.to_recipient = f"550 {desk.marks.email} is unknown"
        for address in (desk.marks.email, f"other-{desk.marks.email}"):
            set_address(NOBODY, account_id=desk.sue.account_id, address=address)
        while deliver_next(oldest, now=now):
            pass
        assert FormerAddress.objects.exists(), "there is no former address to find"


def drive_webhook(desk: MarkedDesk) -> None:
    """A secret of somebody's own has the mark in its bytes, whatever way they are written."""
    webhook = define_webhook(desk.system, name="desk", url="https://desk.example.com/")
    key = f"{desk.marks.word}{desk.marks.digits}".encode()
    secret = f"whsec_{b64encode(key).decode()}"
    accept_webhook_secret(desk.system, public_id=webhook.public_id, secret=secret)
