// Benchmark Datasets: choose one, look at its pages, start it. The preset fills the form; what is not changed is not sent.

import { get } from "./api.js";
import { DatasetForm, loadFields } from "./dataset-form.js";
import { debounce, findElement, findInput, makeElement } from "./dom.js";
import { formatBytes, formatCompact, formatCount, formatRoughDuration } from "./format.js";
import { PagePreview } from "./page-preview.js";
import { begin } from "./submit.js";
import { flattenPaths, nestPaths } from "./values.js";

/** @typedef {{name: string, title: string, description: string, source: string, licence: string, warning: string | null, splits: Record<string, number>,
 *   mean_document_words: number, config: Record<string, any>, estimate: {duration_s: number | null, size_bytes: number | null}}} Benchmark */

const PLACES = { "#main-fields": /^(name|max_samples|rendering\.mode)$/, "#more-fields": /^(splits|seed|rendering\..*|deduplicate)$/ };
const form = /** @type {HTMLFormElement} */ (findElement("#benchmark-form"));

/** @param {Benchmark} benchmark @param {number} index */
function drawCard({ name, title, description, licence, warning, splits, mean_document_words: words, estimate }, index) {
  const total = Object.values(splits).reduce((sum, rows) => sum + rows, 0);
  return makeElement("label", { class: "choice" }, makeElement("input", { type: "radio", name: "preset", value: name, checked: index === 0 }),
    makeElement("span", { class: "row row--apart" }, makeElement("span", { class: "choice__name" }, title), makeElement("span", { class: `badge ${warning ? "badge--warn" : "badge--ok"}` }, `Licence: ${licence}`)),
    makeElement("span", { class: "small" }, description),
    makeElement("span", { class: "choice__facts numbers" }, makeElement("span", {}, `${formatCompact(total)} documents`), makeElement("span", {}, `~${formatCount(words)} words each`),
      makeElement("span", {}, `about ${formatRoughDuration(estimate.duration_s)} and ${formatBytes(estimate.size_bytes)} here`)));
}

async function load() {
  const [loaded, { presets }] = await Promise.all([loadFields(), get("/datasets/presets")]);
  return { ...loaded, known: /** @type {Benchmark[]} */ (presets) };
}

void begin(form, load, ({ known, ...loaded }) => {
  findElement("#benchmarks").replaceChildren(...known.map(drawCard));
  const dataset = new DatasetForm(form, loaded, PLACES);
  const chosen = () => known.find(({ name }) => name === findInput('[name="preset"]:checked', form).value) ?? known[0];
  const preview = new PagePreview(findElement("#preview"), () => nestPaths({ ...flattenPaths(chosen().config), ...dataset.changes() }));
  const refresh = debounce(() => preview.follow(), 350);

  function usePreset() {
    const { config, warning, source } = chosen();
    dataset.follow(config);
    findElement("#licence-warning").hidden = !warning;
    findElement("#licence-warning p").textContent = warning ?? "";
    findElement("#benchmark-source").textContent = source;
  }
  dataset.restore();  // which preset was chosen,
  usePreset();
  dataset.restore();  // and what was changed of it
  dataset.start("/benchmark/create", () => ({ preset: chosen().name, ...dataset.body() }), ({ target }) => {
    if (/** @type {HTMLInputElement} */ (target).name === "preset") usePreset();
    refresh();
  });
});
