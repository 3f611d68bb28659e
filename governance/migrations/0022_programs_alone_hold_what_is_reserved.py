"""Operations that programs alone hold: no row gives one to a person, and none is reserved over what a person holds."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import EnvironmentWall

GUARD = """
create function governance_right_is_not_reserved() returns trigger language plpgsql as $$
begin
    if new.is_deny or (tg_table_name = 'governance_right' and not exists (
        select 1 from governance_account a where a.id = (to_jsonb(new) ->> 'user_id')::uuid and a.kind = 'operator'
    )) then
        return new;
    end if;
    -- Whoever reserves and whoever gives wait for each other.
    perform 1 from governance_environment where id = new.environment_id for no key update;
    if exists (
        select 1 from governance_reservedoperation o
        join auth_permission p on p.id = new.permission_id and p.codename = o.operation
        join django_content_type t on t.id = o.content_type_id
        where o.environment_id = new.environment_id and (
            t.model = 'environment' or (o.content_type_id = new.content_type_id and o.object_pk = new.object_pk))
    ) then
        raise exception 'this operation is reserved for programs' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger governance_right_is_not_reserved before insert or update on governance_right
    for each row execute function governance_right_is_not_reserved();
create trigger governance_right_is_not_reserved before insert or update on governance_groupright
    for each row execute function governance_right_is_not_reserved();

create function governance_reserved_from_people() returns trigger language plpgsql as $$
begin
    perform 1 from governance_environment where id = new.environment_id for no key update;
    if exists (
        select 1 from (
            select r.environment_id, r.permission_id, r.content_type_id, r.object_pk, r.is_deny
            from governance_right r join governance_account a on a.id = r.user_id and a.kind = 'operator'
            union all
            select g.environment_id, g.permission_id, g.content_type_id, g.object_pk, g.is_deny
            from governance_groupright g
        ) held
        join auth_permission p on p.id = held.permission_id and p.codename = new.operation
        join django_content_type t on t.id = new.content_type_id
        where held.environment_id = new.environment_id and not held.is_deny and (
            t.model = 'environment' or (held.content_type_id = new.content_type_id and held.object_pk = new.object_pk))
    ) then
        raise exception 'somebody has a right to this operation' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger governance_reserved_from_people before insert or update on governance_reservedoperation
    for each row execute function governance_reserved_from_people();
"""

UNGUARD = """
drop trigger governance_reserved_from_people on governance_reservedoperation;
drop function governance_reserved_from_people();
drop trigger governance_right_is_not_reserved on governance_right;
drop trigger governance_right_is_not_reserved on governance_groupright;
drop function governance_right_is_not_reserved();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("governance", "0021_changes_wait_for_a_second_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReservedOperation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("operation", models.CharField(max_length=100)),
                ("object_pk", models.CharField(help_text="Surrogate key of what it is reserved on.", max_length=255)),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "reserved operation",
                "ordering": ["operation", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "public_id"), name="reserved_operation_public_id_once"
                    ),
                    models.UniqueConstraint(fields=("environment", "id"), name="reserved_operation_same_environment"),
                    models.UniqueConstraint(
                        fields=("environment", "operation", "content_type", "object_pk"), name="reserved_operation_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("operation__in", ["configure", "audit", "request", "approve"]), _negated=True
                        ),
                        name="reserved_operation_is_no_decision",
                    ),
                ],
            },
        ),
        EnvironmentWall("ReservedOperation"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
