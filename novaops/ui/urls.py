"""Address of the style guide."""

from django.urls import path

from novaops.ui.views import styleguide

urlpatterns = [path("", styleguide, name="styleguide")]
