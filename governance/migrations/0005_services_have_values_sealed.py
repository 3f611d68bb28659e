from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_an_operator_replaces_a_given_password")]

    operations = [
        migrations.AlterModelOptions(
            name="client",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("invoke", "May act through this client"),
                    ("seal", "May have values sealed that it keeps itself"),
                    ("unseal", "May have values unsealed that this client keeps itself"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="environment",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("read", "May read values through accessors"),
                    ("write", "May write values through mutators"),
                    ("resolve", "May resolve, inspect and look up tokens"),
                    ("tokenize", "May create tokens from raw data"),
                    ("seal", "May have values sealed that it keeps itself"),
                    ("unseal", "May have values unsealed that a service keeps itself"),
                    ("configure", "May change definitions, rights and freezes"),
                    ("audit", "May read the book"),
                    ("consent", "May record and withdraw consent"),
                    ("erase", "May erase subjects"),
                ],
            },
        ),
    ]
