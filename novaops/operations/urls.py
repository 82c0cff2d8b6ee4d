"""Addresses of the act road."""

from django.urls import path

from novaops.operations.views import asking, deciding, requesting

urlpatterns = [
    path("", asking.operations, name="operations"),
    path("new/<slug:kind>/", requesting.request_operation, name="operation-request"),
    path("<int:pk>/", asking.operation, name="operation"),
    path("<int:pk>/confirm", deciding.confirm, name="operation-confirm"),
    path("<int:pk>/repeat", deciding.repeat, name="operation-repeat"),
    path("<int:pk>/approve", deciding.approve, name="operation-approve"),
    path("<int:pk>/reject", deciding.reject, name="operation-reject"),
    path("<int:pk>/withdraw", deciding.withdraw, name="operation-withdraw"),
    path("<int:pk>/pause", deciding.pause, name="operation-pause"),
    path("<int:pk>/resume", deciding.resume, name="operation-resume"),
    path("<int:pk>/cancel", deciding.cancel, name="operation-cancel"),
    path("<int:pk>/acknowledge", deciding.acknowledge, name="operation-acknowledge"),
    path("<int:pk>/take-back", deciding.take_back, name="operation-take-back"),
]
