"""Changes of protected environments: what is asked for stays as it is, and one decision ends each."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import keyring.fields
from keyring.walls import EnvironmentWall

GUARD = """
create function governance_change_stays() returns trigger language plpgsql as $$
begin
    if (new.id, new.environment_id, new.action, new.basis, new.digest, new.author_kind, new.author_id, new.proposed_at)
        is distinct from
        (old.id, old.environment_id, old.action, old.basis, old.digest, old.author_kind, old.author_id, old.proposed_at)
    then
        raise exception 'what a change asks for never changes' using errcode = 'check_violation';
    end if;
    if old.state <> 'proposed' and
        (new.state, new.decided_by_kind, new.decided_by, new.decided_at, new.outcome) is distinct from
        (old.state, old.decided_by_kind, old.decided_by, old.decided_at, old.outcome)
    then
        raise exception 'a change is decided once' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger governance_change_stays before update on governance_protectedchange
    for each row execute function governance_change_stays();
revoke delete on governance_protectedchange from sealbook_app;
"""
"""The sealed columns are not compared: rotation seals them anew, and the digest binds what they say."""

UNGUARD = """
grant delete on governance_protectedchange to sealbook_app;
drop trigger governance_change_stays on governance_protectedchange;
drop function governance_change_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0020_people_are_told_about_access")]

    operations = [
        migrations.AddField(
            model_name="clientsecret",
            name="issued_by",
            field=models.UUIDField(editable=False, help_text="The operator who has seen it, if one has.", null=True),
        ),
        migrations.CreateModel(
            name="ProtectedChange",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("action", models.CharField(max_length=64)),
                ("arguments", keyring.fields.SealedField()),
                ("differences", keyring.fields.SealedField()),
                ("comment", keyring.fields.SealedField(null=True)),
                (
                    "basis",
                    models.CharField(
                        help_text="Fingerprint of what it touches, as it was when it was proposed.", max_length=32
                    ),
                ),
                ("digest", models.CharField(help_text="Fingerprint of all that is asked for.", max_length=32)),
                ("author_kind", models.CharField(max_length=16)),
                ("author_id", models.UUIDField()),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("state", models.CharField(default="proposed", max_length=16)),
                ("decided_by_kind", models.CharField(blank=True, default="", max_length=16)),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(blank=True, default="", help_text="Why it was not applied.", max_length=200),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "ordering": ["-proposed_at", "id"],
                "indexes": [
                    models.Index(fields=["environment", "state", "proposed_at"], name="protected_change_by_state")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "id"), name="protected_change_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(state__in=["proposed", "applied", "rejected", "withdrawn", "stale"]),
                        name="protected_change_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="proposed", decided_at=None, decided_by=None)
                        | models.Q(~models.Q(state="proposed"), decided_at__isnull=False, decided_by__isnull=False),
                        name="protected_change_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(state="applied")
                        | models.Q(~models.Q(decided_by=models.F("author_id")), decided_by_kind="operator"),
                        name="protected_change_applied_by_two",
                    ),
                ],
            },
        ),
        EnvironmentWall("ProtectedChange"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
