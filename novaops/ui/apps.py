"""The look of the console: tokens, components, the style guide."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "novaops.ui"
    label = "ui"
