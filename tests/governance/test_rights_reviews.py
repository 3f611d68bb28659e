"""Reviews of rights: by whoever owns them and never about one's own; what is late is suspended by the clock alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from governance.actions.accounts import define_operator
from governance.actions.change import raise_epoch
from governance.actions.clients import issue_secret
from governance.actions.rights import give_right, withdraw_right
from governance.actions.rights_reviews import (
    decide_rights,
    plan_rights_reviews,
    retire_rights_reviews,
)
from governance.actions.rights_rounds import open_due_reviews
from governance.actions.webhooks import define_webhook
from governance.errors import Invalid, NotFound, Refused
from governance.models import (
    Account,
    Delivery,
    GroupRight,
    Notice,
    ReviewedRight,
    Right,
    RightsReview,
    RightsReviewPlan,
)
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import body, line_of
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.console.people import PASSWORD, Console, staffed_console
from tests.governance.office import new_office
from tests.governance.rounds import DUE, LATE, NOW, Round

pytestmark = pytest.mark.django_db


begun, review = beginning(Round)


def test_a_review_holds_every_right_and_tells_its_owners(review: Round) -> None:
    assert open_due_reviews(now=NOW - timedelta(seconds=1)) == 0
    assert open_due_reviews(now=NOW) == 1 and open_due_reviews(now=NOW) == 0
    with in_environment(review.environment.id):
        row = RightsReview.objects.get()
        assert (row.opened_at, row.due_at, row.closed_at) == (NOW, DUE, None)
        allowing = Right.objects.filter(is_deny=False).count() + GroupRight.objects.count()
        assert ReviewedRight.objects.count() == allowing == Right.objects.count() - 1, "a denial gives nobody anything"
        told = set(
            Notice.objects.filter(kind="rights_review.opened", about=row.pk).values_list("account_id", flat=True)
        )
        assert RightsReviewPlan.objects.get().next_at == NOW + timedelta(days=90)
    assert told == {review.olga.account_id, review.omar.account_id}


def test_a_webhook_is_told_of_a_review_whose_owners_are_all_gone(review: Round) -> None:
    define_webhook(review.officer, name="desk", url="https://desk.example.com/")
    Account.objects.filter(groups=review.owners.pk).update(is_active=False)

    assert open_due_reviews(now=NOW) == 1

    with in_environment(review.environment.id):
        (delivery,) = Delivery.objects.all()
        assert (delivery.kind, delivery.about) == ("rights_review.opened", RightsReview.objects.get().pk)
        assert not Notice.objects.exists()


def test_what_is_late_is_suspended_by_the_clock_until_it_is_kept(review: Round) -> None:
    open_due_reviews(now=NOW)
    just_before = DUE - timedelta(microseconds=1)
    assert review.may(review.service, "read", just_before) and not review.may(review.service, "read", DUE)
    assert [reason.partition(":")[0] for reason in review.reasons] == ["right", "review"]
    assert review.decide(review.olga, "read", review.service) == 1
    assert review.may(review.service, "read", LATE)


def test_neither_a_denial_nor_the_right_to_configure_is_suspended(review: Round) -> None:
    give_right(review.officer, holder=review.owners, operation="write", on=review.environment)
    open_due_reviews(now=NOW)
    assert review.may(review.officer, "configure", LATE) and review.may(review.olga, "configure", LATE)
    assert not review.may(review.service, "write", LATE) and " denies write" in review.reasons[0]
    assert not review.may(review.olga, "write", LATE)


def test_taking_a_denial_away_is_a_change_of_its_own_and_somebody_is_left_to_configure(review: Round) -> None:
    open_due_reviews(now=NOW)
    with in_environment(review.environment.id):
        denial = Right.objects.get(is_deny=True)
        row = RightsReview.objects.get()
        held = {"environment": review.environment, "review": row, "holder_kind": "account", "right_pk": denial.pk}
        older = ReviewedRight.objects.create(**held).pk
    with pytest.raises(Refused) as refused:
        decide_rights(review.olga, reviewed=[older], verdict="retire", comment="Not needed.", now=NOW)
    assert refused.value.reasons == ("review: a denial is not retired",)
    assert not review.may(review.service, "write", NOW)
    with pytest.raises(Refused) as last:
        review.decide(review.omar, "configure", review.olga, "retire")
    assert last.value.reasons == ("review: nobody would be left to configure",)
    review.give(review.omar, "configure")
    assert review.decide(review.omar, "configure", review.olga, "retire") == 1


def test_a_clock_that_is_put_back_brings_no_right_back(review: Round) -> None:
    open_due_reviews(now=NOW)
    assert review.may(review.service, "read", NOW)
    with in_environment(review.environment.id):
        raise_epoch(review.environment.id, now=DUE)
    assert not review.may(review.service, "read", NOW)


def test_a_plan_that_warns_suspends_nothing_and_a_plan_that_ends_lets_go(review: Round) -> None:
    open_due_reviews(now=NOW)
    review.plan("warn")
    assert review.may(review.service, "read", LATE)
    review.plan("suspend")
    assert not review.may(review.service, "read", LATE)
    with in_environment(review.environment.id):
        plan = RightsReviewPlan.objects.get().public_id
    retire_rights_reviews(review.officer, public_id=plan)
    assert review.may(review.service, "read", LATE)
    with pytest.raises(NotFound):
        retire_rights_reviews(review.officer, public_id=plan)
    assert open_due_reviews(now=LATE + timedelta(days=900)) == 0


def test_a_retired_right_is_gone_at_once_and_says_why(review: Round) -> None:
    open_due_reviews(now=NOW)
    with pytest.raises(Invalid, match="why"):
        review.decide(review.olga, "read", review.service, "retire", comment=" ")
    review.decide(review.olga, "read", review.service, "retire", comment="The job was shut down.")
    assert not review.may(review.service, "read", NOW)
    with in_environment(review.environment.id):
        row = ReviewedRight.objects.get(verdict="retire")
        assert row.comment is not None and row.comment.reveal() == "The job was shut down."
        assert row.decided_by_id == review.olga.account_id


def test_nobody_decides_about_a_right_of_their_own_and_only_owners_decide(review: Round) -> None:
    give_right(review.officer, holder=review.owners, operation="audit", on=review.environment)
    open_due_reviews(now=NOW)
    for caller in (review.omar, review.outsider, review.officer):
        with pytest.raises(Refused) as refused:
            review.decide(caller, "write", review.omar)
        assert refused.value.reasons[0].startswith("review: ")
    assert review.decide(review.olga, "write", review.omar) == 1
    with in_environment(review.environment.id):
        of_group = ReviewedRight.objects.get(holder_kind="group").pk
    with pytest.raises(Refused):
        decide_rights(review.olga, reviewed=[of_group], verdict="keep", now=LATE)


def test_whoever_has_seen_a_secret_of_a_client_decides_nothing_about_its_rights(review: Round) -> None:
    issue_secret(review.olga, client_id=review.service.id)
    open_due_reviews(now=NOW)
    with pytest.raises(Refused) as refused:
        decide_rights(review.olga, reviewed=[review.waiting()["read", review.service.account_id]], verdict="keep")
    assert refused.value.reasons == ("review: nobody decides about a right of their own",)
    assert review.decide(review.omar, "read", review.service) == 1


def test_many_are_decided_all_or_none(review: Round) -> None:
    open_due_reviews(now=NOW)
    waiting = review.waiting()
    with pytest.raises(Refused):
        decide_rights(review.omar, reviewed=list(waiting.values()), verdict="keep", now=LATE)
    assert review.waiting() == waiting
    with pytest.raises(NotFound):
        decide_rights(review.omar, reviewed=[uuid4()], verdict="keep", now=LATE)
    with pytest.raises(Invalid):
        decide_rights(review.omar, reviewed=list(waiting.values()), verdict="perhaps", now=LATE)
    others = [pk for (_, holder), pk in waiting.items() if holder != review.omar.account_id]
    assert decide_rights(review.omar, reviewed=others, verdict="keep", now=LATE) == len(others)


def test_a_review_ends_with_its_last_right_and_the_next_waits_for_its_time(review: Round) -> None:
    open_due_reviews(now=NOW)
    with in_environment(review.environment.id):
        gone = Right.objects.get(user_id=review.service.account_id, permission__codename="read")
    withdraw_right(review.officer, right=gone)
    for by, holder in ((review.omar, review.olga), (review.olga, review.omar)):
        rows = [pk for (_, who), pk in review.waiting().items() if who != by.account_id]
        decide_rights(by, reviewed=rows, verdict="keep", now=LATE)
        assert holder.account_id not in {who for _, who in review.waiting()}
    assert open_due_reviews(now=LATE) == 1
    with in_environment(review.environment.id):
        row = RightsReview.objects.get()
        assert row.closed_at == LATE and ReviewedRight.objects.get(verdict="gone").right_pk == gone.pk
    assert open_due_reviews(now=NOW + timedelta(days=89)) == 0
    assert open_due_reviews(now=NOW + timedelta(days=90)) == 1


def test_the_database_holds_a_verdict_and_who_may_not_give_it(review: Round) -> None:
    open_due_reviews(now=NOW)
    own = review.waiting()["write", review.omar.account_id]
    with in_environment(review.environment.id):
        row = ReviewedRight.objects.filter(pk=own)
        said = {"verdict": "keep", "decided_at": NOW}
        with pytest.raises(IntegrityError, match="of their own"), transaction.atomic():
            row.update(**said, decided_by=review.omar.account_id)
        row.update(**said, decided_by=review.olga.account_id)
        with pytest.raises(IntegrityError, match="decided about once"), transaction.atomic():
            row.update(verdict="", decided_by=None, decided_at=None)
        for broken in ({"deadline_days": 90}, {"owner": review.olga.account_id}, {"on_overdue": "forget"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                RightsReviewPlan.objects.update(**broken)
        with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"), transaction.atomic():
            cursor.execute("delete from governance_reviewedright")


def test_a_plan_makes_sense_and_takes_a_second_person_where_one_is_needed(review: Round) -> None:
    for asked in ({"deadline_days": 90}, {"deadline_days": 0}, {"every_days": 4000}, {"on_overdue": "forget"}):
        with pytest.raises(Invalid):
            review.plan(**asked)
    with pytest.raises(Invalid, match="people"):
        review.plan(owner=Account.objects.get(pk=review.service.account_id))
    with pytest.raises(Refused):
        plan_rights_reviews(review.service, owner=review.owners, every_days=90, deadline_days=14)
    office = new_office()
    asked = {"owner": {"kind": "group", "id": str(review.owners.pk)}, "every_days": 90, "deadline_days": 14}
    change = office.propose("plan_rights_reviews", **asked)
    (difference,) = office.differences(change)
    assert "every 90 days" in difference.name
    office.approve(change)
    with in_environment(office.environment.id):
        assert RightsReviewPlan.objects.get().owner_group == review.owners


def test_services_that_configure_plan_and_look_over_the_api_and_others_are_refused(review: Round) -> None:
    deploy = line_of(cast.new_player(review.environment, "deploy", configure=True))
    asked = {"owner": {"kind": "group", "name": review.owners.name}, "every_days": 30, "deadline_days": 7}
    planned = body(deploy.put("/governance/rights-review-plan", asked))
    assert (planned["every_days"], planned["on_overdue"], planned["owner"]["name"]) == (
        30,
        "suspend",
        review.owners.name,
    )
    open_due_reviews(now=NOW)
    (row,) = body(deploy.get("/governance/rights-reviews"))["data"]
    one = body(deploy.get(f"/governance/rights-reviews/{row['id']}"))
    assert row["waiting"] == len(one["rights"]) and {each["verdict"] for each in one["rights"]} == {None}
    assert body(deploy.get("/governance/rights/unused?days=1"))["data"] == []
    for wrong in ("0", "x", "4000"):
        assert deploy.get(f"/governance/rights/unused?days={wrong}").status_code == 400
    outsider = line_of(cast.new_player(review.environment, "outsider"))
    for path in ("rights-review-plan", "rights-reviews", f"rights-reviews/{row['id']}", "rights/unused"):
        assert outsider.get(f"/governance/{path}").status_code == 403
    assert deploy.delete(f"/governance/rights-review-plan/{planned['id']}").status_code == 204
    assert deploy.get("/governance/rights-review-plan").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_owners_decide_on_a_page_that_officers_see_and_others_do_not() -> None:
    console: Console = staffed_console()
    officer, outsider = console.browser(console.officer), console.browser(console.support)
    owner = define_operator(NOBODY, username="owner", password=PASSWORD)
    job = cast.new_caller(console.environment, "nightly", read=True, write=True)
    plan = {"owner": str(owner.pk), "every_days": "90", "deadline_days": "14", "on_overdue": "suspend"}
    assert officer.post("/admin/governance/rightsreviewplan/add/", plan).status_code == 302
    open_due_reviews(now=timezone.now())
    page = "/admin/rights/review/"
    stolen, browser = console.browser(owner), console.proven(owner)
    for reader, says in ((browser, "Keep what is ticked"), (officer, "The owners of the reviews decide.")):
        shown = reader.get(page)
        assert shown.status_code == 200 and says in shown.content.decode() and "job nightly" not in says
    assert outsider.get(page).status_code == 403 and "Review of rights" in browser.get("/admin/").content.decode()
    assert "Review of rights" not in outsider.get("/admin/").content.decode()
    with in_environment(console.environment.id):
        rounds = list(RightsReview.objects.values_list("pk", flat=True))
        rights = {r.pk: r.permission.codename for r in Right.objects.filter(user_id=job.account_id)}
        rows = {
            rights[r.right_pk]: str(r.pk)
            for r in ReviewedRight.objects.filter(right_pk__in=rights, holder_kind="account")
        }
    kept = {"right": rows["read"], "verdict": "keep"}
    assert stolen.post(page, kept)["Location"].startswith("/second-factor/confirm/")
    assert console.proven(console.officer).post(page, kept, follow=True).status_code == 200
    assert len(console.booked("right.reviewed", "refused")) == 1 and not console.booked("right.reviewed")
    assert "1 right is kept" in browser.post(page, kept, follow=True).content.decode()
    ended = {"right": rows["write"], "verdict": "retire", "comment": "Nothing writes."}
    assert "1 right is retired" in browser.post(page, ended, follow=True).content.decode()
    everything = {"all": str(rounds[0])}
    for wrong in ({"all": "keep"}, {"all": str(uuid4())}):
        assert "does not wait for a verdict" in browser.post(page, wrong, follow=True).content.decode()
    assert "2 rights are kept" in browser.post(page, everything, follow=True).content.decode()
    assert "Nothing waits for a verdict" in browser.get(page).content.decode()
    entries = console.booked("right.reviewed")
    assert [entry.facts["verdict"] for entry in entries] == ["keep", "keep", "retire", "keep"]
    (withdrawn,) = console.booked("right.withdrawn")
    assert withdrawn.facts["operation"] == "write" and withdrawn.actor.id == owner.pk
    unused = officer.get("/admin/rights/unused/?days=1").content.decode()
    assert "unused for that long" in unused and outsider.get("/admin/rights/unused/").status_code == 403
