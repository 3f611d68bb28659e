"""Officers see the calls of a day and end them; each call counts what was demanded and knows its latest moment."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

KEEP = "grant update (latest_at, reads, ending, ended_by_id) on userstore_subjectproof to sealbook_app;"
LEAVE = "revoke update (latest_at, reads, ending, ended_by_id) on userstore_subjectproof from sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("userstore", "0018_codes_prove_that_a_person_is_on_the_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectproof",
            name="latest_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="reads",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="ending",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
        migrations.AddField(
            model_name="subjectproof",
            name="ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectproof",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None), ("ending", "")),
                    ("ended_at__isnull", False),
                    _connector="OR",
                ),
                name="subject_proof_ends_in_a_way",
            ),
        ),
        migrations.RunSQL(KEEP, LEAVE),
    ]
