"""Rights are reviewed again and again, and the day of their last use is noted."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall

GUARD = """
create function governance_right_is_decided_once() returns trigger language plpgsql as $$
begin
    if (new.id, new.environment_id, new.review_id, new.holder_kind, new.right_pk) is distinct from
        (old.id, old.environment_id, old.review_id, old.holder_kind, old.right_pk)
        or (old.verdict <> '' and (new.verdict, new.decided_by_id, new.decided_at) is distinct from
            (old.verdict, old.decided_by_id, old.decided_at))
    then
        raise exception 'a right is decided about once in a review' using errcode = 'check_violation';
    end if;
    if old.verdict = '' and new.decided_by_id is not null and (
        (new.holder_kind = 'account' and exists (
            select 1 from governance_right r where r.id = new.right_pk and r.user_id = new.decided_by_id))
        or (new.holder_kind = 'group' and exists (
            select 1 from governance_groupright r join governance_account_groups m on m.group_id = r.group_id
            where r.id = new.right_pk and m.account_id = new.decided_by_id)))
    then
        raise exception 'nobody decides about a right of their own' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger governance_right_is_decided_once before update on governance_reviewedright
    for each row execute function governance_right_is_decided_once();
revoke delete on governance_reviewedright, governance_rightsreview from sealbook_app;
"""
"""The sealed comment is not compared: rotation seals it anew."""

UNGUARD = """
grant delete on governance_reviewedright, governance_rightsreview to sealbook_app;
drop trigger governance_right_is_decided_once on governance_reviewedright;
drop function governance_right_is_decided_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("governance", "0025_notices_leave_the_house"),
    ]

    operations = [
        migrations.AddField(
            model_name="groupright",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="right",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.CreateModel(
            name="RightsReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "rights review",
                "ordering": ["-opened_at"],
            },
        ),
        migrations.CreateModel(
            name="ReviewedRight",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "holder_kind",
                    models.CharField(help_text="account or group: in which table the right is.", max_length=16),
                ),
                ("right_pk", models.BigIntegerField()),
                ("verdict", models.CharField(blank=True, default="", max_length=16)),
                ("decided_at", models.DateTimeField(null=True)),
                ("comment", keyring.fields.SealedField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rights",
                        to="governance.rightsreview",
                    ),
                ),
            ],
            options={
                "ordering": ["holder_kind", "right_pk"],
            },
        ),
        migrations.CreateModel(
            name="RightsReviewPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("every_days", models.PositiveSmallIntegerField()),
                ("deadline_days", models.PositiveSmallIntegerField()),
                ("on_overdue", models.CharField(max_length=16)),
                (
                    "next_at",
                    models.DateTimeField(help_text="When the next review is opened, unless one is open still."),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner_group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan of rights reviews",
            },
        ),
        migrations.CreateModel(
            name="RightUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "holder_kind",
                    models.CharField(help_text="account or group: in which table the right is.", max_length=16),
                ),
                ("right_pk", models.BigIntegerField()),
                ("used_on", models.DateField()),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="rightsreview",
            constraint=models.UniqueConstraint(fields=("environment", "id"), name="rights_review_same_environment"),
        ),
        migrations.AddConstraint(
            model_name="rightsreview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("environment",), name="rights_review_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gt", models.F("opened_at"))), name="rights_review_has_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.UniqueConstraint(fields=("environment", "id"), name="reviewed_right_same_environment"),
        ),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.UniqueConstraint(
                fields=("review", "holder_kind", "right_pk"), name="reviewed_right_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.CheckConstraint(
                condition=models.Q(("holder_kind__in", ["account", "group"])), name="reviewed_right_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("verdict", "")),
                    models.Q(("decided_at__isnull", False), ("decided_by", None), ("verdict", "gone")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("verdict__in", ["keep", "retire"]),
                    ),
                    _connector="OR",
                ),
                name="reviewed_right_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.UniqueConstraint(
                fields=("environment", "public_id"), name="rights_review_plan_public_id_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.UniqueConstraint(
                fields=("environment", "id"), name="rights_review_plan_same_environment"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.UniqueConstraint(fields=("environment",), name="rights_review_plan_once"),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner__isnull", False), ("owner_group__isnull", True)),
                    models.Q(("owner__isnull", True), ("owner_group__isnull", False)),
                    _connector="OR",
                ),
                name="rights_review_plan_owned_by_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deadline_days__gte", 1), ("every_days__gt", models.F("deadline_days")), ("every_days__lte", 3660)
                ),
                name="rights_review_plan_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsreviewplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_overdue__in", ["suspend", "warn"])), name="rights_review_plan_overdue_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightuse",
            constraint=models.UniqueConstraint(
                fields=("environment", "holder_kind", "right_pk"), name="right_use_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("holder_kind__in", ["account", "group"])), name="right_use_kind_known"
            ),
        ),
        EnvironmentWall("RightsReviewPlan"),
        EnvironmentWall("RightsReview"),
        EnvironmentWall("ReviewedRight"),
        EnvironmentWall("RightUse"),
        CompositeForeignKey("ReviewedRight", "review_id", "governance.RightsReview"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
