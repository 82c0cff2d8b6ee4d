"""Addresses of the change log."""

from django.urls import path

from novaops.audit import views

urlpatterns = [
    path("", views.changes, name="changes"),
    path("export.jsonl", views.export, name="changes-export"),
    path("<int:sequence>/", views.change, name="change"),
]
