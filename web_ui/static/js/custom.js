// The Custom Dataset tab: source, columns, rendering and name, with a preview of the pages.

import { debounce } from "./base/debounce.js";
import { findElement, findInput } from "./base/dom.js";
import { DatasetForm, loadDatasetForm } from "./forms/dataset-form.js";
import { applyAddress } from "./forms/draft.js";
import { loadEarlierDataset } from "./forms/earlier-dataset.js";
import { nameEarlierJob, showDifferences } from "./forms/earlier-job.js";
import { PagePreview } from "./forms/page-preview.js";
import { makeName } from "./forms/propose-name.js";
import { SourcePicker } from "./forms/source-picker.js";
import { fillFormOnceLoaded } from "./forms/submit.js";

const FIELD_CONTAINERS = {
  "#main-fields": /^(name|max_samples|seed)$/,
  "#rendering-fields": /^rendering\.(mode|font_size_px|overflow|alignment|line_height|margin_px)$/,
  "#more-rendering-fields": /^rendering\./,
  "#more-fields": /^(?!columns\.)/,
};
const ADDRESS_FIELDS = ["source_kind", "source.id", "source.length", "rendering.mode"];
/**
 * The map of an earlier source's splits, for which the form has no field.
 * @param {import("./base/api-types.js").JobAnswer | null} earlier
 * @param {string} kind of the source now
 */
const namedSplits = (earlier, kind) =>
  earlier?.config.source.kind === kind && earlier.config.source.split_names
    ? { split_names: earlier.config.source.split_names }
    : {};

const form = /** @type {HTMLFormElement} */ (findElement("#custom-form"));

const load = async () => {
  const earlier = await loadEarlierDataset(form);
  return { ...(await loadDatasetForm()), earlier };
};

void fillFormOnceLoaded(form, load, ({ earlier, ...loaded }) => {
  const dataset = new DatasetForm(form, loaded, FIELD_CONTAINERS);
  const body = () => ({
    ...dataset.body(),
    source: { ...namedSplits(earlier, source.kind), ...source.value() },
    columns: source.columns(),
  });
  const preview = new PagePreview(findElement("#preview"), () =>
    source.isComplete ? { ...body(), name: "preview", publish: null } : null,
  );

  /** A local source is previewed at once; a source on the Hub only after the user has asked for pages. */
  const refresh = debounce(() => (source.kind === "hub" ? preview.updateIfShown() : preview.update()), 350);
  const source = new SourcePicker(form, loaded.fields, (isNew) => {
    if (isNew) preview.markStale();
    dataset.proposeName(makeName(source.sourceFields.name));
    refresh();
  });
  const numSamples = findInput('[name="max_samples"]', form);
  const showDefaultSampleCount = () => (numSamples.placeholder = source.kind === "sample" ? "1,000" : "all");

  dataset.restore();
  dataset.start("/dataset/generate", body, () => {
    showDefaultSampleCount();
    refresh();
    if (earlier) showDifferences(earlier, { ...body(), ...dataset.values() });
  });
  applyAddress(form, ADDRESS_FIELDS);
  showDefaultSampleCount();
  source.inspect();
  if (!earlier) return;
  nameEarlierJob(earlier);
  showDifferences(earlier, { ...dataset.values(), source: source.value() });
});
