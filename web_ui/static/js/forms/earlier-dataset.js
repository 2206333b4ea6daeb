// A dataset form that starts from the settings of an earlier dataset: they become the draft of the form.

import { get } from "../base/api.js";
import { flattenPaths, valueToText } from "../base/values.js";
import { writeDraft } from "./draft.js";
import { freeName, readTakenNames } from "./propose-name.js";

/** @typedef {import("../base/api-types.js").JobAnswer} Job */

/**
 * Return the job that the address names, its settings written into the draft; null: the address names none.
 * @param {HTMLFormElement} form
 * @returns {Promise<Job | null>}
 */
export async function loadEarlierDataset(form) {
  const from = new URLSearchParams(location.search).get("from");
  if (!from) return null;
  /** @type {[Job, string[]]} */
  const [job, taken] = await Promise.all([
    get(`/jobs/${encodeURIComponent(from)}`),
    readTakenNames("dataset"),
  ]);
  const { name, source, publish, ...settings } = job.config;
  const { kind, ...ofSource } = source;
  const fields = flattenPaths({ ...settings, source: ofSource, ...(publish ? { publish } : {}) });
  writeDraft(form, {
    ...Object.fromEntries(Object.entries(fields).map(([path, value]) => [path, textOf(value)])),
    ...Object.fromEntries(["sample", "files", "hub"].map((each) => [`source_kind=${each}`, each === kind])),
    publish: Boolean(publish),
    name: freeName(name, [...taken, name]),
  });
  return job;
}

/** @param {unknown} value @returns {string | boolean} as a control of the form holds it */
const textOf = (value) => (typeof value === "boolean" ? value : valueToText(value));
