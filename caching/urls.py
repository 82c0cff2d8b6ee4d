"""The pages about both cache tiers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
