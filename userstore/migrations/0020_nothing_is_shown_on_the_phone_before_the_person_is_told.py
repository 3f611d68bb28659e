"""A code that was read back opens nothing until the mail server has taken the letter that tells the person.

What was proved before this counts as not told, so it shows nothing any more: such a proof lasted a quarter of an hour.
"""

from django.db import migrations, models

KEEP = "grant update (told_at) on userstore_subjectproof to sealbook_app;"
LEAVE = "revoke update (told_at) on userstore_subjectproof from sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("userstore", "0019_officers_end_calls_and_demands_are_counted"),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectproof",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="subjectproof",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("told_at", None),
                    models.Q(("proved_at__isnull", False), ("told_at__gte", models.F("proved_at"))),
                    _connector="OR",
                ),
                name="subject_proof_told_once_proved",
            ),
        ),
        migrations.RunSQL(KEEP, LEAVE),
    ]
