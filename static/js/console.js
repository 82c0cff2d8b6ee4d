// Small things every page shares: ticking ages, messages, typed confirmation, filters, menus. Pages work without it.
"use strict";
(() => {
  const serverNow = Date.parse(document.documentElement.dataset.serverNow || "");
  const skew = Number.isNaN(serverNow) ? 0 : Date.now() - serverNow;
  const steps = [[86400, "d"], [3600, "h"], [60, "min"]];

  const shortAge = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    for (const [size, unit] of steps) if (whole >= size) return `${Math.floor(whole / size)}\u00a0${unit}`;
    return `${whole}\u00a0s`;
  };

  const tick = () => {
    if (document.hidden) return;
    const now = Date.now() - skew;
    for (const element of document.querySelectorAll("time.age")) {
      const seconds = (now - Date.parse(element.dateTime)) / 1000;
      const text = shortAge(seconds) + (element.dataset.ago ? " ago" : "");
      const shown = element.querySelector(".age-text");
      if (shown && shown.textContent !== text) shown.textContent = text;
      if (element.dataset.limit) element.classList.toggle("is-old", seconds > Number(element.dataset.limit));
    }
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);

  const icon = (name) => {
    const source = document.querySelector("svg.icon use");
    const sprite = source ? source.getAttribute("href").split("#")[0] : "";
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  };

  const toast = (tone, text) => {
    const list = document.getElementById("toasts");
    if (!list || [...list.children].some((one) => one.textContent === text)) return;
    const item = document.createElement("div");
    item.className = `toast is-${tone}`;
    const words = document.createElement("span");
    words.textContent = text;
    item.append(icon(tone === "critical" ? "octagon-alert" : "info"), words);
    list.append(item);
  };
  window.nova = { toast, shortAge };

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".toast")?.remove();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A confirmation's button waits for the phrase; the pattern attribute does the same where no script runs.
  const armed = (form) => {
    const phrase = form.querySelector("[data-phrase]");
    const button = form.querySelector("button[type=submit]");
    if (phrase && button) button.disabled = phrase.value.trim() !== phrase.dataset.phrase;
  };
  const arm = (root) => root.querySelectorAll?.("form[data-confirm]").forEach(armed);
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-confirm]");
    if (form) armed(form);
  });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.method === "post" && button) setTimeout(() => { button.disabled = true; });
  });
  window.addEventListener("pageshow", () => arm(document));
  document.addEventListener("htmx:load", (event) => arm(event.detail.elt.parentElement || document));

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
})();
