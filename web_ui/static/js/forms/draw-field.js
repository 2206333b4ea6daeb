// Draws one form field from its description by the service: label, input, note, error and change mark.

import { makeElement } from "../base/dom.js";

/** @typedef {import("../base/api-types.js").FormField} Field */

/** @param {Field} field */
function drawControl({ path, kind, options, nullable, empty, initial }) {
  const common = {
    id: `field-${path}`,
    name: path,
    "aria-describedby": `field-${path}-note field-${path}-error`,
  };
  if (kind === "boolean") return makeElement("input", { ...common, type: "checkbox" });
  if (kind === "choice") {
    const choices = options.map((option) => makeElement("option", { value: option }, option));
    return makeElement(
      "select",
      common,
      nullable ? makeElement("option", { value: "" }, empty || "(none)") : null,
      ...choices,
    );
  }
  if (String(initial).includes("\n")) return makeElement("textarea", { ...common, rows: 2 });
  const mode = { integer: "numeric", number: "decimal" }[/** @type {string} */ (kind)];
  return makeElement("input", {
    ...common,
    type: "text",
    inputmode: mode,
    autocomplete: "off",
    placeholder: empty,
  });
}

/** @param {Field} field */
export function drawField(field) {
  const id = `field-${field.path}`;
  const label = makeElement("label", { for: id }, field.label);
  const input = drawControl(field);
  return makeElement(
    "div",
    { class: "field", "data-field": field.path },
    ...(field.kind === "boolean" ? [makeElement("div", { class: "check" }, input, label)] : [label, input]),
    makeElement("span", { class: "field__note", id: `${id}-note` }, field.note),
    makeElement("span", { class: "field__error", id: `${id}-error` }),
    makeElement(
      "span",
      { class: "field__changed", hidden: true },
      makeElement("span"),
      makeElement("button", { type: "button", class: "button button--small button--plain" }, "Reset"),
    ),
  );
}
