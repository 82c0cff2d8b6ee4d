"""What holds values: page header, card, table, key-values, finding, tabs, pages, the live section, the navigation."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from novaops.ui.library import component, link_with, register, request_of
from novaops.ui.navigation import NavGroup
from novaops.ui.navigation import navigation as groups
from novaops.ui.states import look_of
from novaops.ui.tags.values import icon


@register.simple_block_tag
def page_header(content: str, title: str, lead: str = "", **options: Any) -> SafeString:
    """The content is the actions at the right. Options: crumbs ([(label, href)...]), state, state_word,
    mono (the title is a name)."""
    return component("page_header", content=content, title=title, lead=lead, **options)


@register.simple_block_tag
def card(content: str, title: str = "", **options: Any) -> SafeString:
    """Options: hint (beside the title), end (at the right: text or safe HTML), icon, href (title links), flush, id."""
    return component("card", content=content, title=title, **options)


@register.simple_block_tag
def table(content: str, label: str, stacked: bool = False, compact: bool = False) -> SafeString:
    """thead and tbody go inside. `stacked` makes each row a small card on a phone: give every td a data-label then."""
    return component("table", content=content, label=label, stacked=stacked, compact=compact)


@register.simple_tag(takes_context=True)
def th(context: Context, label: str, sort: str = "", num: bool = False, default: str = "", css: str = "") -> SafeString:
    """A column's head; with `sort` it is a link that sorts by GET (?sort=name, ?sort=-name).
    `default` is the page's own order."""
    request = request_of(context)
    current = (request.GET.get("sort") if request else None) or default
    classes = f"{css} num".strip() if num else css
    if not sort:
        return format_html('<th scope="col" class="{}">{}</th>', classes, label)
    falling, chosen = current == f"-{sort}", current.lstrip("-") == sort
    target = sort if falling else f"-{sort}" if chosen or num else sort
    shape = ("arrow-down" if falling else "arrow-up") if chosen else "chevrons-up-down"
    aria = format_html(' aria-sort="{}"', "descending" if falling else "ascending") if chosen else ""
    link = format_html('<a href="{}">{}{}</a>', link_with(context, sort=target, page=None), label, icon(shape))
    return format_html('<th scope="col" class="{}"{}>{}</th>', classes, aria, link)


@register.simple_block_tag
def kv(content: str) -> SafeString:
    """A list of names and values; holds {% kv_row "Name" %}value{% endkv_row %}."""
    return format_html('<dl class="kv">{}</dl>', content)


@register.simple_block_tag
def kv_row(content: str, label: str, hint: str = "") -> SafeString:
    note = format_html(' <span class="kv-hint">{}</span>', hint) if hint else ""
    return format_html("<div><dt>{}</dt><dd>{}{}</dd></div>", label, content, note)


@register.simple_tag
def finding(severity: object, sentence: str, **options: Any) -> SafeString:
    """What a person should know. Options: since (datetime), next_step, href, link (words of the link), id; form, the
    address of the request of what mends it, with mend, its words."""
    return component("finding", look=look_of(severity), sentence=sentence, **options)


@register.simple_block_tag
def findings(content: str) -> SafeString:
    return format_html('<div class="findings">{}</div>', content)


@register.simple_block_tag
def verdict(content: str, state: object, title: str, at: Any = None, limit: float | None = None) -> SafeString:
    """The one line on top that answers "is it well?"; the content is the sentence below the title."""
    return component("verdict", content=content, look=look_of(state), title=title, at=at, limit=limit)


@register.simple_block_tag
def empty(content: str, title: str, icon: str = "inbox") -> SafeString:
    return component("empty", content=content, title=title, icon=icon)


@register.simple_block_tag
def code(content: str, label: str = "", wrapped: bool = False) -> SafeString:
    css = "code is-wrapped" if wrapped else "code"
    return format_html(
        '<pre class="{}" tabindex="0" aria-label="{}"><code>{}</code></pre>', css, label or "Code", content
    )


@register.simple_block_tag
def tabs(content: str, label: str = "Views") -> SafeString:
    return format_html('<nav class="tabs" aria-label="{}">{}</nav>', label, content)


@register.simple_tag
def tab(label: str, href: str, active: bool = False, count: Any = None) -> SafeString:
    number = "" if count is None else format_html('<span class="tab-count">{}</span>', count)
    current = mark_safe(' aria-current="page"') if active else ""
    return format_html('<a class="tab" href="{}"{}>{}{}</a>', href, current, label, number)


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Page[Any], unit: str = "rows") -> SafeString:
    """Links to the other pages of a Django Page, keeping the filters (?page=)."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    links = [(n, link_with(context, page=n)) if isinstance(n, int) else (n, "") for n in numbers]
    before = link_with(context, page=page.previous_page_number()) if page.has_previous() else ""
    after = link_with(context, page=page.next_page_number()) if page.has_next() else ""
    return component("pagination", page=page, links=links, unit=unit, before=before, after=after)


@register.simple_block_tag
def live(content: str, id: str, on: str = "samples", every: float = 2) -> SafeString:
    """A part of the page that fetches itself again when the fleet says so: at the events in `on` (spaces between),
    at most every `every` seconds, by morphing, so that focus, scrolling, open details and plots stay.
    Without scripts it is just there."""
    return component("live", content=content, id=id, on=on, every=every)


@register.simple_tag
def member(name: str, state: object, role: str = "", **options: Any) -> SafeString:
    """One server of a group. Options: leader (bool), foot, at, limit, href, cause."""
    return component("member", name=name, look=look_of(state), role=role, **options)


@register.simple_tag
def topology(leader: Any, replicas: Iterable[Any], front: Iterable[Any] = (), **options: Any) -> SafeString:
    """How writes flow: what stands in front, the leader (None: there is none), its replicas. A node is a mapping or an
    object with name, state, role and, where known, foot, at, limit, href, cause; a replica has an edge (its lag), is
    `broken` where nothing flows to it, and has those that stream from it in `below`.
    Options: label, missing (the sentence where there is no leader), behind (what elects the leader), source (where a
    standby cluster gets its WAL from)."""
    return component("topology", leader=leader, replicas=list(replicas), front=list(front), **options)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> Iterable[NavGroup]:
    """The navigation of the fleet in the context, for base.html; empty outside a fleet."""
    request, fleet = request_of(context), context.get("fleet")
    slug = getattr(fleet, "slug", "")
    rights = context.get("rights") or ()
    return groups(f"/fleets/{slug}/", request.path if request else "", rights) if slug else ()
