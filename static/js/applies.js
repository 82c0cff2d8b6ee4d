// Fields that count only where another field has certain values are shown only then.
"use strict";
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form) return;
  for (const part of form.querySelectorAll("[data-applies-to]")) {
    if (part.dataset.appliesTo !== event.target.name) continue;
    part.classList.toggle("is-idle", !part.dataset.appliesWhen.split(" ").includes(event.target.value));
  }
});
