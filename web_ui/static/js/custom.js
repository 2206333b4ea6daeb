// Custom Dataset: source, columns, look of the pages, name; with the pages drawn beside the form as it changes.

import { get } from "./api.js";
import { control, debounce, one } from "./dom.js";
import { watchesName } from "./dataset-name.js";
import { keepsDraft } from "./draft.js";
import { FieldSet } from "./fields.js";
import { PagePreview } from "./page-preview.js";
import { fieldsOf, nested } from "./schema.js";
import { SourcePicker } from "./source-picker.js";
import { submitsJob } from "./submit.js";

const MAIN = /^(name|max_samples|seed)$/;
const LOOK = /^rendering\.(mode|font_size_px|overflow|alignment|line_height|margin_px)$/;
const form = /** @type {HTMLFormElement} */ (one("#custom-form"));

async function start() {
  const openapi = await get("/openapi.json");
  const fields = fieldsOf(openapi, "DatasetConfig").filter(({ path }) => !path.startsWith("columns."));
  const places = { "#main-fields": MAIN, "#look-fields": LOOK, "#more-look-fields": /^rendering\./, "#more-fields": /./ };
  const taken = new Set();
  const sets = Object.entries(places).map(([place, pattern]) => {
    const own = fields.filter(({ path }) => pattern.test(path) && !taken.has(path));
    for (const { path } of own) taken.add(path);
    return new FieldSet(one(place), own);
  });
  const publish = new FieldSet(one("#publish-fields"), fieldsOf(openapi, "PublishConfig", "publish."));
  const isPublished = control('[name="publish"]', form);

  const changes = () => Object.assign({}, ...sets.map((set) => set.changes()));
  function body() {
    const parts = isPublished.checked ? { publish: publish.values().publish } : {};
    return { ...nested(changes()), source: source.value(), columns: source.columns(), ...parts };
  }
  const preview = new PagePreview(one("#preview"), () => (source.isComplete ? { ...body(), name: "preview", publish: null } : null));
  const refresh = debounce(() => void preview.update(), 350);
  const source = new SourcePicker(form, openapi, refresh);

  const asked = new URLSearchParams(location.search).get("source");
  const draft = keepsDraft(form);
  if (asked) control(`[name="source_kind"][value="${CSS.escape(asked)}"]`, form).checked = true;
  for (const set of [...sets, publish]) set.mark();
  source.refresh();
  const showPublish = () => (one("#publish-fields").hidden = !isPublished.checked);
  showPublish();
  form.addEventListener("input", () => {
    showPublish();
    refresh();
  });
  watchesName(form);
  submitsJob(form, "/dataset/generate", body, draft.discard);
  form.removeAttribute("aria-busy");
}

void start();
