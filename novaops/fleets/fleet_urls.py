"""The people of a fleet."""

from django.urls import path

from novaops.fleets import member_views

urlpatterns = [
    path("", member_views.people, name="people"),
    path("grant", member_views.grant_role, name="people-grant"),
    path("revoke", member_views.revoke_role, name="people-revoke"),
]
