"""The people of a fleet."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
