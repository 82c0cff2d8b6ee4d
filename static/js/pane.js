// A pane that is filled while a person fills a form in. An answer that is none (the console is away, somebody was signed out)
// must not leave an old plan there as if it were the present one.
"use strict";
(() => {
  const lost = (pane) => pane.replaceChildren(document.getElementById("pane-lost").content.cloneNode(true));
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.target?.matches?.("[data-pane]")) lost(event.detail.target);
    });
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const pane = event.detail.target;
    if (!pane?.matches?.("[data-pane]") || !event.detail.shouldSwap) return;
    if (event.detail.xhr.responseText.includes("data-preview")) return;
    event.detail.shouldSwap = false;
    lost(pane);
  });
})();
