// Reads the data that the training form is built from.

import { get } from "../base/api.js";
import { readSystem } from "../base/system.js";

/**
 * @typedef {object} TrainingForm
 * @property {import("./draw-field.js").Field[]} fields
 * @property {import("./pickers.js").Preset[]} presets
 * @property {import("./pickers.js").StartingValues} tiny
 * @property {import("./pickers.js").Dataset[]} datasets
 * @property {import("./pickers.js").Models} models
 * @property {import("../base/api-types.js").System} service
 * @property {import("../base/api-types.js").JobAnswer | null} earlier the training whose settings the form
 *   starts from
 */

/** @returns {Promise<TrainingForm>} */
export async function loadTrainingForm() {
  const from = new URLSearchParams(location.search).get("from");
  const [{ fields }, { presets, tiny }, { datasets }, models, service, earlier] = await Promise.all([
    get("/forms/training"),
    get("/training/presets"),
    get("/datasets"),
    get("/models"),
    readSystem(),
    from ? get(`/jobs/${encodeURIComponent(from)}`) : null,
  ]);
  return { fields, presets, tiny, datasets, models, service, earlier };
}
