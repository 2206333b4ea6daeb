// A training form that starts from the settings of an earlier training, and says what differs from it.

import { findElement, findInput } from "../base/dom.js";
import { flattenPaths, isEqual, valueToText } from "../base/values.js";
import { freeName } from "./propose-name.js";

/** @typedef {import("../base/api-types.js").JobAnswer} Job */
/** @typedef {Record<string, any>} Json */

const OWN_FIELDS = new Set(["output", "preset"]);
const MAX_NAMED = 6;

/**
 * Write the settings of an earlier training into the form.
 * @param {HTMLFormElement} form
 * @param {Job} job
 * @param {string[]} taken names of the models that exist
 */
export function writeEarlierChoices(form, { config, id, title }, taken) {
  const { dataset, model, output, preset } = /** @type {Json} */ (config);
  for (const [name, value] of Object.entries({
    dataset,
    model,
    output: freeName(output, [...taken, output]),
  }))
    findInput(`[name="${name}"]`, form).value = value;
  const choice = form.querySelector(`[name="preset"][value="${CSS.escape(preset)}"]`);
  if (choice) /** @type {HTMLInputElement} */ (choice).checked = true;
  const link = findElement("#like-earlier-job");
  link.textContent = title;
  link.setAttribute("href", `${document.body.dataset.jobs}/${id}`);
  findElement("#like-earlier").hidden = false;
}

/** Say what differs from the earlier training. @param {Job} job @param {Json} values of the form, nested */
export function showDifferences({ config }, values) {
  const [before, now] = [flattenPaths(config), flattenPaths(values)];
  const changed = Object.keys(now).filter(
    (path) => path in before && !OWN_FIELDS.has(path) && !isEqual(now[path], before[path]),
  );
  const named = changed
    .slice(0, MAX_NAMED)
    .map((path) => `${path} ${valueToText(before[path]) || "empty"} → ${valueToText(now[path]) || "empty"}`);
  const more = changed.length > MAX_NAMED ? `, and ${changed.length - MAX_NAMED} more` : "";
  findElement("#like-earlier-changes").textContent = changed.length
    ? `Changed: ${named.join(", ")}${more}.`
    : "Nothing is changed yet.";
}
