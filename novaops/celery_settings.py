"""Celery's settings: late acknowledgement, small prefetch, and a beat that only says "look again"."""

from django.conf import settings

from novaops.operations.entries import own

broker_url = settings.BROKER_URL
broker_connection_retry_on_startup = True
# Tasks only wake a worker; a redelivered message finds its operation leased or ended and does nothing.
broker_transport_options = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
task_acks_late = True
task_reject_on_worker_lost = True
task_ignore_result = True
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
# Deliverers take these, and nothing else: a slow receiver never keeps a worker from an operation.
task_routes = {"novaops.hooks.tasks.*": {"queue": "hooks"}}
timezone = "UTC"
# What recurs stands in the control database. When beat starts, the entries below are added to it, and those that an
# earlier version added and this one does not name are taken away.
beat_scheduler = "novaops.operations.beat:Scheduler"
# Rows call it `expire_seconds`: `expires` would be dropped.
beat_schedule = own(
    {
        "operations-look-again": {
            "task": "novaops.operations.tasks.look_again",
            "schedule": 5.0,
            "options": {"expire_seconds": 5},
        },
        "api-keep-house": {"task": "novaops.api.tasks.keep_house", "schedule": 3600.0},
        "hooks-look-again": {
            "task": "novaops.hooks.tasks.look_again",
            "schedule": 5.0,
            "options": {"expire_seconds": 5},
        },
        "hooks-keep-house": {
            "task": "novaops.hooks.tasks.keep_house",
            "schedule": 3600.0,
            "options": {"expire_seconds": 600},
        },
        "audit-look-again": {
            "task": "novaops.audit.tasks.look_again",
            "schedule": 15.0,
            "options": {"expire_seconds": 15},
        },
        "audit-verify": {"task": "novaops.audit.tasks.verify", "schedule": 10.0, "options": {"expire_seconds": 10}},
        "metrics-keep-house": {"task": "metrics.tasks.keep_house", "schedule": 60.0},
        "change-stream-guard-slots": {
            "task": "caching.tasks.guard_slots",
            "schedule": 30.0,
            "options": {"expire_seconds": 30},
        },
    }
)
