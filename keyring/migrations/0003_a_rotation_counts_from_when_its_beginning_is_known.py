"""A rotation remembers a moment by which its beginning was committed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keyring", "0002_rotations_keep_their_place")]

    operations = [
        migrations.AddField(
            model_name="keyrotation", name="known_at", field=models.DateTimeField(editable=False, null=True)
        ),
    ]
