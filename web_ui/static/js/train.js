// The Train Model tab: preset, dataset, model and all settings; the memory estimate; the equivalent commands.

import { API, post } from "./base/api.js";
import { debounce } from "./base/debounce.js";
import { fillSlots, findElement, findInput } from "./base/dom.js";
import { latest } from "./base/latest.js";
import { flattenPaths } from "./base/values.js";
import { applyAddress, keepDraft } from "./forms/draft.js";
import { showDifferences, sweepSettings, writeEarlierChoices } from "./forms/earlier-job.js";
import { formatCurlCommand, formatTrainCommand } from "./forms/equivalents.js";
import { FieldSet } from "./forms/fields.js";
import { loadTrainingForm } from "./forms/load-training-form.js";
import { showMemory } from "./forms/memory-bar.js";
import { addOptionFinder } from "./forms/option-finder.js";
import { showReasons } from "./forms/reasons.js";
import { showPresets } from "./forms/preset-cards.js";
import {
  clearFormErrorIf,
  fillFormOnceLoaded,
  restForm,
  sendJob,
  showFormError,
  submitJobOnSubmit,
} from "./forms/submit.js";
import { TrainingChoices } from "./forms/training-choices.js";
import { drawFieldGroups } from "./forms/training-groups.js";
import { makeCopyButton } from "./widgets/copy-button.js";

const FORM_FIELDS = ["dataset", "model", "output", "preset"];
const ADDRESS_FIELDS = ["dataset", "model", "learning_rate"];
const form = /** @type {HTMLFormElement} */ (findElement("#train-form"));
/** @param {string} name */
const valueOf = (name) =>
  findInput(`[name="${name}"]${name === "preset" ? ":checked" : ""}`, form).value.trim();
const formValues = () => ({
  preset: valueOf("preset"),
  dataset: valueOf("dataset"),
  model: valueOf("model"),
  output: valueOf("output"),
});

/** @param {import("./forms/load-training-form.js").TrainingForm} loaded */
function fillForm({ fields, presets, tiny, known, service, earlier }) {
  const gpu = /** @type {import("./forms/memory-bar.js").Gpu} */ (
    service.gpus.find((found) => found.memory_total_gb !== null)
  );
  showPresets(presets, gpu);
  const choices = new TrainingChoices(form, known);
  const settings = fields.filter(({ path }) => !FORM_FIELDS.includes(path));
  drawFieldGroups(findElement("#advanced"), settings);
  const set = new FieldSet(findElement("#advanced"), settings);
  addOptionFinder(set, findElement("#reset-all"));
  const preset = () => presets.find(({ name }) => name === valueOf("preset")) ?? presets[0];

  /** Let the settings start from the values of the preset; the tiny model has starting values of its own. */
  function applyStartingValues() {
    const ofModel = valueOf("model") === "tiny" ? tiny : { values: {}, reasons: {} };
    const reasons = { ...preset().reasons, ...ofModel.reasons };
    set.setStartingValues({ ...preset().values, ...ofModel.values });
    showReasons(findElement("#advanced"), reasons);
  }
  const draft = keepDraft(form);
  if (earlier) {
    writeEarlierChoices(form, earlier, known.taken);
    applyStartingValues();
    set.apply(flattenPaths(earlier.config));
    form.dispatchEvent(new Event("input")); // which makes them the draft
  } else {
    draft.restore(); // the chosen preset and model,
    applyStartingValues();
    draft.restore(); // then the changes to them
  }
  set.showChangedMarks();

  const body = () => ({ ...formValues(), ...set.changes() });
  /** @type {import("./base/api.js").ApiError | null} */
  let estimateError = null;
  const estimate = latest(
    (signal) => post("/model/estimate", { ...body(), dataset: valueOf("dataset") || undefined }, signal),
    (answer) => {
      showMemory(answer, gpu);
      clearFormErrorIf(form, estimateError);
    },
    (error) => {
      if (error.status) showFormError(form, (estimateError = error));
    },
  );
  const askMemory = debounce(() => void estimate.ask(), 300);

  function refresh() {
    const changes = set.changes();
    const number = Object.keys(changes).length;
    findElement("#changed-count").textContent = number
      ? `${number} changed from the preset`
      : "as in the preset";
    findElement("#reset-all").hidden = number === 0;
    const values = /** @type {any} */ (set.values());
    const batch = values.per_device_train_batch_size * values.gradient_accumulation_steps;
    fillSlots(findElement("#train-summary"), {
      batch: Number.isFinite(batch) ? `${batch} samples a step` : "",
      trains: values.train,
    });
    const named = { dataset: formValues().dataset || "NAME" };
    findElement("#cli-text").textContent = formatTrainCommand(
      { ...formValues(), ...named },
      changes,
      service.workspace,
    );
    findElement("#rest-text").textContent = formatCurlCommand(
      new URL(`${API}/model/train`, location.href).href,
      { ...body(), ...named },
      "needsToken" in document.body.dataset,
    );
    findElement("#no-hub-token").hidden = service.has_hub_token || !values.push_to_hub;
    if (earlier) showDifferences(earlier, { ...set.values(), ...formValues() });
    const isReadable = choices.showMatch(valueOf("model"));
    restForm(
      form,
      isReadable ? "" : "The model does not read the pages of the dataset: choose another of them.",
    );
    estimate.stop();
    askMemory();
  }
  submitJobOnSubmit(form, "/model/train", body, draft.discard);
  form.addEventListener("input", ({ target }) => {
    if (["preset", "model"].includes(/** @type {HTMLInputElement} */ (target).name)) applyStartingValues();
    refresh();
  });
  findElement("#reset-all").addEventListener("click", () => {
    set.reset();
    findElement("#advanced-box summary").focus();
    form.dispatchEvent(new Event("input"));
  });
  for (const name of ["cli", "rest"])
    findElement(`#${name}`).append(makeCopyButton(() => findElement(`#${name}-text`).textContent ?? ""));
  findElement("#find-lr").addEventListener(
    "click",
    () => void sendJob(form, "/model/find-lr", { ...sweepSettings(earlier), ...body() }),
  );
  choices.follow(refresh);
  applyAddress(form, ADDRESS_FIELDS);
  choices.showMissing();
  refresh();
}

void fillFormOnceLoaded(form, loadTrainingForm, fillForm);
