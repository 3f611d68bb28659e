from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0017_only_reviewed_builds_run_as_clients")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="factors_reset_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
