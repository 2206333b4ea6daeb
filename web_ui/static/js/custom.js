// Custom Dataset: source, columns, look of the pages, name; with the pages drawn beside the form as it changes.

import { DatasetForm, loadFields } from "./dataset-form.js";
import { debounce, findElement, findInput } from "./dom.js";
import { takesAddress } from "./draft.js";
import { PagePreview } from "./page-preview.js";
import { SourcePicker } from "./source-picker.js";
import { begin } from "./submit.js";

const PLACES = {
  "#main-fields": /^(name|max_samples|seed)$/,
  "#look-fields": /^rendering\.(mode|font_size_px|overflow|alignment|line_height|margin_px)$/,
  "#more-look-fields": /^rendering\./,
  "#more-fields": /^(?!columns\.)/,
};
const LINKED = ["source_kind", "source.id", "source.length", "rendering.mode"];
const form = /** @type {HTMLFormElement} */ (findElement("#custom-form"));

void begin(form, loadFields, (loaded) => {
  const dataset = new DatasetForm(form, loaded, PLACES);
  const body = () => ({ ...dataset.body(), source: source.value(), columns: source.columns() });
  const preview = new PagePreview(findElement("#preview"), () => (source.isComplete ? { ...body(), name: "preview", publish: null } : null));

  /** What is here is drawn at once; the Hub is asked for pages once they were asked for. */
  const refresh = debounce(() => (source.kind === "hub" ? preview.follow() : preview.update()), 350);
  const source = new SourcePicker(form, loaded.fields, (isNew) => {
    if (isNew) preview.forget();
    refresh();
  });
  const numSamples = findInput('[name="max_samples"]', form);
  const showDefault = () => (numSamples.placeholder = source.kind === "sample" ? "1,000" : "all");

  dataset.restore();
  dataset.start("/dataset/generate", body, () => {
    showDefault();
    refresh();
  });
  takesAddress(form, LINKED);
  showDefault();
  source.look();
});
