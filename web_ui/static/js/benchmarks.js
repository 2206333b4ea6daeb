// The Benchmark Datasets tab: choose a preset, preview its pages, start the job. The preset fills the form,
// and only changed fields are sent.

import { get } from "./base/api.js";
import { debounce } from "./base/debounce.js";
import { findElement, findInput, makeElement } from "./base/dom.js";
import { formatBytes, formatCompact, formatCount, formatRoughDuration } from "./base/format.js";
import { flattenPaths, nestPaths } from "./base/values.js";
import { DatasetForm, loadDatasetForm } from "./forms/dataset-form.js";
import { PagePreview } from "./forms/page-preview.js";
import { fillFormOnceLoaded } from "./forms/submit.js";

/** @typedef {import("./base/api-types.js").BenchmarkPreset} Benchmark */

const FIELD_CONTAINERS = {
  "#main-fields": /^(name|max_samples|rendering\.mode)$/,
  "#more-fields": /^(splits|seed|rendering\..*|deduplicate)$/,
};
const form = /** @type {HTMLFormElement} */ (findElement("#benchmark-form"));

/** @param {Benchmark} benchmark @param {number} index */
function makePresetCard(
  { name, title, description, licence, warning, splits, mean_document_words: words, estimate },
  index,
) {
  const total = Object.values(splits).reduce((sum, rows) => sum + rows, 0);
  return makeElement(
    "label",
    { class: "choice" },
    makeElement("input", { type: "radio", name: "preset", value: name, checked: index === 0 }),
    makeElement(
      "span",
      { class: "row row--apart" },
      makeElement("span", { class: "choice__name" }, title),
      makeElement("span", { class: `badge ${warning ? "badge--warn" : "badge--ok"}` }, `Licence: ${licence}`),
    ),
    makeElement("span", { class: "small" }, description),
    makeElement(
      "span",
      { class: "choice__facts numbers" },
      makeElement("span", {}, `${formatCompact(total)} documents`),
      makeElement("span", {}, `~${formatCount(words)} words each`),
      makeElement(
        "span",
        {},
        `about ${formatRoughDuration(estimate.duration_s)} and ${formatBytes(estimate.size_bytes)} here`,
      ),
    ),
  );
}

async function load() {
  const [loaded, { presets }] = await Promise.all([loadDatasetForm(), get("/datasets/presets")]);
  return { ...loaded, presets: /** @type {Benchmark[]} */ (presets) };
}

void fillFormOnceLoaded(form, load, ({ presets, ...loaded }) => {
  findElement("#benchmarks").replaceChildren(...presets.map(makePresetCard));
  const dataset = new DatasetForm(form, loaded, FIELD_CONTAINERS);
  const chosenPreset = () =>
    presets.find(({ name }) => name === findInput('[name="preset"]:checked', form).value) ?? presets[0];
  const preview = new PagePreview(findElement("#preview"), () =>
    nestPaths({ ...flattenPaths(chosenPreset().config), ...dataset.changes() }),
  );
  const refresh = debounce(() => preview.updateIfShown(), 350);

  function applyPreset() {
    const { config, warning, source } = chosenPreset();
    dataset.setStartingValues(config);
    findElement("#license-warning").hidden = !warning;
    findElement("#license-warning p").textContent = warning ?? "";
    findElement("#benchmark-source").textContent = source;
  }
  dataset.restore(); // the chosen preset,
  applyPreset();
  dataset.restore(); // then the changes to it
  dataset.start(
    "/benchmark/create",
    () => ({ preset: chosenPreset().name, ...dataset.body() }),
    ({ target }) => {
      if (/** @type {HTMLInputElement} */ (target).name === "preset") applyPreset();
      refresh();
    },
  );
});
