"""Objects of the graph carry no index or constraint that nothing asks: every new user pays for each of them."""

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING, PROTECT, RESTRICT


class Migration(migrations.Migration):
    dependencies = [("governance", "0015_a_check_asks_the_graph_in_fewer_statements")]

    operations = [
        migrations.AlterField(
            "graphobject",
            "environment",
            models.ForeignKey("governance.environment", PROTECT, related_name="+", db_constraint=False, db_index=False),
        ),
        migrations.AlterField(
            "graphobject",
            "organization",
            models.ForeignKey(
                "governance.organization",
                RESTRICT,
                related_name="+",
                null=True,
                blank=True,
                db_constraint=False,
                db_index=False,
            ),
        ),
        migrations.AlterField(
            "graphobject",
            "type",
            models.ForeignKey(
                "governance.objecttype", DO_NOTHING, related_name="+", db_constraint=False, db_index=False
            ),
        ),
        migrations.AddIndex(
            "graphobject",
            models.Index(
                fields=["environment", "organization"],
                name="graph_object_of_organization",
                condition=models.Q(organization__isnull=False),
            ),
        ),
    ]
