"""Addresses of the change log."""

from django.urls import path

from novaops.audit import views

urlpatterns = [
    path("", views.changes, name="changes"),
    path("export.jsonl", views.export, name="changes-export"),
    path("timeline/<slug:scope>/<path:name>/", views.timeline, name="timeline"),
    path("<int:sequence>/", views.change, name="change"),
    path("<int:sequence>/record.json", views.change_raw, name="change-raw"),
]
