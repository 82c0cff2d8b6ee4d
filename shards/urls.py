"""The pages about shards, tenants, replication and partitions."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
