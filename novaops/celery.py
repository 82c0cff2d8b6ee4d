"""The Celery application: it wakes workers; what there is to do stands in the control database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "novaops.settings")

app = Celery("novaops")
app.config_from_object("novaops.celery_settings")
app.autodiscover_tasks(["novaops.api", "novaops.audit", "novaops.hooks", "novaops.operations", "metrics", "caching"])
