// Draws one form field from its description by the service: label, input, one short note, and what more there is to say,
// which opens at a press.

import { findElement, makeElement } from "../base/dom.js";

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
  const label = makeElement("label", { for: id, id: `${id}-label` }, field.label);
  const input = drawControl(field);
  const ask = makeElement(
    "button",
    {
      type: "button",
      class: "field__ask",
      "aria-expanded": "false",
      "aria-controls": `${id}-more`,
      "aria-label": "More",
      "aria-describedby": `${id}-label`,
      hidden: field.more === "",
    },
    "?",
  );
  const isBoolean = field.kind === "boolean";
  const box = makeElement(
    "div",
    { class: "field", "data-field": field.path },
    makeElement("div", { class: isBoolean ? "check" : "field__head" }, isBoolean ? input : null, label, ask),
    isBoolean ? null : input,
    makeElement("span", { class: "field__note", id: `${id}-note` }, field.note),
    makeElement(
      "span",
      { class: "field__more", id: `${id}-more`, hidden: true },
      makeElement("span", {}, field.more),
      makeElement("span", { class: "field__reason" }),
    ),
    makeElement("span", { class: "field__error", id: `${id}-error` }),
    makeElement(
      "span",
      { class: "field__changed", hidden: true },
      makeElement("span"),
      makeElement("button", { type: "button", class: "button button--small button--plain" }, "Reset"),
    ),
  );
  ask.addEventListener("click", () => showMore(box, ask.ariaExpanded !== "true"));
  return box;
}

/** Open or close what more there is to say of a field. @param {HTMLElement} box of the field @param {boolean} isOpen */
export function showMore(box, isOpen) {
  findElement(".field__ask", box).setAttribute("aria-expanded", String(isOpen));
  findElement(".field__more", box).hidden = !isOpen;
}

/** Say why a field has its starting value. @param {HTMLElement} box of the field @param {string} reason empty: none is known */
export function showReason(box, reason) {
  findElement(".field__reason", box).textContent = reason ? `Here: ${reason}.` : "";
  const isEmpty = findElement(".field__more", box).textContent === "";
  findElement(".field__ask", box).hidden = isEmpty;
  if (isEmpty) showMore(box, false);
}
