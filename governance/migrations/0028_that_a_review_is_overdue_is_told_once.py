"""That a review is overdue is told once, whether or not there is anybody to tell."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0027_who_chose_an_issuer_is_known")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="overdue_told_at",
            field=models.DateTimeField(
                editable=False, help_text="When it was told that it is overdue, which happens once.", null=True
            ),
        ),
        migrations.RunSQL(
            "grant update (overdue_told_at) on governance_review to sealbook_app;",
            "revoke update (overdue_told_at) on governance_review from sealbook_app;",
        ),
    ]
