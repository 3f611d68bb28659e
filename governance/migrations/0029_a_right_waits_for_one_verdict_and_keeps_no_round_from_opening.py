"""Several rounds of reviews may be open; a right waits in one of them at most."""

from django.db import migrations, models

DROP = """
do $$
declare env uuid;
begin
    for env in select id from governance_environment loop
        perform set_config('sealbook.environment', env::text, true);
        update governance_reviewedright w set verdict = 'dropped', decided_at = v.closed_at
        from governance_rightsreview v
        where v.environment_id = w.environment_id and v.id = w.review_id and v.closed_at is not null
            and w.verdict = '';
    end loop;
    perform set_config('sealbook.environment', '', true);
end $$;
"""
"""What waited when all reviews were ended waits no longer."""


class Migration(migrations.Migration):
    dependencies = [("governance", "0028_that_a_review_is_overdue_is_told_once")]

    operations = [
        migrations.RemoveConstraint(model_name="rightsreview", name="rights_review_one_at_a_time"),
        migrations.AddField(
            model_name="rightsreview",
            name="overdue_told_at",
            field=models.DateTimeField(
                editable=False, help_text="When it was told that it is overdue, which happens once.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="rightsreviewplan",
            name="next_at",
            field=models.DateTimeField(help_text="When the next review is opened."),
        ),
        migrations.RemoveConstraint(model_name="reviewedright", name="reviewed_right_decided_by_somebody"),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("verdict", "")),
                    models.Q(("decided_at__isnull", False), ("decided_by", None), ("verdict__in", ["gone", "dropped"])),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("verdict__in", ["keep", "retire"]),
                    ),
                    _connector="OR",
                ),
                name="reviewed_right_decided_by_somebody",
            ),
        ),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="reviewedright",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verdict", "")),
                fields=("environment", "holder_kind", "right_pk"),
                name="reviewed_right_waits_in_one",
            ),
        ),
    ]
