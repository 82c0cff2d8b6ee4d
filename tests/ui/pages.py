"""A page with a live section and its event stream, for the browser test: what it shows is set by the test."""

import itertools
import queue
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import Context, Template
from django.urls import include, path
from pydantic import BaseModel, Field

from novaops.operations.contract import applies
from novaops.operations.forms import form_for

SOURCE = """{% extends "base.html" %}{% load nova %}{% block content %}
{% page_header "Live" %}{% endpage_header %}
{% live "part" on="samples" every=0.1 %}
<p id="count">{{ count }}</p><details id="more"><summary>More</summary>inside</details>
<input id="typed" aria-label="Typed">{% plot figure "lag" %}{% endlive %}{% endblock %}"""

OPERATION = """{% extends "base.html" %}{% load nova %}{% block content %}
{% live "state" on="operation-7" every=0.1 %}<p id="word">{{ state }}</p>{% endlive %}{% endblock %}"""


REQUEST = """{% extends "base.html" %}{% load nova static %}
{% block scripts %}<script src="{% static 'js/applies.js' %}" defer></script>{% endblock %}
{% block content %}<form class="form">{% include "operations/_asked.html" %}</form>{% endblock %}"""


class Asked(BaseModel):
    scope: Literal["tenant", "node"] = "tenant"
    tenant: str = Field(default="", json_schema_extra=applies(scope=("tenant",)))
    node: str = Field(default="", title="Node", json_schema_extra=applies(scope=("node",)))


@dataclass
class Scene:
    """What the pages answer; `events` feeds the open stream."""

    signed_in: bool = True

    def __post_init__(self) -> None:
        self.counter = itertools.count(1)
        self.events: queue.Queue[str | None] = queue.Queue()


scene = Scene()


def operation(request: HttpRequest) -> HttpResponse:
    """Running when the page is rendered first, done ever after: its last event comes before the stream."""
    state = "running" if next(scene.counter) == 1 else "done"
    fleet = SimpleNamespace(slug="demo", name="Demo")
    shell = {"request": request, "fleet": fleet, "fleets": [fleet], "live_url": "/live"}
    return HttpResponse(Template(OPERATION).render(Context({**shell, "state": state})))


def request_form(request: HttpRequest) -> HttpResponse:
    kind: Any = SimpleNamespace(parameters=Asked, choices=dict)
    shell: dict[str, Any] = {"request": request, "fleet": None, "fleets": []}
    return HttpResponse(Template(REQUEST).render(Context({**shell, "form": form_for(kind)()})))


def page(request: HttpRequest) -> HttpResponse:
    if not scene.signed_in:
        return HttpResponse("<html><body>Sign in</body></html>")
    count = next(scene.counter)
    fleet = SimpleNamespace(slug="demo", name="Demo")
    figure = {"data": [{"x": [1, 2, 3], "y": [1, count, 3], "line": {"color": "var(--series-2)"}}], "layout": {}}
    shell = {"request": request, "fleet": fleet, "fleets": [fleet], "live_url": "/live"}
    return HttpResponse(Template(SOURCE).render(Context({**shell, "count": count, "figure": figure})))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def events() -> Iterator[str]:
        yield "event: listening\ndata: {}\n\n"
        while (name := scene.events.get()) is not None:
            yield f"event: {name}\ndata: {{}}\n\n"

    return StreamingHttpResponse(events(), content_type="text/event-stream")


urlpatterns = [
    path("styleguide", include("novaops.ui.urls")),
    path("fleets/demo/", page),
    path("fleets/demo/operation", operation),
    path("fleets/demo/request", request_form),
    path("live", stream),
]
