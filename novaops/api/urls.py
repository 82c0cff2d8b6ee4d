"""The page of tokens; the API's own addresses are in api.py."""

from django.urls import path

from novaops.api import token_views

urlpatterns = [
    path("", token_views.api_tokens, name="api-tokens"),
    path("make", token_views.make_token, name="api-token-make"),
    path("revoke", token_views.revoke_token, name="api-token-revoke"),
    path("machines", token_views.make_machine, name="api-machine-make"),
]
