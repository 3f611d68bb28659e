from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0016_imports_pay_for_fewer_indexes")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="factors_reset_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
