"""Who listed an issuer, and who chose its keys, is noted: they can be whom it names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0026_rights_are_reviewed_and_their_use_is_noted")]

    operations = [
        migrations.AddField(
            model_name="externalissuer",
            name="brought_by",
            field=models.UUIDField(editable=False, help_text="Who listed it, a person or a client.", null=True),
        ),
        migrations.AddField(
            model_name="externalissuer",
            name="pinned_by",
            field=models.UUIDField(editable=False, help_text="Who chose its keys, a person or a client.", null=True),
        ),
    ]
