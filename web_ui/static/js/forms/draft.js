// Keeps the values of a form over a refresh and over a visit to another page, in this browser tab only.
// A <select> without its stored option names that option in data-missing-option.

import { findElements, makeElement } from "../base/dom.js";

/** @param {HTMLFormElement} form */
const controls = (form) =>
  /** @type {HTMLInputElement[]} */ (findElements("input[name], select[name], textarea[name]", form)).filter(
    (input) => input.type !== "file",
  );

/** @param {HTMLInputElement} input */
const isCheckable = (input) => input.type === "checkbox" || input.type === "radio";

/** A name that the form itself proposes may be taken by the next visit. @param {HTMLInputElement} input */
const isProposal = (input) => Boolean(input.value) && input.value === input.dataset.proposed;

/** @param {HTMLInputElement} input */
const draftKey = (input) => (input.type === "radio" ? `${input.name}=${input.value}` : input.name);

/** @param {HTMLInputElement} input */
const readControl = (input) => (isCheckable(input) ? input.checked : input.value);

/** @param {HTMLInputElement} input @param {any} value */
function writeControl(input, value) {
  if (input.type === "radio")
    input.checked ||= value; // one radio button is always chosen
  else if (isCheckable(input)) input.checked = value;
  else if (input.tagName !== "SELECT") input.value = value;
  else {
    // A value that is not among the options is missing, unless the options are loaded later.
    if ("optionsLater" in input.dataset && value) input.append(makeElement("option", { value }, value));
    const isThere = findElements("option", input).some(
      (option) => /** @type {HTMLOptionElement} */ (option).value === value,
    );
    if (isThere) input.value = value;
    input.dataset.missingOption = isThere ? "" : value;
  }
}

/**
 * Keep the draft of a form up to date. Call it when every input is drawn.
 * @param {HTMLFormElement} form
 * @returns {{restore: () => void, discard: () => void}}
 */
export function keepDraft(form) {
  const storageKey = `draft:${form.id}`;
  const storedValues = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}");
  form.addEventListener("input", () => {
    const chosen = controls(form).filter((input) => !isProposal(input));
    const values = Object.fromEntries(chosen.map((input) => [draftKey(input), readControl(input)]));
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
 * Make the draft of a form, before it is restored.
 * @param {HTMLFormElement} form
 * @param {Record<string, string | boolean>} values by the name of the input; of a radio button: name=value
 */
export const writeDraft = (form, values) =>
  sessionStorage.setItem(`draft:${form.id}`, JSON.stringify(values));

/**
 * Set inputs from the query string (?rendering.mode=micro), once: the query string is then removed, and the
 * values are part of the draft.
 * @param {HTMLFormElement} form
 * @param {string[]} names of the inputs that a link may set
 */
export function applyAddress(form, names) {
  const asked = new URLSearchParams(location.search);
  for (const input of controls(form)) {
    const value = asked.get(input.name);
    if (value === null || !names.includes(input.name)) continue;
    const before = readControl(input);
    writeControl(input, input.type === "radio" ? input.value === value : value);
    // The event of typing updates everything that depends on the input.
    if (readControl(input) !== before) input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  history.replaceState(history.state, "", location.pathname + location.hash);
}
