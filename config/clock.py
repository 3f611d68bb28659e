"""What runs by the clock: tasks and the seconds between two runs."""

from __future__ import annotations

import environ
from kombu import Exchange, Queue

CELERY_BEAT_SCHEDULE = {
    "integrate the book": {"task": "audit.integrate", "schedule": 5.0, "options": {"expires": 5.0}},
    "ask the witnesses": {"task": "audit.ask_witnesses", "schedule": 5.0, "options": {"expires": 5.0}},
    "drop old months of the book": {"task": "audit.drop_old_months", "schedule": 24 * 3600.0},
    "look at the book": {"task": "audit.look_on", "schedule": 10.0, "options": {"expires": 10.0}},
    "do backtests": {"task": "audit.backtest", "schedule": 10.0, "options": {"expires": 10.0}},
    "look at the book by days": {"task": "audit.close_days", "schedule": 3600.0},
    "count the book by the hour": {"task": "audit.roll_up", "schedule": 30.0, "options": {"expires": 30.0}},
    "verify the book": {"task": "audit.verify_waiting", "schedule": 60.0, "options": {"expires": 60.0}},
    "feed the book": {"task": "governance.feed_the_book", "schedule": 10.0, "options": {"expires": 10.0}},
    "make audit partitions": {"task": "audit.make_partitions", "schedule": 24 * 3600.0},
    "forget script notes": {"task": "governance.forget_script_notes", "schedule": 24 * 3600.0},
    "forget sessions": {"task": "governance.forget_sessions", "schedule": 3600.0},
    "forget factor offers": {"task": "governance.forget_factor_offers", "schedule": 3600.0},
    "put down what access is over": {"task": "governance.put_down_what_is_over", "schedule": 60.0},
    "tell what is overdue": {"task": "governance.tell_what_is_overdue", "schedule": 300.0},
    "pull the staff directory": {"task": "governance.pull_staff", "schedule": 12 * 3600.0},
    "deliver notices": {"task": "governance.deliver_notices", "schedule": 30.0},
    "send digests of findings": {"task": "governance.send_digests", "schedule": 600.0},
    "warn of deadlines of dossiers": {"task": "governance.warn_of_deadlines", "schedule": 300.0},
    "forget deliveries": {"task": "governance.forget_deliveries", "schedule": 24 * 3600.0},
    "open reviews of rights": {"task": "governance.open_rights_reviews", "schedule": 60.0},
    "continue rotations": {"task": "userstore.continue_rotations", "schedule": 60.0},
    "forget idempotency keys": {"task": "userstore.forget_idempotency_keys", "schedule": 3600.0},
    "purge what is over": {"task": "userstore.purge", "schedule": 3600.0},
    "apply changed retention": {"task": "userstore.apply_retention_changes", "schedule": 30.0},
    "continue imports": {"task": "userstore.continue_imports", "schedule": 60.0},
    "forget imports": {"task": "userstore.forget_imports", "schedule": 3600.0},
    "continue deployments": {"task": "dataflow.continue_deployments", "schedule": 10.0, "options": {"expires": 10.0}},
    "settle indexes": {"task": "userstore.settle_indexes", "schedule": 60.0},
}

_QUEUE = environ.Env()("SEALBOOK_QUEUE", default="sealbook")
_SEALER, _BACKTESTS, _FLOWS = ({"queue": f"{_QUEUE}-{name}"} for name in ("sealer", "backtests", "flows"))
CELERY_TASK_ROUTES = {
    "audit.integrate": _SEALER,
    "audit.ask_witnesses": _SEALER,
    "audit.drop_old_months": _SEALER,
    "audit.backtest": _BACKTESTS,
    "dataflow.read_again": _FLOWS,
    "dataflow.replay": _FLOWS,
    "dataflow.continue_deployments": _FLOWS,
}
"""The sealer's queue is worked on by its own process alone, which has its role and its key."""
CELERY_TASK_QUEUES = [Queue(each, Exchange(each), each) for each in (_QUEUE, _BACKTESTS["queue"], _FLOWS["queue"])]
"""What a worker works on that is not told otherwise. Backtests and putting back what flows failed on take minutes:
one queue each, so that another worker may have it alone."""
