// Sets of form fields: their values, and a mark on each value that differs from its starting value.

import { findElement, findElements, findInput } from "../base/dom.js";
import { isEqual, nestPaths, parseControl, valueAtPath, valueToText } from "../base/values.js";
import { drawField } from "./draw-field.js";

/** @typedef {import("./draw-field.js").Field} Field */
/** @typedef {Record<string, any>} Json */

/** @param {unknown} value */
export const describeValue = (value) =>
  typeof value === "boolean" ? (value ? "on" : "off") : valueToText(value);

/** The fields of one container, with their starting values. */
export class FieldSet {
  /**
   * @param {HTMLElement} container
   * @param {Field[]} fields those not in the container yet are drawn at its end
   * @param {{showsChanges?: boolean}} [options] whether changed values are marked
   */
  constructor(container, fields, { showsChanges = true } = {}) {
    this.container = container;
    this.showsChanges = showsChanges;
    this.fields = fields;
    this.mode = "";
    /** @type {(() => void)[]} */
    this.followers = [];
    /** @type {Json} */
    this.startingValues = Object.fromEntries(fields.map(({ path, initial }) => [path, initial]));
    for (const field of fields) {
      if (!container.querySelector(`[data-field="${field.path}"]`)) container.append(drawField(field));
      findElement(".field__changed button", this.boxOf(field)).addEventListener("click", () =>
        this.#resetField(field),
      );
    }
    this.reset();
    container.addEventListener("input", () => this.showChangedMarks());
  }

  /** Call back whenever values, starting values or the use of fields may have changed. @param {() => void} onChange */
  follow(onChange) {
    this.followers.push(onChange);
  }

  /** The element of a field. @param {Field} field */
  boxOf = ({ path }) => findElement(`[data-field="${path}"]`, this.container);

  /** @param {Field} field */
  #control = ({ path }) => findInput(`[name="${path}"]`, this.container);

  /** @param {Field} field */
  read(field) {
    const input = this.#control(field);
    return parseControl(field, input.type === "checkbox" ? String(input.checked) : input.value);
  }

  /** @param {Field} field @param {unknown} value */
  write(field, value) {
    const input = this.#control(field);
    if (input.type === "checkbox") input.checked = value === true;
    else input.value = valueToText(value);
  }

  /** All values in the form of the API. */
  values() {
    return nestPaths(Object.fromEntries(this.fields.map((field) => [field.path, this.read(field)])));
  }

  /** The values that differ from their starting values, by path. @returns {Json} */
  changes() {
    return this.#changesOf(this.fields.filter(this.#isUsed));
  }

  /** @param {Field[]} fields @returns {Json} */
  #changesOf(fields) {
    const changed = fields.filter((field) => !isEqual(this.read(field), this.startingValues[field.path]));
    return Object.fromEntries(changed.map((field) => [field.path, this.read(field)]));
  }

  /** @param {Field} field */
  #isUsed = ({ unused_in_mode: mode }) => mode === null || mode !== this.mode;

  /** Hide the fields that pages of a mode do not use; their values are kept, and not sent. @param {string} mode */
  showUsed(mode) {
    this.mode = mode;
    for (const field of this.fields) this.boxOf(field).hidden = !this.#isUsed(field);
    this.showChangedMarks();
  }

  /** Set every field to its starting value. */
  reset() {
    this.apply(this.startingValues);
  }

  /**
   * Take new starting values; an edited field keeps its value, the others change.
   * @param {Json} values nested
   */
  setStartingValues(values) {
    const edited = this.#changesOf(this.fields);
    for (const { path, initial } of this.fields)
      this.startingValues[path] = valueAtPath(values, path) ?? initial;
    this.apply({ ...this.startingValues, ...edited });
  }

  /** @param {Json} flat values by path */
  apply(flat) {
    for (const field of this.fields) if (field.path in flat) this.write(field, flat[field.path]);
    this.showChangedMarks();
  }

  showChangedMarks() {
    const changes = this.changes();
    for (const field of this.showsChanges ? this.fields : []) {
      const { path, empty } = field;
      const mark = findElement(".field__changed", this.boxOf(field));
      mark.hidden = !(path in changes) || this.startingValues[path] === "";
      findElement("span", mark).textContent =
        `Changed from ${describeValue(this.startingValues[path]) || empty || "empty"}`;
    }
    for (const onChange of this.followers) onChange();
  }

  /** @param {Field} field */
  #resetField(field) {
    this.write(field, this.startingValues[field.path]);
    this.#control(field).focus();
    this.#control(field).dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {HTMLElement} box element with data-field @param {string} text empty: no error */
export function showFieldError(box, text) {
  findElement(":scope > .field__error", box).textContent = text;
  for (const input of findElements("input, select, textarea", box)) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

/**
 * Show the errors of the service beside their fields.
 * @param {HTMLElement} root
 * @param {Record<string, string>} errors by dotted path
 */
export function showFieldErrors(root, errors) {
  for (const box of findElements("[data-field]", root))
    showFieldError(box, errors[box.dataset.field ?? ""] ?? "");
}
