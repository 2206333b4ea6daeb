// The presets of a training as cards to choose from: the pages of one batch, what trains, and the memory it takes.

import { findElement, makeElement, makeIcon } from "../base/dom.js";
import { drawPages } from "./page-drawing.js";

/** @typedef {import("../base/api-types.js").StartingValues} StartingValues */
/** @typedef {import("../base/api-types.js").TrainingPreset} Preset */
/** @typedef {import("./memory-bar.js").Gpu} Gpu */

const NEARLY_FULL = 0.9;

/**
 * Return the preset for the GPU of this machine: of those that fit, the one for the most memory. Null: nothing fits, or
 * there is no GPU.
 * @param {Preset[]} presets
 * @param {Gpu} gpu
 */
export function recommendPreset(presets, gpu) {
  const fitting = presets.filter(({ estimate }) => gpu && estimate.total_gb <= gpu.memory_total_gb);
  const most = Math.max(...fitting.map(({ memory_gb: size }) => size));
  return fitting.find(({ memory_gb: size }) => size === most) ?? null;
}

/** @param {Preset[]} presets @param {Gpu} gpu */
export function showPresets(presets, gpu) {
  const recommended = recommendPreset(presets, gpu);
  const chosen = recommended ?? presets[0];
  findElement("#presets-note").hidden = gpu !== undefined;
  findElement("#presets").replaceChildren(
    ...presets.map((preset) =>
      makeElement(
        "label",
        { class: "choice choice--pictured" },
        makeElement("input", {
          type: "radio",
          name: "preset",
          value: preset.name,
          checked: preset === chosen,
        }),
        makeElement(
          "span",
          { class: "choice__picture" },
          drawPages(preset.estimate.mode, Number(preset.values.per_device_train_batch_size)),
        ),
        makeElement("span", { class: "choice__name" }, preset.name.replace("_", " ")),
        makeElement("span", { class: "small" }, preset.title),
        makeMemory(preset, gpu),
        makeElement("span", { class: "choice__facts numbers" }, describeBatch(preset)),
        preset === recommended
          ? makeElement("span", { class: "badge badge--ok" }, makeIcon("icon-check"), "recommended here")
          : null,
      ),
    ),
  );
}

/** @param {Preset} preset */
const describeBatch = ({ values, effective_batch_size: total }) =>
  `${values.per_device_train_batch_size} × ${values.gradient_accumulation_steps} = ${total} samples a step`;

/** The memory of a DeepSeek-OCR training, beside that of the GPU here, or of the smallest usual GPU that holds it. @param {Preset} preset @param {Gpu} gpu */
function makeMemory({ estimate, memory_gb: usual }, gpu) {
  const [need, size] = [estimate.total_gb, gpu?.memory_total_gb ?? usual];
  const share = need / size;
  const tone = share > 1 ? " bar--bad" : share > NEARLY_FULL ? " bar--warn" : "";
  const words = gpu
    ? `${need.toFixed(1)} of ${size.toFixed(0)} GB${share > 1 ? ": too large for the GPU here" : ""}`
    : `${need.toFixed(1)} GB, on a GPU of ${size} GB`;
  return makeElement(
    "span",
    { class: "choice__memory numbers" },
    makeElement("progress", { class: `bar${tone}`, value: Math.min(1, share), "aria-hidden": "true" }),
    words,
  );
}
