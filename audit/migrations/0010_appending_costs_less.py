"""Appending does the same with less work."""

from django.db import migrations

from audit.partitions.appending import QUICKER, SLOWER


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_verifications_are_kept_with_their_result")]

    operations = [migrations.RunSQL(QUICKER, SLOWER)]
