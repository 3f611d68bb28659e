"""What runs by the clock: tasks and the seconds between two runs."""

from __future__ import annotations

CELERY_BEAT_SCHEDULE = {
    "make audit partitions": {"task": "audit.make_partitions", "schedule": 24 * 3600.0},
    "forget script notes": {"task": "governance.forget_script_notes", "schedule": 24 * 3600.0},
    "forget sessions": {"task": "governance.forget_sessions", "schedule": 3600.0},
    "forget factor offers": {"task": "governance.forget_factor_offers", "schedule": 3600.0},
    "put down what access is over": {"task": "governance.put_down_what_is_over", "schedule": 60.0},
    "tell what is overdue": {"task": "governance.tell_what_is_overdue", "schedule": 300.0},
    "deliver notices": {"task": "governance.deliver_notices", "schedule": 30.0},
    "forget deliveries": {"task": "governance.forget_deliveries", "schedule": 24 * 3600.0},
    "open reviews of rights": {"task": "governance.open_rights_reviews", "schedule": 60.0},
    "continue rotations": {"task": "userstore.continue_rotations", "schedule": 60.0},
    "forget idempotency keys": {"task": "userstore.forget_idempotency_keys", "schedule": 3600.0},
    "purge what is over": {"task": "userstore.purge", "schedule": 3600.0},
    "apply changed retention": {"task": "userstore.apply_retention_changes", "schedule": 30.0},
    "continue imports": {"task": "userstore.continue_imports", "schedule": 60.0},
    "forget imports": {"task": "userstore.forget_imports", "schedule": 3600.0},
    "settle indexes": {"task": "userstore.settle_indexes", "schedule": 60.0},
}
