// Says while typing whether a dataset's name is taken.

import { get } from "./api.js";
import { control, debounce, one } from "./dom.js";

/** @param {HTMLElement} form */
export function watchesName(form) {
  const input = control('[name="name"]', form);
  const error = one('[data-field="name"] .field__error', form);
  const check = debounce(async () => {
    const name = input.value.trim();
    const { datasets } = await get("/datasets");
    if (!datasets.some((/** @type {{name: string}} */ dataset) => dataset.name === name)) return;
    error.textContent = `There is already a dataset ${name}. Choose another name, or delete it first.`;
    input.setAttribute("aria-invalid", "true");
  }, 250);
  input.addEventListener("input", () => {
    error.textContent = "";
    input.removeAttribute("aria-invalid");
    check();
  });
}
