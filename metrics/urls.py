"""Addresses of this room."""

from django.urls import path

from metrics.views.overview import overview
from metrics.views.server import server

urlpatterns = [
    path("", overview, name="overview"),
    path("servers/<slug:kind>/<str:name>/", server, name="server"),
]
