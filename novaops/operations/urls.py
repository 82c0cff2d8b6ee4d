"""Addresses of the act road."""

from django.urls import path

from novaops.operations import views

urlpatterns = [
    path("", views.operations, name="operations"),
    path("new/<slug:kind>/", views.request_operation, name="operation-request"),
    path("<int:pk>/", views.operation, name="operation"),
    path("<int:pk>/confirm", views.confirm_operation, name="operation-confirm"),
    path("<int:pk>/pause", views.pause_operation, name="operation-pause"),
    path("<int:pk>/resume", views.resume_operation, name="operation-resume"),
    path("<int:pk>/cancel", views.cancel_operation, name="operation-cancel"),
]
