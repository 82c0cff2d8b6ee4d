"""The components, as template tags; `{% load nova %}` brings them all."""
