// Benchmark Datasets: choose one, look at its pages, start it. The preset fills the form; what is not changed is not sent.

import { get } from "./api.js";
import { control, debounce, make, one } from "./dom.js";
import { watchesName } from "./dataset-name.js";
import { keepsDraft } from "./draft.js";
import { FieldSet } from "./fields.js";
import { bytes, compact, count, duration } from "./format.js";
import { PagePreview } from "./page-preview.js";
import { fieldsOf, flattened, nested } from "./schema.js";
import { submitsJob } from "./submit.js";

/** @typedef {{name: string, title: string, description: string, source: string, licence: string, warning: string | null, splits: Record<string, number>,
 *   mean_document_words: number, config: Record<string, any>, estimate: {duration_s: number | null, size_bytes: number | null}}} Benchmark */

const MAIN = /^(name|max_samples|seed|rendering\.mode)$/;
const MORE = /^(splits|rendering\..*|deduplicate)$/;
const form = /** @type {HTMLFormElement} */ (one("#benchmark-form"));

/** @param {Benchmark} benchmark @param {boolean} isFirst */
function drawCard(benchmark, isFirst) {
  const { name, title, description, licence, warning, splits, mean_document_words: words, estimate } = benchmark;
  const total = Object.values(splits).reduce((sum, rows) => sum + rows, 0);
  return make("label", { class: "choice" }, make("input", { type: "radio", name: "preset", value: name, checked: isFirst }),
    make("span", { class: "row row--apart" }, make("span", { class: "choice__name" }, title), make("span", { class: `badge ${warning ? "badge--warn" : "badge--ok"}` }, licence)),
    make("span", { class: "small" }, description),
    make("span", { class: "choice__facts numbers" }, make("span", {}, `${compact(total)} documents`), make("span", {}, `~${count(words)} words each`),
      make("span", {}, `about ${duration(estimate.duration_s)} and ${bytes(estimate.size_bytes)} here`)));
}

async function start() {
  const [openapi, { presets }] = await Promise.all([get("/openapi.json"), get("/datasets/presets")]);
  /** @type {Benchmark[]} */
  const known = presets;
  one("#benchmarks").replaceChildren(...known.map((benchmark, index) => drawCard(benchmark, index === 0)));
  const fields = fieldsOf(openapi, "DatasetConfig");
  const sets = Object.entries({ "#main-fields": MAIN, "#more-fields": MORE }).map(([place, pattern]) =>
    new FieldSet(one(place), fields.filter(({ path }) => pattern.test(path) && !(place === "#more-fields" && MAIN.test(path)))));
  const publish = new FieldSet(one("#publish-fields"), fieldsOf(openapi, "PublishConfig", "publish."));
  const isPublished = control('[name="publish"]', form);
  const chosen = () => known.find(({ name }) => name === control('[name="preset"]:checked', form).value) ?? known[0];

  function usePreset() {
    const { config, warning, source } = chosen();
    for (const set of sets) set.reset(config);
    one("#licence-warning").hidden = !warning;
    one("#licence-warning p").textContent = warning ?? "";
    one("#benchmark-source").textContent = source;
  }
  const changes = () => Object.assign({}, ...sets.map((set) => set.changes()));
  const body = () => ({ preset: chosen().name, ...nested(changes()),
    ...(isPublished.checked ? { publish: publish.values().publish } : {}) });
  const preview = new PagePreview(one("#preview"), () => nested({ ...flattened(chosen().config), ...changes() }));
  const refresh = debounce(() => preview.follow(), 350);
  const showPublish = () => (one("#publish-fields").hidden = !isPublished.checked);

  usePreset();
  const draft = keepsDraft(form);
  for (const set of [...sets, publish]) set.mark();
  showPublish();
  form.addEventListener("input", (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).name === "preset") usePreset();
    showPublish();
    refresh();
  });
  watchesName(form);
  submitsJob(form, "/benchmark/create", body, draft.discard);
  form.removeAttribute("aria-busy");
}

void start();
