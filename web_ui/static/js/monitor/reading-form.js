// The form that lets a model read pages of a dataset: a reading check, a job of its own.

import { makeElement } from "../base/dom.js";
import { submitJobOnSubmit } from "../forms/submit.js";

/** @param {string} dataset @param {string} model the model to suggest */
export function makeReadingForm(dataset, model) {
  const input = /** @type {HTMLInputElement} */ (
    makeElement("input", {
      id: "reading-model",
      name: "model",
      value: model,
      "aria-describedby": "reading-model-note reading-model-error",
    })
  );
  const form = makeElement(
    "form",
    { class: "stack-s", novalidate: true, autocomplete: "off", "aria-label": "Reading check" },
    makeElement(
      "div",
      { class: "field", "data-field": "model" },
      makeElement("label", { for: "reading-model" }, "Let a model read it"),
      input,
      makeElement(
        "span",
        { class: "field__note", id: "reading-model-note" },
        "It transcribes pages of 20 documents of the split test. Before a training, name the model to start from.",
      ),
      makeElement("span", { class: "field__error", id: "reading-model-error" }),
    ),
    makeElement(
      "div",
      { class: "notice notice--bad", "data-form-error": true, tabindex: -1, role: "alert", hidden: true },
      makeElement("p", {}),
    ),
    makeElement(
      "div",
      {},
      makeElement(
        "button",
        { type: "submit", "data-submits": true, class: "button button--small" },
        "Check reading",
      ),
    ),
  );
  submitJobOnSubmit(form, "/model/read-check", () => ({ dataset, model: input.value.trim() }));
  return form;
}
