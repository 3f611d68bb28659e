"""A person on the phone reads back a code that was sent to them; columns say what they are shown, and which takes it."""

import datetime
import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall

KEEP = """
revoke update on userstore_subjectproof from sealbook_app;
grant update (tries, proved_at, ended_at) on userstore_subjectproof to sealbook_app;
"""
EDIT = "grant update on userstore_subjectproof to sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0026_rights_are_reviewed_and_their_use_is_noted"),
        ("userstore", "0017_clients_may_act_through_accessors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SubjectProof",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=32)),
                ("made_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("proved_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-made_at"],
            },
        ),
        migrations.AddField(
            model_name="accessorcolumn",
            name="shown_to_oneself",
            field=models.CharField(db_default="none", default="none", max_length=8),
        ),
        migrations.AddField(
            model_name="accessorcolumn",
            name="takes_code",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="accessorcolumn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("shown_to_oneself", "none"), ("takes_code", False)),
                    models.Q(
                        models.Q(("default_visibility", ""), _negated=True),
                        ("shown_to_oneself__in", ("plain", "masked", "none")),
                    ),
                    _connector="OR",
                ),
                name="accessor_column_oneself_by_rules",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessorcolumn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("takes_code", True)),
                fields=("environment", "accessor"),
                name="accessor_column_takes_code_once",
            ),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="accessor",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="userstore.accessor",
            ),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="environment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
            ),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="purpose",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="governance.purpose",
            ),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="subject",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="userstore.subject",
            ),
        ),
        migrations.AddIndex(
            model_name="subjectproof",
            index=models.Index(fields=["environment", "subject", "made_at"], name="subject_proof_of_subject"),
        ),
        migrations.AddConstraint(
            model_name="subjectproof",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("environment", "account", "subject"),
                name="subject_proof_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectproof",
            constraint=models.CheckConstraint(condition=models.Q(("tries__lte", 5)), name="subject_proof_tries"),
        ),
        migrations.AddConstraint(
            model_name="subjectproof",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("proved_at", None),
                    models.Q(
                        ("proved_at__gte", models.F("made_at")),
                        (
                            "proved_at__lt",
                            django.db.models.expressions.CombinedExpression(
                                models.F("made_at"), "+", models.Value(datetime.timedelta(seconds=600))
                            ),
                        ),
                        ("tries__gte", 1),
                    ),
                    _connector="OR",
                ),
                name="subject_proof_read_back_in_time",
            ),
        ),
        EnvironmentWall("SubjectProof"),
        CompositeForeignKey("SubjectProof", "subject_id", "userstore.Subject", on_delete="cascade"),
        CompositeForeignKey("SubjectProof", "accessor_id", "userstore.Accessor", on_delete="cascade"),
        CompositeForeignKey("SubjectProof", "purpose_id", "governance.Purpose"),
        migrations.RunSQL(KEEP, EDIT),
    ]
