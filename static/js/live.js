// The fleet's events (server-sent) refresh the live sections of a page. One connection per visible tab: it is closed while
// the tab is hidden, because browsers allow only six per host, and a refresh that was missed is made up for on return.
"use strict";
(() => {
  const url = document.body.dataset.liveUrl;
  const STALE_SECONDS = 20;
  const state = { source: null, last: 0, opened: false, listened: false, failedAt: 0, missed: new Set(), names: new Set() };
  const due = new WeakMap();
  const sections = () => [...document.querySelectorAll("[data-live]")];

  const refresh = (section) => {
    const every = Number(section.dataset.liveEvery || 2) * 1000;
    const entry = due.get(section) || { last: 0, timer: 0 };
    due.set(section, entry);
    if (entry.timer) return;
    const wait = Math.max(0, entry.last + every - Date.now());
    entry.timer = setTimeout(() => {
      entry.timer = 0;
      entry.last = Date.now();
      if (document.hidden) state.missed.add(section.id);
      else htmx.trigger(section, "nova:refresh");
    }, wait);
  };

  const heard = (name) => {
    state.last = Date.now();
    state.failedAt = 0;
    const indicator = document.getElementById("live-state");
    if (indicator && name !== "ping") {
      indicator.classList.remove("is-beating");
      requestAnimationFrame(() => indicator.classList.add("is-beating"));
    }
    for (const section of sections()) if (section.dataset.live.split(/\s+/).includes(name)) refresh(section);
    show();
  };

  const names = () => new Set(["samples", "operations", "ping", ...sections().flatMap((one) => one.dataset.live.split(/\s+/))]);

  // Also for sections that came with a refresh: a name is listened to once per connection.
  const listen = () => {
    if (!state.source) return;
    for (const name of names()) {
      if (state.names.has(name)) continue;
      state.names.add(name);
      state.source.addEventListener(name, () => heard(name));
    }
  };

  const open = () => {
    if (!url || state.source || document.hidden) return;
    const source = new EventSource(url, { withCredentials: true });
    state.source = source;
    state.names = new Set();
    listen();
    // What happened between the page's rendering and the first word of the stream would be lost. Samples come again by
    // themselves in seconds; for everything else, and after a gap, the sections look again.
    source.addEventListener("listening", () => {
      const again = state.listened;
      state.listened = true;
      sections().filter((one) => again || !one.dataset.live.split(/\s+/).includes("samples")).forEach(refresh);
    });
    source.onopen = () => {
      state.opened = true;
      state.last ||= Date.now();
      state.failedAt = 0;
      show();
    };
    source.onerror = () => {
      state.failedAt ||= Date.now();
      if (source.readyState === EventSource.CLOSED) { close(); setTimeout(open, 5000); }
      show();
    };
  };
  const close = () => { state.source?.close(); state.source = null; };

  const words = { live: "Live", connecting: "Connecting", stale: "No news for", offline: "Connection lost", still: "Not live" };
  const titles = {
    live: "The console tells this page when new values are stored.",
    connecting: "Connecting to the console.",
    stale: "Connected, but the collector has stored no new values. Is it running?",
    offline: "The console does not answer. What you see is as old as each value says; trying again.",
    still: "Not connected.",
  };
  const current = () => {
    if (!url || !state.source && !state.failedAt) return "still";
    if (state.failedAt) return Date.now() - state.failedAt > 4000 ? "offline" : "connecting";
    if (!state.opened) return "connecting";
    return Date.now() - state.last > STALE_SECONDS * 1000 ? "stale" : "live";
  };
  const show = () => {
    const indicator = document.getElementById("live-state");
    if (!indicator) return;
    const now = current();
    if (indicator.dataset.state !== now) {
      indicator.dataset.state = now;
      indicator.title = titles[now];
      indicator.querySelector(".live-word").textContent = words[now];
    }
    const aged = now === "live" || now === "stale" || now === "offline";
    indicator.querySelector(".live-age").textContent = aged && state.last ? nova.shortAge((Date.now() - state.last) / 1000) : "";
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); return; }
    const returned = state.opened;
    open();
    if (returned || state.missed.size) sections().forEach(refresh);
    state.missed.clear();
  });
  document.addEventListener("htmx:afterSettle", listen);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  setInterval(() => { if (!document.hidden) show(); }, 1000);

  // A refresh that came back without its section (signed out, an error page) must not empty the page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const section = event.detail.target;
    if (!section?.dataset?.live || !event.detail.shouldSwap) return;
    if (event.detail.xhr.responseText.includes(`id="${section.id}"`)) return;
    event.detail.shouldSwap = false;
    nova.toast("critical", "This page can no longer refresh itself: you may have been signed out. Load it again.");
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.elt?.dataset?.live) { state.failedAt ||= Date.now(); show(); }
    });
  }
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.elt?.dataset?.live && event.detail.xhr.status < 400) {
      state.failedAt = state.source?.readyState === EventSource.OPEN ? 0 : state.failedAt;
    }
  });

  // What a person did to the page stays through a morph: open details, what was typed, drawn plots.
  Object.assign(Idiomorph.defaults.callbacks, {
    beforeNodeMorphed: (node, fresh) => {
      if (node.nodeType !== Node.ELEMENT_NODE) return true;
      if (node.classList.contains("plot-canvas") && fresh.classList?.contains("plot-canvas")) return false;
      return !(node === document.activeElement && node.matches("input, textarea, select"));
    },
    beforeAttributeUpdated: (name, node) => {
      if (name === "open" && node.localName === "details") return false;
      return !(name === "class" && node.classList.contains("is-drawn"));
    },
  });
})();
