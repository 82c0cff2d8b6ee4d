// The slider beside a number field: each follows the other. Without scripts the field alone is there.
"use strict";
(() => {
  for (const slider of document.querySelectorAll("[data-slides]")) {
    const field = document.getElementById(slider.dataset.slides);
    if (!field) continue;
    const show = () => { slider.value = field.value === "" ? "0" : field.value; };
    slider.addEventListener("input", () => { field.value = slider.value === "0" ? "" : slider.value; });
    field.addEventListener("input", show);
    slider.hidden = false;
    show();
  }
})();
