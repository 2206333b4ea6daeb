// The presets of a training as cards to choose from.

import { findElement, makeElement } from "../base/dom.js";

/** @typedef {import("../base/api-types.js").StartingValues} StartingValues */
/** @typedef {import("../base/api-types.js").TrainingPreset} Preset */

/** @param {Preset[]} presets @param {import("./memory-bar.js").Gpu} gpu */
export function showPresets(presets, gpu) {
  findElement("#presets").replaceChildren(
    ...presets.map(({ name, title, memory_gb, values, effective_batch_size, estimate }, index) => {
      const need = estimate.total_gb;
      const fits = gpu && need <= gpu.memory_total_gb;
      return makeElement(
        "label",
        { class: "choice" },
        makeElement("input", { type: "radio", name: "preset", value: name, checked: index === 0 }),
        makeElement(
          "span",
          { class: "row row--apart" },
          makeElement("span", { class: "choice__name" }, name.replace("_", " ")),
          gpu
            ? makeElement(
                "span",
                { class: `badge ${fits ? "badge--ok" : "badge--bad"}` },
                fits ? "fits the GPU here" : "too large for the GPU here",
              )
            : makeElement("span", { class: "badge badge--info" }, `${memory_gb} GB`),
        ),
        makeElement("span", { class: "small" }, title),
        makeElement(
          "span",
          { class: "choice__facts numbers" },
          makeElement(
            "span",
            {},
            `${values.per_device_train_batch_size} × ${values.gradient_accumulation_steps} = ${effective_batch_size} samples a step`,
          ),
        ),
        makeElement(
          "span",
          { class: "choice__facts numbers" },
          makeElement("span", {}, `DeepSeek-OCR: trains ${values.train}, needs ~${need.toFixed(1)} GB`),
        ),
      );
    }),
  );
}
