"""Retention durations, legal holds, and the clocks of values.

What a hold keeps the database itself does not give away, whichever way somebody tries to delete it. A subject that was
deleted is found by reads of deleted values alone.
"""

import uuid
from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall

walls = import_module("userstore.migrations.0002_walls_and_the_read_functions")

# Forced row-level security hides every row from the owner too.
CLOCKS_OF_WHAT_IS_THERE = """
alter table userstore_value no force row level security;
update userstore_value set consent_ends = expires,
    since = array_fill(extract(epoch from updated_at)::bigint, array[cardinality(purposes)]);
alter table userstore_value force row level security;
"""

DEADLINE = """
create function userstore_deadline(since bigint, months int, seconds bigint) returns bigint
language sql immutable parallel safe as $$
    select floor(extract(epoch from
        (to_timestamp(since) at time zone 'UTC' + make_interval(months => months)) at time zone 'UTC'))::bigint + seconds
$$;
grant execute on function userstore_deadline(bigint, int, bigint) to sealbook_app;
"""
"""Months end on the last day of a shorter one, as in `userstore.retention.durations`, which a test compares."""

HOLDS = """
create function userstore_keep_held() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_table_name = 'userstore_value' then
        perform 1 from userstore_legalhold h where h.environment_id = old.environment_id
            and h.released_at is null and (h.ends_at is null or h.ends_at > now())
            and (h.subject_id is null or h.subject_id = old.subject_id)
            and (h.column_id is null or h.column_id = old.column_id)
            and (h.purpose_id is null or h.purpose_id = any(old.purposes));
    else
        perform 1 from userstore_legalhold h where h.environment_id = old.environment_id
            and h.released_at is null and (h.ends_at is null or h.ends_at > now()) and h.subject_id = old.id;
    end if;
    if found then
        raise exception 'a legal hold keeps this' using errcode = 'restrict_violation';
    end if;
    return old;
end $$;
create trigger keep_held before delete on userstore_value for each row execute function userstore_keep_held();
create trigger keep_held before delete on userstore_subject for each row execute function userstore_keep_held();
"""
NO_HOLDS = """
drop trigger keep_held on userstore_value;
drop trigger keep_held on userstore_subject;
drop function userstore_keep_held();
"""


def read_subjects(findable: str) -> str:
    """The read by ids, of subjects that are findable."""
    return f"""
create or replace function userstore_read_subjects(env uuid, subjects uuid[], columns bigint[], wanted_state int2)
returns table ({walls.ROW}) language plpgsql set search_path = pg_catalog, public, pg_temp
    set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {walls.ENTER}
    return query select {walls.PICKED} from governance_environment e
    left join (userstore_subject s {walls.JOINED})
        on s.environment_id = e.id and s.public_id = any(subjects) and {findable}
    where e.id = env order by s.public_id, v.column_id, v.ordinal;
    {walls.LEAVE}
end $$;
"""


INSIDE = (
    ("RetentionDuration", "column_id", "userstore.Column", "cascade"),
    ("RetentionDuration", "purpose_id", "governance.Purpose", "cascade"),
    ("LegalHold", "subject_id", "userstore.Subject", "cascade"),
    ("LegalHold", "column_id", "userstore.Column", "cascade"),
    ("LegalHold", "purpose_id", "governance.Purpose", "cascade"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_an_operator_replaces_a_given_password"),
        ("userstore", "0006_users_have_regions_and_passwords"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("reason", keyring.fields.SealedField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("held_by", models.UUIDField(null=True)),
                ("held_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("released_by", models.UUIDField(null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="userstore.column",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.purpose",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="userstore.subject",
                    ),
                ),
            ],
            options={
                "ordering": ["-held_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="hold_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="hold_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("subject__isnull", False),
                            ("column__isnull", False),
                            ("purpose__isnull", False),
                            _connector="OR",
                        ),
                        name="hold_on_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("requested_by", models.UUIDField(null=True)),
                ("barrier", models.BigIntegerField(null=True)),
                ("position", models.BigIntegerField(default=0)),
                ("subjects", models.PositiveBigIntegerField(default=0, help_text="Subjects whose values are done.")),
                ("subjects_in_all", models.PositiveBigIntegerField(default=0)),
                ("values_changed", models.PositiveBigIntegerField(default=0)),
                ("values_due", models.PositiveBigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("is_superseded", models.BooleanField(default=False)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "public_id"), name="retention_change_public_id_once"
                    ),
                    models.UniqueConstraint(fields=("environment", "id"), name="retention_change_same_environment"),
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)),
                        fields=("environment",),
                        name="retention_change_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionDuration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("state", models.PositiveSmallIntegerField()),
                ("unit", models.CharField(max_length=16)),
                ("amount", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="userstore.column",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.purpose",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="retention_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="retention_same_environment"),
                    models.UniqueConstraint(
                        fields=("environment", "state", "column", "purpose"),
                        name="retention_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(condition=models.Q(("state__in", [0, 1])), name="retention_state_known"),
                    models.CheckConstraint(
                        condition=models.Q(("column", None), ("purpose__isnull", False), _connector="OR"),
                        name="retention_of_a_column_names_a_purpose",
                    ),
                ]
            },
        ),
        migrations.AddField(
            model_name="value",
            name="consent_ends",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="value",
            name="origin",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="value",
            name="since",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", False)), fields=["environment", "id"], name="subject_deleted"
            ),
        ),
        migrations.AddIndex(
            model_name="value",
            index=models.Index(
                condition=models.Q(("state", 1)), fields=["environment", "subject"], name="value_deleted_of_subject"
            ),
        ),
        migrations.RunSQL(CLOCKS_OF_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="value",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("consent_ends__len", models.F("since__len")), ("purposes__len", models.F("since__len"))),
                    models.Q(("consent_ends", []), ("purposes", []), ("since", [])),
                    _connector="OR",
                ),
                name="value_clock_for_every_purpose",
            ),
        ),
        *(EnvironmentWall(name) for name in ("RetentionDuration", "RetentionChange", "LegalHold")),
        *(CompositeForeignKey(model, column, target, on_delete=rule) for model, column, target, rule in INSIDE),
        migrations.RunSQL(DEADLINE, "drop function userstore_deadline(bigint, int, bigint)"),
        migrations.RunSQL(HOLDS, NO_HOLDS),
        migrations.RunSQL(
            read_subjects("(s.erased_at is null or wanted_state = 1)"), read_subjects("s.erased_at is null")
        ),
    ]
