"""The page of the change stream."""

from django.urls import path

from caching.stream import views

urlpatterns = [
    path("", views.change_stream, name="change-stream"),
    path("bound/", views.set_wal_bound, name="change-stream-bound"),
]
