// Custom Dataset: source, columns, look of the pages, name; with the pages drawn beside the form as it changes.

import { debounce } from "./base/debounce.js";
import { findElement, findInput } from "./base/dom.js";
import { DatasetForm, loadDatasetForm } from "./forms/dataset-form.js";
import { applyAddress } from "./forms/draft.js";
import { PagePreview } from "./forms/page-preview.js";
import { SourcePicker } from "./forms/source-picker.js";
import { fillFormOnceLoaded } from "./forms/submit.js";

const FIELD_CONTAINERS = {
  "#main-fields": /^(name|max_samples|seed)$/,
  "#rendering-fields": /^rendering\.(mode|font_size_px|overflow|alignment|line_height|margin_px)$/,
  "#more-rendering-fields": /^rendering\./,
  "#more-fields": /^(?!columns\.)/,
};
const ADDRESS_FIELDS = ["source_kind", "source.id", "source.length", "rendering.mode"];
const form = /** @type {HTMLFormElement} */ (findElement("#custom-form"));

void fillFormOnceLoaded(form, loadDatasetForm, (loaded) => {
  const dataset = new DatasetForm(form, loaded, FIELD_CONTAINERS);
  const body = () => ({ ...dataset.body(), source: source.value(), columns: source.columns() });
  const preview = new PagePreview(findElement("#preview"), () =>
    source.isComplete ? { ...body(), name: "preview", publish: null } : null,
  );

  /** What is here is drawn at once; the Hub is asked for pages once they were asked for. */
  const refresh = debounce(() => (source.kind === "hub" ? preview.updateIfShown() : preview.update()), 350);
  const source = new SourcePicker(form, loaded.fields, (isNew) => {
    if (isNew) preview.markStale();
    refresh();
  });
  const numSamples = findInput('[name="max_samples"]', form);
  const showDefaultSampleCount = () => (numSamples.placeholder = source.kind === "sample" ? "1,000" : "all");

  dataset.restore();
  dataset.start("/dataset/generate", body, () => {
    showDefaultSampleCount();
    refresh();
  });
  applyAddress(form, ADDRESS_FIELDS);
  showDefaultSampleCount();
  source.inspect();
});
