"""Where a fleet's pages listen."""

from django.urls import path

from novaops.live.views import live

urlpatterns = [path("", live, name="live")]
