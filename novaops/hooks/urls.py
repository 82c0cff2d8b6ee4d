"""Addresses of the hooks."""

from django.urls import path

from novaops.hooks import delivery_views, views
from novaops.hooks.choices import Sort

urlpatterns = [
    path("", views.hooks, name="hooks"),
    path("new/webhook", views.new, {"sort": Sort.WEBHOOK}, name="hook-new-webhook"),
    path("new/email", views.new, {"sort": Sort.EMAIL}, name="hook-new-email"),
    path("<int:pk>/", views.hook, name="hook"),
    path("<int:pk>/edit", views.edit, name="hook-edit"),
    path("<int:pk>/enable", views.enable, name="hook-enable"),
    path("<int:pk>/disable", views.disable, name="hook-disable"),
    path("<int:pk>/delete", views.delete, name="hook-delete"),
    path("<int:pk>/test", views.test, name="hook-test"),
    path("<int:pk>/renew-secret", views.renew_secret, name="hook-renew-secret"),
    path("deliveries/<int:pk>/", delivery_views.delivery, name="hook-delivery"),
    path("deliveries/<int:pk>/again", delivery_views.again, name="hook-delivery-again"),
]
