"""Addresses of the change log."""

from django.urls import path

from novaops.audit import views
from novaops.audit.access.views import access_review, access_review_csv
from novaops.audit.retention import change_retention, retention

urlpatterns = [
    path("", views.changes, name="changes"),
    path("export.jsonl", views.export, name="changes-export"),
    path("access/", access_review, name="access-review"),
    path("access/export.csv", access_review_csv, name="access-review-csv"),
    path("retention/", retention, name="retention"),
    path("retention/change", change_retention, name="retention-change"),
    path("timeline/<slug:scope>/<path:name>/", views.timeline, name="timeline"),
    path("<int:sequence>/", views.change, name="change"),
    path("<int:sequence>/record.json", views.change_raw, name="change-raw"),
]
