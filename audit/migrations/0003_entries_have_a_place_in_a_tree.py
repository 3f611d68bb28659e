"""Entries get their place in a Merkle tree, whose leaves, tiles and checkpoints can only be added to."""

from __future__ import annotations

import django.db.models.functions
from django.db import migrations, models

import audit.models.fields
from audit.integrity.statements import BACKWARD, FORWARD

NOW = django.db.models.functions.Now


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_what_a_program_did_is_found_by_its_build")]

    operations = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField(unique=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "hash",
                    models.BinaryField(
                        help_text="SHA-256 of a zero byte and the body of the entry (RFC 6962, section 2.1)."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "leaves",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("index__gte", 0)), name="audit_leaf_index_counts")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "level",
                    models.SmallIntegerField(help_text="Tiles of level L hold the nodes of level 8 L of the tree."),
                ),
                ("number", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="SignedCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField(help_text="The signed note (C2SP tlog-checkpoint).")),
                ("made_at", models.DateTimeField(db_default=NOW())),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "size", "witness", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("witness", models.TextField()),
                ("line", models.TextField()),
                ("made_at", models.DateTimeField(db_default=NOW())),
            ],
        ),
        migrations.CreateModel(
            name="Integration",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "cluster",
                    models.TextField(help_text="pg_control_system(): transaction ids mean nothing in another one."),
                ),
                ("floor", audit.models.fields.TransactionIdField()),
                ("turned_at", models.DateTimeField()),
                ("behind_since", models.DateTimeField(null=True)),
                ("trouble", models.TextField(db_default="", default="")),
                ("witnessed_size", models.BigIntegerField(db_default=0, default=0)),
                ("witnessed_at", models.DateTimeField(null=True)),
                ("witness_trouble", models.TextField(db_default="", default="")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_integration_once")]
            },
        ),
        migrations.AddIndex(model_name="entry", index=models.Index(models.F("xid"), name="audit_entry_xid")),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
