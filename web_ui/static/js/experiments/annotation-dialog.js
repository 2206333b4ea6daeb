// The dialog in which a user gives an experiment a name, tags and a note.

import { ApiError, sendRequest } from "../base/api.js";
import { findElement, findElements, findInput } from "../base/dom.js";

/** @typedef {import("../base/api-types.js").Experiment} Experiment */
/** @typedef {import("../base/api-types.js").Annotations} Annotations */

/**
 * Change what is noted about a job.
 * @param {string} id of the job
 * @param {Partial<Annotations>} changes
 * @returns {Promise<Annotations>}
 */
export const annotate = (id, changes) => sendRequest("PATCH", `/jobs/${id}/annotations`, { body: changes });

/** @param {string} text @returns {string[]} */
const splitTags = (text) =>
  text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);

/**
 * Open the dialog; an error stays beside its field.
 * @param {Experiment} experiment
 * @param {(annotations: Annotations) => void} onSaved
 */
export function editAnnotations({ id, title, annotations }, onSaved) {
  const dialog = /** @type {HTMLDialogElement} */ (findElement("#annotation-dialog"));
  const form = /** @type {HTMLFormElement} */ (findElement("form", dialog));
  findElement("#annotation-title", dialog).textContent = title;
  const fields = ["name", "tags", "note"].map((name) => findInput(`[name="${name}"]`, form));
  const texts = [annotations.name ?? "", annotations.tags.join(", "), annotations.note];
  fields.forEach((field, index) => (field.value = texts[index]));
  showErrors(form, {}, "");
  form.onsubmit = async (event) => {
    if (/** @type {HTMLButtonElement | null} */ (event.submitter)?.value === "no") return;
    event.preventDefault();
    const [name, tags, note] = fields.map((field) => field.value);
    try {
      onSaved(await annotate(id, { name: name.trim() || null, tags: splitTags(tags), note: note.trim() }));
      dialog.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showErrors(
        form,
        error.fields,
        Object.keys(error.fields).length ? "" : `${error.message} ${error.hint}`,
      );
    }
  };
  dialog.showModal();
}

/** @param {HTMLElement} form @param {Record<string, string>} errors by field @param {string} other */
function showErrors(form, errors, other) {
  for (const place of findElements("[data-error]", form)) {
    const name = place.dataset.error ?? "";
    const found = Object.entries(errors).filter(([path]) => path.split(".")[0] === name);
    place.textContent = name ? found.map(([, text]) => text).join("; ") : other;
    if (name) findInput(`[name="${name}"]`, form).ariaInvalid = String(found.length > 0);
  }
}
