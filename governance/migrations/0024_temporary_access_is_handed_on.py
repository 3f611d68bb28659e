"""What somebody hands on of their access never changes: only its moments, its code and its key are written later."""

import datetime
import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall

KEEP = """
revoke update, delete on governance_delegation from sealbook_app;
grant update (justification, accepted_at, not_after, code, taken_at, key, ended_at, ended_by_id)
    on governance_delegation to sealbook_app;
create function governance_delegation_stays() returns trigger language plpgsql as $$
begin
    if (old.accepted_at is not null
            and (old.accepted_at, old.not_after, old.code) is distinct from (new.accepted_at, new.not_after, new.code))
        or (old.taken_at is not null and (old.taken_at, old.key) is distinct from (new.taken_at, new.key))
        or (old.key <> '' and old.key <> new.key)
        or (old.ended_at is not null
            and (old.ended_at, old.taken_at) is distinct from (new.ended_at, new.taken_at)) then
        raise exception 'what was handed on is not changed' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger stays before update on governance_delegation
    for each row execute function governance_delegation_stays();
"""
EDIT = """
drop trigger stays on governance_delegation;
drop function governance_delegation_stays();
grant update, delete on governance_delegation to sealbook_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0023_who_could_speak_as_a_client_is_known"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="environment",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("read", "May read values through accessors"),
                    ("export", "May have values leave in bulk"),
                    ("write", "May write values through mutators"),
                    ("resolve", "May resolve, inspect and look up tokens"),
                    ("tokenize", "May create tokens from raw data"),
                    ("seal", "May have values sealed that it keeps itself"),
                    ("unseal", "May have values unsealed that a service keeps itself"),
                    ("configure", "May change definitions, rights and freezes"),
                    ("audit", "May read the book"),
                    ("request", "May ask for temporary access"),
                    ("approve", "May decide on temporary access of others"),
                    ("act", "May read for people who hand on their temporary access"),
                    ("consent", "May record and withdraw consent"),
                    ("erase", "May erase subjects"),
                    ("register", "May register builds that the CI signed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), help_text="Public ids.", size=None
                    ),
                ),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="Rows of the request that name whose records it opens; who is erased is gone with theirs.",
                        size=None,
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField()),
                (
                    "version",
                    models.CharField(
                        help_text="As what accessor and policies were defined when it was made.", max_length=64
                    ),
                ),
                ("justification", keyring.fields.SealedField(null=True)),
                ("offered_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("not_after", models.DateTimeField(null=True)),
                (
                    "code",
                    models.CharField(blank=True, default="", help_text="Digest of what takes it, once.", max_length=64),
                ),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "key",
                    models.CharField(
                        blank=True, default="", help_text="Thumbprint of the key it is bound to.", max_length=43
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.client",
                    ),
                ),
                (
                    "ended_by",
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
                    "grant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="governance.grant",
                    ),
                ),
                (
                    "offered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-offered_at"],
                "indexes": [
                    models.Index(fields=["environment", "not_after"], name="delegation_living"),
                    models.Index(fields=["environment", "code"], name="delegation_by_code"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "id"), name="delegation_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("not_after", None)),
                            models.Q(
                                ("not_after__gt", models.F("accepted_at")),
                                (
                                    "not_after__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("accepted_at"), "+", models.Value(datetime.timedelta(seconds=600))
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="delegation_is_short",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("taken_at", None),
                            models.Q(
                                ("taken_at__gte", models.F("accepted_at")),
                                ("taken_at__lt", models.F("not_after")),
                                models.Q(("key", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="delegation_is_accepted_before_it_is_taken",
                    ),
                ],
            },
        ),
        EnvironmentWall("Delegation"),
        CompositeForeignKey("Delegation", "grant_id", "governance.Grant"),
        CompositeForeignKey("Delegation", "client_id", "governance.Client"),
        migrations.RunSQL(KEEP, EDIT),
    ]
