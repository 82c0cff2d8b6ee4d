"""Addresses of the fleet's rules: policy, freezes and schedules."""

from django.urls import path

from novaops.operations.views import rules

urlpatterns = [
    path("policy/", rules.policy, name="policy"),
    path("policy/change", rules.change_policy, name="policy-change"),
    path("policy/freeze", rules.make_freeze, name="freeze-make"),
    path("policy/freezes/<int:pk>/lift", rules.lift_freeze, name="freeze-lift"),
    path("schedules/", rules.schedules, name="schedules"),
    path("schedules/<int:pk>/pause", rules.pause_schedule, name="schedule-pause"),
    path("schedules/<int:pk>/resume", rules.resume_schedule, name="schedule-resume"),
    path("schedules/<int:pk>/end", rules.end_schedule, name="schedule-end"),
]
