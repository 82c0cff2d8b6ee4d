"""Addresses of the change log."""

from django.urls import path

from novaops.audit import checkpoint_views, views
from novaops.audit.access.views import access_review, access_review_csv
from novaops.audit.export_views import export_lines, export_table
from novaops.audit.retention import change_retention, retention

urlpatterns = [
    path("", views.changes, name="changes"),
    path("export.jsonl", export_lines, name="changes-export"),
    path("export.zip", export_table, name="changes-export-csv"),
    path("checkpoints/", checkpoint_views.page, name="checkpoints"),
    path("checkpoints/make", checkpoint_views.make, name="checkpoint-make"),
    path("checkpoints/verify", checkpoint_views.verify, name="checkpoints-verify"),
    path("checkpoints/export.jsonl", checkpoint_views.export, name="checkpoints-export"),
    path("checkpoints/public-keys.pem", checkpoint_views.public_key, name="checkpoint-keys"),
    path("checkpoints/verify_changelog.py", checkpoint_views.verifier, name="verifier"),
    path("access/", access_review, name="access-review"),
    path("access/export.csv", access_review_csv, name="access-review-csv"),
    path("retention/", retention, name="retention"),
    path("retention/change", change_retention, name="retention-change"),
    path("timeline/<slug:scope>/<path:name>/", views.timeline, name="timeline"),
    path("<int:sequence>/", views.change, name="change"),
    path("<int:sequence>/record.json", views.change_raw, name="change-raw"),
]
