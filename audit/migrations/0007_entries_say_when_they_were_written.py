"""The time at which the database took an entry stands in its body, too, so that the tree covers it."""

from django.db import migrations

from audit.partitions.appending import FORWARD
from audit.partitions.statements import APPEND


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_the_book_is_counted_by_the_hour")]

    operations = [migrations.RunSQL(FORWARD, APPEND.replace("create function", "create or replace function"))]
