// Keeps what was typed into a form over a refresh and over a look at another tab, in this browser tab only.
// A list that no longer has what was chosen of it names that in its data-missing-option.

import { findElements, makeElement } from "../base/dom.js";

/** @param {HTMLFormElement} form */
const controls = (form) =>
  /** @type {HTMLInputElement[]} */ (findElements("input[name], select[name], textarea[name]", form)).filter(
    (input) => input.type !== "file",
  );

/** @param {HTMLInputElement} input */
const isCheckable = (input) => input.type === "checkbox" || input.type === "radio";

/** @param {HTMLInputElement} input */
const draftKey = (input) => (input.type === "radio" ? `${input.name}=${input.value}` : input.name);

/** @param {HTMLInputElement} input */
const readControl = (input) => (isCheckable(input) ? input.checked : input.value);

/** @param {HTMLInputElement} input @param {any} value */
function writeControl(input, value) {
  if (input.type === "radio")
    input.checked ||= value; // one of them is always chosen
  else if (isCheckable(input)) input.checked = value;
  else if (input.tagName !== "SELECT") input.value = value;
  else {
    // What is not among the options is gone, unless the options are still to come.
    if ("optionsLater" in input.dataset && value) input.append(makeElement("option", { value }, value));
    const isThere = findElements("option", input).some(
      (option) => /** @type {HTMLOptionElement} */ (option).value === value,
    );
    if (isThere) input.value = value;
    input.dataset.missingOption = isThere ? "" : value;
  }
}

/**
 * Keep a form's draft up to date. Call when every control is drawn.
 * @param {HTMLFormElement} form
 * @returns {{restore: () => void, discard: () => void}}
 */
export function keepDraft(form) {
  const storageKey = `draft:${form.id}`;
  const storedValues = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}");
  form.addEventListener("input", () => {
    const values = Object.fromEntries(controls(form).map((input) => [draftKey(input), readControl(input)]));
    sessionStorage.setItem(storageKey, JSON.stringify(values));
  });
  return {
    restore() {
      for (const input of controls(form))
        if (draftKey(input) in storedValues) writeControl(input, storedValues[draftKey(input)]);
    },
    discard: () => sessionStorage.removeItem(storageKey),
  };
}

/**
 * Take what the page's address says about some controls (?rendering.mode=micro), once: then it leaves the address and is part of the draft.
 * @param {HTMLFormElement} form
 * @param {string[]} names of the controls that a link may set
 */
export function applyAddress(form, names) {
  const asked = new URLSearchParams(location.search);
  for (const input of controls(form)) {
    const value = asked.get(input.name);
    if (value === null || !names.includes(input.name)) continue;
    const before = readControl(input);
    writeControl(input, input.type === "radio" ? input.value === value : value);
    if (readControl(input) !== before) input.dispatchEvent(new Event("input", { bubbles: true })); // as if it was typed: what hangs on it follows
  }
  history.replaceState(history.state, "", location.pathname + location.hash);
}
