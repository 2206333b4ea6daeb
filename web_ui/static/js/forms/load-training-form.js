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
 */

/** @returns {Promise<TrainingForm>} */
export async function loadTrainingForm() {
  const [{ fields }, { presets, tiny }, { datasets }, models, service] = await Promise.all([
    get("/forms/training"),
    get("/training/presets"),
    get("/datasets"),
    get("/models"),
    readSystem(),
  ]);
  return { fields, presets, tiny, datasets, models, service };
}
