// Train Model: preset, dataset, model and every setting; what it needs in memory; the same as a command.

import { API, ApiError, get, post } from "./api.js";
import { all, control, debounce, fill, make, one } from "./dom.js";
import { copyButton } from "./copy.js";
import { keepsDraft } from "./draft.js";
import { restCall, trainCommand } from "./equivalents.js";
import { FieldSet } from "./fields.js";
import { count } from "./format.js";
import { showMemory } from "./memory-bar.js";
import { fieldsOf } from "./schema.js";
import { sendJob, showFormError, submitsJob } from "./submit.js";
import { groupFields } from "./training-groups.js";

/** @typedef {{name: string, title: string, memory_gb: number, values: Record<string, any>, reasons: Record<string, string>, effective_batch_size: number, estimate: any}} Preset */

const CHOSEN = ["dataset", "model", "output", "preset"];
const form = /** @type {HTMLFormElement} */ (one("#train-form"));
/** @param {string} name */
const valueOf = (name) => control(`[name="${name}"]${name === "preset" ? ":checked" : ""}`, form).value.trim();
const chosen = () => ({ preset: valueOf("preset"), dataset: valueOf("dataset"), model: valueOf("model"), output: valueOf("output") });

/** @param {Preset[]} presets */
function drawPresets(presets) {
  one("#presets").replaceChildren(...presets.map((preset, index) => {
    const card = make("label", { class: "choice" }, make("input", { type: "radio", name: "preset", value: preset.name, checked: index === 0 }),
      make("span", { class: "row row--apart" }, make("span", { class: "choice__name" }, preset.name.replace("_", " ")), make("span", { class: "badge badge--info" }, `${preset.memory_gb} GB`)),
      make("span", { class: "small" }, preset.title),
      make("span", { class: "choice__facts numbers" },
        make("span", {}, `${preset.values.per_device_train_batch_size} × ${preset.values.gradient_accumulation_steps} = ${preset.effective_batch_size} a step`),
        make("span", {}, `trains ${preset.values.train}`), make("span", {}, `needs ~${preset.estimate.total_gb.toFixed(1)} GB`)));
    return card;
  }));
}

/** @param {any[]} datasets @param {{models: any[], bases: any[]}} names */
function drawPickers(datasets, { models, bases }) {
  const asked = new URLSearchParams(location.search);
  const select = control('[name="dataset"]', form);
  const usable = datasets.filter((dataset) => dataset.complete);
  select.replaceChildren(...usable.map(({ name, num_samples: samples }) => make("option", { value: name }, `${name} · ${count(samples)} samples`)));
  one("#no-datasets").hidden = usable.length > 0;
  select.hidden = usable.length === 0;
  if (asked.get("dataset")) select.value = asked.get("dataset") ?? "";
  const names = [...bases, ...models.filter((model) => model.complete)];
  one("#models").replaceChildren(...names.map(({ name, title }) => make("option", { value: name }, title ?? "trained here")));
}

async function start() {
  const [openapi, { presets }, { datasets }, models] = await Promise.all(
    [get("/openapi.json"), get("/training/presets"), get("/datasets"), get("/models")]);
  /** @type {Preset[]} */
  const known = presets;
  drawPresets(known);
  drawPickers(datasets, models);
  const fields = fieldsOf(openapi, "TrainingConfig").filter((field) => !CHOSEN.includes(field.path));
  groupFields(one("#advanced"), fields);
  const set = new FieldSet(one("#advanced"), fields);
  const preset = () => known.find(({ name }) => name === valueOf("preset")) ?? known[0];

  function usePreset() {
    set.reset({ ...preset().values, ...(valueOf("model") === "tiny" ? { train: "all" } : {}) });
    for (const box of all("[data-field]", one("#advanced"))) {
      const reason = preset().reasons[box.dataset.field ?? ""];
      const note = box.querySelector(".field__reason") ?? box.insertBefore(make("span", { class: "field__note field__reason" }), one(".field__error", box));
      note.textContent = reason && box.dataset.field !== "train" ? `Here: ${reason}.` : "";
    }
  }
  usePreset();
  const draft = keepsDraft(form);
  const asked = new URLSearchParams(location.search);
  if (asked.get("model")) control('[name="model"]', form).value = asked.get("model") ?? "";
  if (asked.get("learning_rate")) set.apply({ learning_rate: Number(asked.get("learning_rate")) });
  set.mark();

  const body = () => ({ ...chosen(), ...set.changes() });
  const refreshMemory = debounce(async () => {
    const { dataset: _, ...values } = body();
    try {
      await showMemory(await post("/model/estimate", values));
      showFormError(form, null);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0) throw error;
      showFormError(form, error);
    }
  }, 300);

  function refresh() {
    const changes = set.changes();
    const number = Object.keys(changes).length;
    one("#changed-count").textContent = number ? `${number} changed from the preset` : "as in the preset";
    one("#reset-all").hidden = number === 0;
    const values = /** @type {any} */ (set.values());
    const batch = values.per_device_train_batch_size * values.gradient_accumulation_steps;
    fill(one("#train-summary"), { batch: Number.isFinite(batch) ? `${batch} samples a step` : "", trains: values.train });
    one("#cli-text").textContent = trainCommand({ ...chosen(), dataset: chosen().dataset || "NAME" }, changes);
    one("#rest-text").textContent = restCall(new URL(`${API}/model/train`, location.href).href, body());
    refreshMemory();
  }
  form.addEventListener("input", (event) => {
    const { name } = /** @type {HTMLInputElement} */ (event.target);
    if (name === "preset" || name === "model") usePreset();
    refresh();
  });
  one("#reset-all").addEventListener("click", () => {
    usePreset();
    form.dispatchEvent(new Event("input"));
  });
  for (const name of ["cli", "rest"]) one(`#${name}`).append(copyButton(() => one(`#${name}-text`).textContent ?? ""));
  submitsJob(form, "/model/train", body, draft.discard);
  one("#find-lr").addEventListener("click", () => void sendJob(form, "/model/find-lr", body()));
  refresh();
  one("#train-form").removeAttribute("aria-busy");
}

void start();
