// The fields that name a source, for each kind of source.

import { findElement, findElements, findInput } from "../base/dom.js";
import { FieldSet, showFieldError } from "./fields.js";
import { inLabels } from "./labels.js";

/** The field that names a source of each kind. @type {Record<string, string>} */
const NAME_FIELDS = { sample: "", files: "path", hub: "id" };

export class SourceFields {
  /** @param {HTMLElement} form @param {import("./draw-field.js").Field[]} fields of the whole form */
  constructor(form, fields) {
    this.form = form;
    const makeFieldSet = (/** @type {string} */ kind) => {
      const ofKind = fields.filter(({ part }) => part === `source.${kind}`);
      return new FieldSet(findElement(`#source-${kind} .fields`, form), ofKind, { showsChanges: false });
    };
    /** @type {Record<string, FieldSet>} */
    this.fieldSets = Object.fromEntries(Object.keys(NAME_FIELDS).map((kind) => [kind, makeFieldSet(kind)]));
  }

  get kind() {
    return findInput('[name="source_kind"]:checked', this.form).value;
  }

  value() {
    return { kind: this.kind, ...this.fieldSets[this.kind].values().source };
  }

  /** The value of the field that names the source; empty: it is not filled, or there is none. */
  get name() {
    const field = NAME_FIELDS[this.kind];
    return field && findInput(`[name="source.${field}"]`, this.form).value.trim();
  }

  /** Show the fields of the chosen kind and hide the others. */
  showKind() {
    for (const kind of Object.keys(NAME_FIELDS))
      findElement(`#source-${kind}`, this.form).hidden = kind !== this.kind;
  }

  /** @param {import("../base/api.js").ApiError} error */
  showRefusal(error) {
    const { message, hint, fields } = inLabels(error, this.form);
    const container = findElement("#source", this.form);
    const named = findElements("[data-field]", container).find((box) => (box.dataset.field ?? "") in fields);
    showFieldError(
      named ?? findElement('[data-field="source"]', container),
      [message, hint].filter(Boolean).join(" "),
    );
  }

  /** Remove the errors of the previous source; a hidden error would keep the notice of the form visible. */
  clearErrors() {
    for (const box of findElements(":is(#source, #columns) [data-field]", this.form)) showFieldError(box, "");
  }
}
