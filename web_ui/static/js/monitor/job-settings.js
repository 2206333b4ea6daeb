// The settings of a job under the labels of its form, in the form's groups.

import { ApiError, get } from "../base/api.js";
import { makeElement, makeTable } from "../base/dom.js";
import { humanizeName } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { flattenPaths } from "../base/values.js";
import { describeValue } from "../forms/fields.js";
import { makeCopyButton } from "../widgets/copy-button.js";

/** @typedef {import("../forms/draw-field.js").Field} Field */

const NOT_FOUND = 404;

/** @typedef {{fields: Field[], address: string | null, output_setting: string}} Form of a kind of job */

/** Read how the form of a kind of job names its settings. @param {string} kind @returns {Promise<Form>} */
export async function readForm(kind) {
  try {
    return await get(`/forms/${kind}`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== NOT_FOUND) throw error;
    return { fields: [], address: null, output_setting: "output" }; // a kind of another version
  }
}

/** @param {Field[]} fields @returns {Record<string, string>} path -> label */
export const labelsOf = (fields) => Object.fromEntries(fields.map(({ path, label }) => [path, label]));

/**
 * @param {HTMLElement} place
 * @param {Record<string, any>} config of the job
 * @param {Field[]} fields of its form
 */
export const showSettings = (place, config, fields) =>
  redraw(place, [config, fields.length], () => [
    makeElement(
      "div",
      { class: "row row--apart" },
      makeElement("p", { class: "muted" }, "The settings of this job. A dash: not set."),
      makeCopyButton(JSON.stringify(config, null, 2)),
    ),
    makeElement(
      "div",
      { class: "setting-groups" },
      ...[...groupRows(config, fields)].map(([title, rows]) =>
        makeElement(
          "section",
          { class: "stack-s" },
          makeElement("h2", {}, title),
          makeTable(title, [], rows, ""),
        ),
      ),
    ),
  ]);

/**
 * @param {Record<string, any>} config
 * @param {Field[]} fields
 * @returns {Map<string, string[][]>} title of a group -> its settings, as label and value
 */
function groupRows(config, fields) {
  const known = new Map(fields.map((field) => [field.path, field]));
  /** @type {Map<string, string[][]>} */
  const groups = new Map();
  for (const [path, value] of Object.entries(flattenPaths(config))) {
    const field = known.get(path);
    const [first, ...rest] = path.split(".");
    const title = field?.group ?? (rest.length ? humanizeName(first) : "General");
    const label = field?.label ?? humanizeName((rest.length ? rest : [first]).join(": "));
    groups.set(title, [...(groups.get(title) ?? []), [label, describeValue(value) || field?.empty || "–"]]);
  }
  return groups;
}
