"""The pages about both cache tiers."""

from django.urls import path

from caching import views

urlpatterns = [path("", views.caches, name="caches")]
