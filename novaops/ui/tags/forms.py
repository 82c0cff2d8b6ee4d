"""Forms: a field with its errors, the filter bar, the typed confirmation."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from novaops.ui.library import component, register, request_of


@register.simple_tag
def field(bound: BoundField, css: str = "") -> SafeString:
    """One field: label, control, help and errors."""
    single = isinstance(bound.field.widget, CheckboxInput)
    return component("field", field=bound, single=single, css=css)


@register.simple_tag
def fields(form: BaseForm) -> SafeString:
    """All fields of a form, its hidden ones and its own problems; the <form> and {% csrf_token %} stand around it."""
    return component("fields", form=form)


@register.simple_block_tag(takes_context=True)
def filter_bar(
    context: Context, content: str, search: str = "", placeholder: str = "Search", count: str = ""
) -> SafeString:
    """A GET form; `search` names the search field (such as "q"). Selects submit by themselves where scripts run."""
    request = request_of(context)
    query = request.GET if request else {}
    return component(
        "filter_bar",
        content=content,
        search=search,
        placeholder=placeholder,
        count=count,
        value=query.get(search, ""),
        sort=query.get("sort", ""),
        path=request.path if request else "",
        used=any(k not in ("sort", "page") for k in query),
    )


@register.simple_block_tag(takes_context=True)
def confirm(context: Context, content: str, action: str, button: str, **options: Any) -> SafeString:
    """A POST form that is sent only when the phrase was typed; it sends confirmation, reason and ticket.
    Options: phrase, title, danger, reason (asks for it, default True), ticket (asks for it),
    hidden (mapping of hidden values), cancel (address)."""
    hidden: Mapping[str, Any] = options.pop("hidden", None) or {}
    options.setdefault("reason", True)
    return component(
        "confirm",
        content=content,
        action=action,
        button=button,
        hidden=hidden.items(),
        csrf_token=context.get("csrf_token"),
        **options,
    )


@register.simple_block_tag(takes_context=True)
def post_button(
    context: Context, content: str, action: str, css: str = "", name: str = "", value: str = ""
) -> SafeString:
    """A button that posts at once: for what needs no confirmation."""
    pair = format_html(' name="{}" value="{}"', name, value) if name else ""
    return format_html(
        '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<button class="button {}"{}>{}</button></form>',
        action,
        context.get("csrf_token") or "",
        css,
        pair,
        content,
    )
