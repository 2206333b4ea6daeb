// Keeps what was typed into a form over a refresh and over a look at another tab, in this browser tab only.

import { all } from "./dom.js";

/** @param {HTMLFormElement} form */
const controls = (form) => /** @type {HTMLInputElement[]} */ (all("input[name], select[name], textarea[name]", form)).filter((input) => input.type !== "file");

/** @param {HTMLInputElement} input */
const isTick = (input) => input.type === "checkbox" || input.type === "radio";

/** @param {HTMLInputElement} input */
const key = (input) => (input.type === "radio" ? `${input.name}=${input.value}` : input.name);

/**
 * Restore a form's draft, then keep it up to date. Call when every control is drawn.
 * @param {HTMLFormElement} form
 * @returns {{discard: () => void}}
 */
export function keepsDraft(form) {
  const place = `draft:${form.id}`;
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "{}");
  for (const input of controls(form)) {
    const value = kept[key(input)];
    if (value === undefined) continue;
    if (isTick(input)) input.checked = value;
    else input.value = value;
  }
  form.addEventListener("input", () => {
    const values = Object.fromEntries(controls(form).map((input) => [key(input), isTick(input) ? input.checked : input.value]));
    sessionStorage.setItem(place, JSON.stringify(values));
  });
  return { discard: () => sessionStorage.removeItem(place) };
}
