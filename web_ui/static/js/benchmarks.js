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

const LICENCE_TONES = { sharing: "badge--ok", unclear: "badge--warn", no_sharing: "badge--bad" };
const LICENCE_WORDS = {
  sharing: "Its tag allows sharing.",
  unclear: "Nothing says whether it may be shared.",
  no_sharing: "It forbids sharing the pages.",
};

/** @param {Benchmark} benchmark @param {number} index */
function makePresetCard(
  {
    name,
    title,
    picture,
    description,
    licence,
    licence_allows: allows,
    splits,
    mean_document_words: words,
    estimate,
  },
  index,
) {
  const total = Object.values(splits).reduce((sum, rows) => sum + rows, 0);
  return makeElement(
    "label",
    { class: "choice choice--pictured" },
    makeElement("input", { type: "radio", name: "preset", value: name, checked: index === 0 }),
    makeElement(
      "span",
      { class: "choice__picture" },
      makeElement("img", { src: picture, alt: "", width: 256, height: 256 }),
    ),
    makeElement("span", { class: "choice__name" }, title),
    makeElement("span", { class: "small" }, description),
    makeElement(
      "span",
      { class: "choice__facts numbers" },
      makeElement("span", {}, `${formatCompact(total)} documents of about ${formatCount(words)} words`),
      makeElement(
        "span",
        {},
        `About ${formatRoughDuration(estimate.duration_s)} and ${formatBytes(estimate.size_bytes)} here`,
      ),
    ),
    makeElement(
      "span",
      { class: `badge ${LICENCE_TONES[allows]}`, title: LICENCE_WORDS[allows] },
      makeElement("span", { class: "visually-hidden" }, "Licence: "),
      licence,
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
