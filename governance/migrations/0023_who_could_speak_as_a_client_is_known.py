"""Who brought what lets somebody speak as a client is noted, and with a change, who could have proposed it."""

import django.contrib.postgres.fields
from django.db import migrations, models

GUARD = """
create or replace function governance_change_stays() returns trigger language plpgsql as $$
begin
    if (new.id, new.environment_id, new.action, new.basis, new.digest, new.author_kind, new.author_id,
        new.spoken_for_by, new.proposed_at)
        is distinct from
        (old.id, old.environment_id, old.action, old.basis, old.digest, old.author_kind, old.author_id,
        old.spoken_for_by, old.proposed_at)
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
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0022_programs_alone_hold_what_is_reserved")]

    operations = [
        migrations.AddField(
            model_name="launcher",
            name="brought_by",
            field=models.UUIDField(editable=False, help_text="Who registered it, a person or a client.", null=True),
        ),
        migrations.AddField(
            model_name="externalidentity",
            name="brought_by",
            field=models.UUIDField(editable=False, help_text="Who let it in, a person or a client.", null=True),
        ),
        migrations.AlterField(
            model_name="clientsecret",
            name="issued_by",
            field=models.UUIDField(editable=False, help_text="Who has seen it, a person or a client.", null=True),
        ),
        migrations.AddField(
            model_name="protectedchange",
            name="spoken_for_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(),
                default=list,
                help_text="Who could have spoken as the client that proposed it.",
                size=None,
            ),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
