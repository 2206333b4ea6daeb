// A form that starts from the settings of an earlier job, and says what differs from it.

import { jobAddress } from "../base/addresses.js";
import { findElement, findInput } from "../base/dom.js";
import { flattenPaths, isEqual, valueToText } from "../base/values.js";
import { readLabels } from "./labels.js";
import { freeName } from "./propose-name.js";

/** @typedef {import("../base/api-types.js").JobAnswer} Job */
/** @typedef {Record<string, any>} Json */

const OWN_FIELDS = new Set(["output", "name", "preset"]);
const MAX_NAMED = 6;
/** Of a search for a learning rate; the form of a training has no fields for them. */
const SWEEP_FIELDS = ["first_learning_rate", "last_learning_rate", "num_steps"];

/** Show which job the form starts from. @param {Job} job */
export function nameEarlierJob({ id, title }) {
  const link = findElement("#like-earlier-job");
  link.textContent = title;
  link.setAttribute("href", jobAddress(id));
  findElement("#like-earlier").hidden = false;
}

/** Return the settings of an earlier job without its output; the form's own come over them. @param {Job | null} job */
export function ownSettings(job) {
  const { output, ...settings } = /** @type {Json} */ (job?.config ?? {});
  return settings;
}

/** Return what a search for a learning rate has besides a training. @param {Job | null} job */
export const sweepSettings = (job) =>
  job?.kind === "find_lr" ? Object.fromEntries(SWEEP_FIELDS.map((name) => [name, job.config[name]])) : {};

/**
 * Write the choices of an earlier training, or search for a learning rate, into the form.
 * @param {HTMLFormElement} form
 * @param {Job} job
 * @param {string[]} taken names of the models that exist
 */
export function writeEarlierChoices(form, job, taken) {
  const { dataset, model, output, preset } = /** @type {Json} */ (job.config);
  const name =
    job.kind === "training" ? freeName(output, [...taken, output]) : freeName("trained_model", taken);
  for (const [field, value] of Object.entries({ dataset, model, output: name }))
    findInput(`[name="${field}"]`, form).value = value;
  const choice = form.querySelector(`[name="preset"][value="${CSS.escape(preset)}"]`);
  if (choice) /** @type {HTMLInputElement} */ (choice).checked = true;
  nameEarlierJob(job);
}

/** Say what differs from the earlier job. @param {Job} job @param {Json} values of the form, nested */
export function showDifferences(job, values) {
  findElement("#like-earlier-changes").textContent = describeDifferences(job, values);
}

/** Return what differs from an earlier job in words. @param {Job} job @param {Json} values of the form, nested */
export function describeDifferences({ config }, values) {
  // A dataset's settings leave out rendering.vary while it is null.
  const [before, now] = [flattenPaths({ "rendering.vary": null, ...config }), flattenPaths(values)];
  const changed = Object.keys(now).filter(
    (path) => path in before && !OWN_FIELDS.has(path) && !isEqual(now[path], before[path]),
  );
  const labels = readLabels(document);
  const named = changed
    .slice(0, MAX_NAMED)
    .map(
      (path) =>
        `${labels[path] ?? path} ${valueToText(before[path]) || "empty"} → ${valueToText(now[path]) || "empty"}`,
    );
  const more = changed.length > MAX_NAMED ? `, and ${changed.length - MAX_NAMED} more` : "";
  return changed.length ? `Changed: ${named.join(", ")}${more}.` : "Nothing is changed yet.";
}

/**
 * Show which job a form starts from, and what differs from it, whenever the form changes.
 * @param {HTMLElement} form
 * @param {Job | null} job null: the form starts from no job
 * @param {() => Json} body of the form
 */
export function followDifferences(form, job, body) {
  if (!job) return;
  nameEarlierJob(job);
  const show = () => showDifferences(job, body());
  form.addEventListener("input", show);
  show();
}
