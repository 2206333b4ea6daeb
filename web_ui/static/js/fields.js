// Form fields drawn from a schema: label, control, explanation, error, and a mark where the value differs from its starting point.

import { all, control, make, one } from "./dom.js";
import { words } from "./format.js";
import { at, nested, parse, same, shown } from "./schema.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {Record<string, any>} Json */

/** Larger bounds only keep numbers sane; nobody needs to read them. */
const NO_LIMIT = 1e6;

/** @param {Field} field */
function drawControl(field) {
  const id = `field-${field.path}`;
  const common = { id, name: field.path, "aria-describedby": `${id}-note ${id}-error` };
  if (field.kind === "boolean") return make("input", { ...common, type: "checkbox" });
  if (field.kind === "choice") {
    const options = field.options.map((option) => make("option", { value: option }, option));
    return make("select", common, field.isNullable ? make("option", { value: "" }, "(none)") : null, ...options);
  }
  if (String(field.initial).includes("\n")) return make("textarea", { ...common, rows: 2 });
  const mode = { integer: "numeric", number: "decimal" }[/** @type {string} */ (field.kind)];
  return make("input", { ...common, type: "text", inputmode: mode, autocomplete: "off", placeholder: field.isNullable ? "automatic" : null });
}

/** @param {Field} field */
function rangeNote({ minimum, maximum }) {
  const hasEnd = maximum !== undefined && maximum < NO_LIMIT;
  if (minimum === undefined && !hasEnd) return "";
  return hasEnd ? `${minimum ?? "…"} to ${maximum}.` : `From ${minimum}.`;
}

/** @param {Field} field */
export function drawField(field) {
  const id = `field-${field.path}`;
  const label = make("label", { for: id }, words(field.path.split(".").pop() ?? ""));
  const input = drawControl(field);
  const head = field.kind === "boolean" ? make("div", { class: "check" }, input, label) : null;
  const description = words(field.description.replace(/\bnull\b/g, "empty"));
  const note = [description && `${description}.`, rangeNote(field)].filter(Boolean).join(" ");
  return make("div", { class: "field", "data-field": field.path }, ...(head ? [head] : [label, input]),
    make("span", { class: "field__note", id: `${id}-note` }, note),
    make("span", { class: "field__error", id: `${id}-error` }),
    make("span", { class: "field__changed", hidden: true }));
}

/** Fields of one schema in one place of the page; remembers the values they started from. */
export class FieldSet {
  /**
   * @param {HTMLElement} place
   * @param {Field[]} fields
   */
  constructor(place, fields) {
    this.place = place;
    this.fields = fields;
    /** @type {Record<string, unknown>} */
    this.baseline = Object.fromEntries(fields.map((field) => [field.path, field.initial]));
    for (const field of fields) if (!place.querySelector(`[data-field="${field.path}"]`)) place.append(drawField(field));
    this.reset();
    place.addEventListener("input", () => this.mark());
  }

  /** @param {Field} field */
  read(field) {
    const input = control(`[name="${field.path}"]`, this.place);
    return parse(field, input.type === "checkbox" ? String(input.checked) : input.value);
  }

  /** @param {Field} field @param {unknown} value */
  write(field, value) {
    const input = control(`[name="${field.path}"]`, this.place);
    if (input.type === "checkbox") input.checked = value === true;
    else input.value = shown(value);
  }

  /** Every value, as the API wants it. */
  values() {
    return nested(Object.fromEntries(this.fields.map((field) => [field.path, this.read(field)])));
  }

  /** Only what differs from the starting point, by path. @returns {Record<string, unknown>} */
  changes() {
    const changed = this.fields.filter((field) => !same(this.read(field), this.baseline[field.path]));
    return Object.fromEntries(changed.map((field) => [field.path, this.read(field)]));
  }

  /** @param {Json} [baseline] new starting values; those not named stay */
  reset(baseline = {}) {
    for (const field of this.fields) {
      const value = at(baseline, field.path);
      if (value !== undefined) this.baseline[field.path] = value;
      this.write(field, this.baseline[field.path]);
    }
    this.mark();
  }

  /** @param {Record<string, unknown>} flat values by path, from a draft */
  apply(flat) {
    for (const field of this.fields) if (field.path in flat) this.write(field, flat[field.path]);
    this.mark();
  }

  mark() {
    const changes = this.changes();
    for (const field of this.fields) {
      const mark = one(`[data-field="${field.path}"] .field__changed`, this.place);
      mark.hidden = !(field.path in changes) || this.baseline[field.path] === "";
      mark.replaceChildren();
      if (mark.hidden) continue;
      const undo = make("button", { type: "button", class: "button button--small button--plain" }, "Reset");
      undo.addEventListener("click", () => {
        this.write(field, this.baseline[field.path]);
        control(`[name="${field.path}"]`, this.place).dispatchEvent(new Event("input", { bubbles: true }));
      });
      mark.append(`Changed from ${shown(this.baseline[field.path]) || "automatic"}`, undo);
    }
  }
}

/**
 * Show what the service said about each field beside it.
 * @param {HTMLElement} root
 * @param {Record<string, string>} errors by dotted path
 * @returns {string[]} what belongs to no field here
 */
export function showErrors(root, errors) {
  for (const box of all("[data-field]", root)) {
    const text = errors[box.dataset.field ?? ""] ?? "";
    one(".field__error", box).textContent = text;
    for (const input of all("input, select, textarea", box)) input.toggleAttribute("aria-invalid", false);
    if (text) for (const input of all("input, select, textarea", box)) input.setAttribute("aria-invalid", "true");
  }
  const first = all('[aria-invalid="true"]', root)[0];
  first?.closest("details")?.setAttribute("open", "");
  first?.focus();
  const places = new Set(all("[data-field]", root).map((box) => box.dataset.field));
  return Object.entries(errors).filter(([path]) => !places.has(path)).map(([path, text]) => `${path}: ${text}`);
}
