// Reads the data that the training form is built from.

import { get } from "../base/api.js";
import { readSystem } from "../base/system.js";
import { readChoices } from "./training-choices.js";

/**
 * @typedef {object} TrainingForm
 * @property {import("./draw-field.js").Field[]} fields
 * @property {import("./preset-cards.js").Preset[]} presets
 * @property {import("./preset-cards.js").StartingValues} tiny
 * @property {import("./training-choices.js").Known} known
 * @property {import("../base/api-types.js").System} service
 * @property {import("../base/api-types.js").JobAnswer | null} earlier the training whose settings the form
 *   starts from
 */

/** @returns {Promise<TrainingForm>} */
export async function loadTrainingForm() {
  const from = new URLSearchParams(location.search).get("from");
  const [{ fields }, { presets, tiny }, known, service, earlier] = await Promise.all([
    get("/forms/training"),
    get("/training/presets"),
    readChoices(),
    readSystem(),
    from ? get(`/jobs/${encodeURIComponent(from)}`) : null,
  ]);
  return { fields, presets, tiny, known, service, earlier };
}
