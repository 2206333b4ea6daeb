// Says while typing whether a dataset's name is taken.

import { get } from "./api.js";
import { control, debounce, one } from "./dom.js";

/** @param {HTMLElement} form */
export function watchesName(form) {
  const input = control('[name="name"]', form);
  const box = one('[data-field="name"]', form);
  const check = debounce(async () => {
    const name = input.value.trim();
    const { datasets } = await get("/datasets");
    const isTaken = datasets.some((/** @type {{name: string}} */ dataset) => dataset.name === name);
    one(".field__error", box).textContent = isTaken ? `There is already a dataset ${name}. Choose another name, or delete it first.` : "";
    input.toggleAttribute("aria-invalid", false);
    if (isTaken) input.setAttribute("aria-invalid", "true");
  }, 250);
  input.addEventListener("input", () => void check());
}
