// The choices of a training: presets, datasets and models, and a warning where model and dataset do not
// match.

import { findElement, findInput, makeElement } from "../base/dom.js";
import { formatCount } from "../base/format.js";

/** @typedef {import("../base/api-types.js").StartingValues} StartingValues */
/** @typedef {import("../base/api-types.js").TrainingPreset} Preset */
/** @typedef {import("../base/api-types.js").DatasetSummary} Dataset */
/** @typedef {import("../base/api-types.js").ModelList} Models */

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

/** @param {Dataset[]} datasets @param {Models} names */
export function showChoices(datasets, { models, bases }) {
  const select = findInput('[name="dataset"]');
  const usable = datasets.filter((dataset) => dataset.complete);
  select.replaceChildren(
    ...usable.map(({ name, mode }) => makeElement("option", { value: name }, `${name} · ${mode} pages`)),
  );
  findElement("#no-datasets").hidden = usable.length > 0;
  select.hidden = usable.length === 0;
  const readableDataset = usable.find(({ mode }) => readsPageMode("tiny", mode, { models, bases }));
  if (readableDataset) select.value = readableDataset.name;
  const names = [...bases, ...models.filter((model) => model.complete)];
  findElement("#models").replaceChildren(
    ...names.map((model) =>
      makeElement(
        "option",
        { value: model.name },
        "title" in model ? model.title : `trained here from ${model.base}`,
      ),
    ),
  );
}

/**
 * Return whether a model reads pages of a mode. A model that is not listed is assumed to do so.
 * @param {string} model
 * @param {string | null} mode
 * @param {Models} names
 */
function readsPageMode(model, mode, { models, bases }) {
  const modes = [...bases, ...models].find(({ name }) => name === model)?.modes ?? [];
  return !modes.length || modes.some((known) => known === mode);
}

/** @param {string} model @param {Dataset | undefined} dataset @param {Models} names */
export function showPageModeMismatch(model, dataset, names) {
  findElement("#dataset-note").textContent = dataset
    ? `Samples: ${Object.entries(dataset.splits)
        .map(([split, samples]) => `${formatCount(samples)} ${split}`)
        .join(", ")}.`
    : "";
  const note = findElement("#mismatch");
  note.hidden = !dataset || readsPageMode(model, dataset.mode, names);
  if (note.hidden || !dataset) return;
  const others = names.bases
    .filter((base) => base.modes.some((mode) => mode === dataset.mode))
    .map(({ name }) => name);
  const readsMicroPages = readsPageMode(model, "micro", names);
  findElement("#mismatch-text").textContent =
    `${model} does not read ${dataset.mode} pages, which ${dataset.name} has. Models that do: ${others.join(", ")}, and models trained from them.`;
  findElement("#mismatch a").hidden = !readsMicroPages;
}
