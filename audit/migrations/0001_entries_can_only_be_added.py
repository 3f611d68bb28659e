"""The book: partitioned by month, open to INSERT alone."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions
from django.db import migrations, models

import audit.models.fields
from audit.partitions.operations import CreatePartitionedModel
from audit.partitions.statements import BACKWARD, FORWARD


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreatePartitionedModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "recorded_at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.Now())),
                ("id", models.UUIDField()),
                ("xid", audit.models.fields.TransactionIdField(db_default=audit.models.fields.CurrentTransactionId())),
                ("environment_id", models.UUIDField()),
                ("kind", models.TextField()),
                ("outcome", models.TextField()),
                ("actor_kind", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("decision_id", models.UUIDField(null=True)),
                ("request_id", models.TextField(null=True)),
                ("subject_count", models.IntegerField(db_default=0)),
                (
                    "subjects",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
                ("body", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index("environment_id", "recorded_at", "id", name="audit_entry_newest"),
                    models.Index("environment_id", "kind", "recorded_at", "id", name="audit_entry_kind"),
                    models.Index(
                        "environment_id",
                        "actor_id",
                        "recorded_at",
                        "id",
                        condition=models.Q(("actor_id__isnull", False)),
                        name="audit_entry_actor",
                    ),
                    models.Index(
                        "environment_id",
                        "outcome",
                        "recorded_at",
                        "id",
                        condition=models.Q(("outcome", "done"), _negated=True),
                        name="audit_entry_not_done",
                    ),
                    models.Index("id", name="audit_entry_id"),
                    models.Index(
                        "decision_id", condition=models.Q(("decision_id__isnull", False)), name="audit_entry_decision"
                    ),
                    models.Index(
                        "request_id", condition=models.Q(("request_id__isnull", False)), name="audit_entry_request"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("subjects__isnull", False)),
                        fields=["subjects"],
                        name="audit_entry_subjects",
                    ),
                    models.Index(
                        "environment_id",
                        "recorded_at",
                        "id",
                        condition=models.Q(("subject_count__gt", 0), ("subjects__isnull", True)),
                        name="audit_entry_bulk",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ("done", "refused", "failed"))),
                        name="audit_entry_outcome_known",
                    ),
                ],
            },
            partition_by="recorded_at",
        ),
        migrations.RunSQL(sql=[(FORWARD, None)], reverse_sql=[(BACKWARD, None)]),
    ]
