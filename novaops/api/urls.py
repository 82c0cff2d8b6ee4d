"""The page of tokens; the API's own addresses are in api.py."""

from django.urls import path

from novaops.api import token_views

urlpatterns = [
    path("", token_views.api_tokens, name="tokens"),
    path("make", token_views.make_token, name="token-make"),
    path("revoke", token_views.revoke_token, name="token-revoke"),
    path("machines", token_views.make_machine, name="machine-make"),
]
