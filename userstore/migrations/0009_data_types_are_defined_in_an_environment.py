"""Data types of an environment, native and composite; columns and transformers refer to them by name."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import EnvironmentWall

NATIVE = (
    ("76f0685b-dd42-4b3f-8c33-4c72e4eff73e", "birthdate", "A day of birth"),
    ("e16b5ead-54db-4b42-a55f-f21907cda9e4", "boolean", "True or false"),
    ("3e2546c0-14d6-49d3-8b95-a5000bb4ad6a", "date", "A calendar day"),
    ("97f0ab8a-f2fd-43da-9feb-3d1f8aacc042", "e164_phonenumber", "A phone number in E.164 form"),
    ("8a84f041-c605-4ebf-b552-9e14f51c9e54", "email", "An e-mail address"),
    ("22b8a1b6-e5a2-4c3c-9a99-746f0345b727", "integer", "A whole number"),
    ("ae962c31-2ca7-42e1-814b-32e6493dba82", "phonenumber", "A phone number as people write it"),
    ("fba9f9bb-b9e0-4258-9fb8-6777792dbeba", "ssn", "A US social security number"),
    ("d26b6d52-a8d7-4c2f-9efc-394eb90a3294", "string", "A text"),
    ("66a87f97-32c4-4ccc-91da-d8c880e21e5a", "timestamp", "A moment, kept in UTC"),
    ("d036bbba-6012-4d74-b7c4-9a2bbc09a749", "uuid", "A UUID"),
)
ADDRESS = (
    "Country", "Name", "Organization", "Street_Address_Line_1", "Street_Address_Line_2", "Dependent_Locality",
    "Locality", "Administrative_Area", "Post_Code", "Sorting_Code",
)  # fmt: skip
INSERT = """
insert into userstore_datatypedefinition
    (environment_id, public_id, created_at, name, description, fields, include_id, is_native, is_system)
select id, '{public_id}', now(), '{name}', '{description}', {fields}, {include_id}, {is_native}, true
from governance_environment;
"""
FIELD = "jsonb_build_object('name', '{0}', 'data_type', 'string', 'required', false, 'ignore_for_uniqueness', false)"

FURNISH = (
    "".join(
        INSERT.format(
            public_id=public_id,
            name=name,
            description=description,
            fields="'[]'::jsonb",
            include_id="false",
            is_native="true",
        )
        for public_id, name, description in NATIVE
    )
    + INSERT.format(
        public_id="33dc5de6-94b6-4f08-94b6-e04d1f981671",
        name="canonical_address",
        description="A postal address of any country",
        fields=f"jsonb_build_array({', '.join(FIELD.format(name) for name in ADDRESS)})",
        include_id="true",
        is_native="false",
    )
    + "set constraints all immediate; set constraints all deferred;"
)
"""Environments that are there already; later ones are furnished when they are made. Runs before the wall is built."""

REFERENCES = (
    ("userstore_column", "data_type"),
    ("userstore_transformer", "input_data_type"),
    ("userstore_transformer", "output_data_type"),
)
BIND = "".join(
    f"alter table {table} add constraint {table}_{column}_exists foreign key (environment_id, {column}) "
    "references userstore_datatypedefinition (environment_id, name) deferrable initially deferred;"
    for table, column in REFERENCES
)
LOOSEN = "".join(f"alter table {table} drop constraint {table}_{column}_exists;" for table, column in REFERENCES)
"""What names a data type names one of its environment, and such a one is neither renamed nor deleted."""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_an_operator_replaces_a_given_password"),
        ("userstore", "0008_users_are_objects_of_the_graph"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataTypeDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.CharField(max_length=128)),
                ("fields", models.JSONField(default=list)),
                ("include_id", models.BooleanField(default=False)),
                ("is_native", models.BooleanField(default=False, editable=False)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "data type",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="data_type_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="data_type_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="data_type_name_once",
                    ),
                    models.UniqueConstraint(fields=("environment", "name"), name="data_type_referred_by_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fields", []), ("include_id", False), ("is_native", True)),
                            models.Q(("is_native", False), models.Q(("fields", []), _negated=True)),
                            _connector="OR",
                        ),
                        name="data_type_is_native_or_has_fields",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="column",
            name="column_partial_updates_need_unique_array",
        ),
        migrations.AddField(
            model_name="column",
            name="immutable_required",
            field=models.BooleanField(
                db_default=False, default=False, help_text="A value of an id comes and goes, unchanged."
            ),
        ),
        migrations.AddField(
            model_name="column",
            name="is_index_settled",
            field=models.BooleanField(
                db_default=True,
                default=True,
                editable=False,
                help_text="False while blind indexes of stored values are filled or cleared: look-ups go without them.",
            ),
        ),
        migrations.AddField(
            model_name="column",
            name="unique_id_required",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Every value has an id, unique in one array."
            ),
        ),
        migrations.AlterField(
            model_name="column",
            name="data_type",
            field=models.CharField(help_text="The name of a data type of the environment.", max_length=128),
        ),
        migrations.AlterField(
            model_name="transformer",
            name="input_data_type",
            field=models.CharField(default="string", max_length=128),
        ),
        migrations.AlterField(
            model_name="transformer",
            name="output_data_type",
            field=models.CharField(default="string", max_length=128),
        ),
        migrations.AddConstraint(
            model_name="column",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("partial_updates", False),
                    models.Q(("is_array", True), ("unique_required", True)),
                    models.Q(("is_array", True), ("unique_id_required", True)),
                    _connector="OR",
                ),
                name="column_partial_updates_tell_values_apart",
            ),
        ),
        migrations.AddConstraint(
            model_name="column",
            constraint=models.CheckConstraint(
                condition=models.Q(("immutable_required", False), ("unique_id_required", True), _connector="OR"),
                name="column_immutable_values_have_ids",
            ),
        ),
        migrations.RunSQL(FURNISH, migrations.RunSQL.noop),
        EnvironmentWall("DataTypeDefinition"),
        migrations.RunSQL(BIND, LOOSEN),
    ]
