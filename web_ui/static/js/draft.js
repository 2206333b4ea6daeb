// Keeps what was typed into a form over a refresh and over a look at another tab, in this browser tab only.
// A list that no longer has what was chosen of it names that in its data-gone.

import { findElements, makeElement } from "./dom.js";

/** @param {HTMLFormElement} form */
const controls = (form) => /** @type {HTMLInputElement[]} */ (findElements("input[name], select[name], textarea[name]", form)).filter((input) => input.type !== "file");

/** @param {HTMLInputElement} input */
const isTick = (input) => input.type === "checkbox" || input.type === "radio";

/** @param {HTMLInputElement} input */
const key = (input) => (input.type === "radio" ? `${input.name}=${input.value}` : input.name);

/** @param {HTMLInputElement} input */
const state = (input) => (isTick(input) ? input.checked : input.value);

/** @param {HTMLInputElement} input @param {any} value */
function restore(input, value) {
  if (input.type === "radio") input.checked ||= value;  // one of them is always chosen
  else if (isTick(input)) input.checked = value;
  else if (input.tagName !== "SELECT") input.value = value;
  else {
    // What is not among the options is gone, unless the options are still to come.
    if ("optionsLater" in input.dataset && value) input.append(makeElement("option", { value }, value));
    const isThere = findElements("option", input).some((option) => /** @type {HTMLOptionElement} */ (option).value === value);
    if (isThere) input.value = value;
    input.dataset.gone = isThere ? "" : value;
  }
}

/**
 * Keep a form's draft up to date. Call when every control is drawn.
 * @param {HTMLFormElement} form
 * @returns {{restore: () => void, discard: () => void}}
 */
export function keepsDraft(form) {
  const place = `draft:${form.id}`;
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "{}");
  form.addEventListener("input", () => {
    const values = Object.fromEntries(controls(form).map((input) => [key(input), state(input)]));
    sessionStorage.setItem(place, JSON.stringify(values));
  });
  return {
    restore() {
      for (const input of controls(form)) if (key(input) in kept) restore(input, kept[key(input)]);
    },
    discard: () => sessionStorage.removeItem(place),
  };
}

/**
 * Take what the page's address says about some controls (?rendering.mode=micro), once: then it leaves the address and is part of the draft.
 * @param {HTMLFormElement} form
 * @param {string[]} names of the controls that a link may set
 */
export function takesAddress(form, names) {
  const asked = new URLSearchParams(location.search);
  for (const input of controls(form)) {
    const value = asked.get(input.name);
    if (value === null || !names.includes(input.name)) continue;
    const before = state(input);
    restore(input, input.type === "radio" ? input.value === value : value);
    if (state(input) !== before) input.dispatchEvent(new Event("input", { bubbles: true }));  // as if it was typed: what hangs on it follows
  }
  history.replaceState(history.state, "", location.pathname + location.hash);
}
