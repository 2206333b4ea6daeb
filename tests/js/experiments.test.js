import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { sparklinePoints } = await import("../../web_ui/static/js/charts/sparkline.js");
const { findColumn, shownColumns } = await import("../../web_ui/static/js/experiments/columns.js");
const { jobsNotNamed, readComparison, writeComparison } =
  await import("../../web_ui/static/js/experiments/comparison-query.js");
const { distinctNames } = await import("../../web_ui/static/js/experiments/experiment-names.js");
const { filterExperiments, readTableQuery, sortExperiments, writeTableQuery } =
  await import("../../web_ui/static/js/experiments/table-query.js");

const makeExperiment = (title, values = {}, annotations = {}) => ({
  id: `id-${title}`,
  title,
  kind: "training",
  state: "succeeded",
  created: "2026-01-01",
  score: null,
  annotations: { name: null, tags: [], note: "", is_starred: false, ...annotations },
  ...values,
});
const titles = (experiments) => experiments.map(({ title }) => title).join(" ");

test("a sparkline fills its box, and a flat or a single value lies in its middle", () => {
  assert.equal(sparklinePoints([0, 50, 100], [2, 1, 0]), "2.0,2.0 48.0,11.0 94.0,20.0");
  assert.equal(sparklinePoints([1, 2], [3, 3]), "2.0,11.0 94.0,11.0");
  assert.equal(sparklinePoints([7], [3]), "94.0,11.0");
});

test("an address gives the same table again, and says only what is not as usual", () => {
  assert.equal(writeTableQuery(readTableQuery(new URLSearchParams(""))).size, 0);
  const address = "search=a+b&tag=x%26y&starred=1&sort=learning_rate&compared=1%2C2&columns=model%2Cstep";
  const query = readTableQuery(new URLSearchParams(address));
  assert.deepEqual([query.search, query.tag, query.isStarred], ["a b", "x&y", true]);
  assert.deepEqual([query.sort, query.isDescending, query.compared], ["learning_rate", false, ["1", "2"]]);
  assert.deepEqual(readTableQuery(writeTableQuery(query)), query);
  assert.equal(titles(shownColumns(query.columns)), "Model Steps");
});

test("an address without columns shows none besides the name", () => {
  assert.deepEqual(shownColumns(readTableQuery(new URLSearchParams("columns=")).columns), []);
});

test("filters hold together and look into names, tags and notes", () => {
  const all = [
    makeExperiment("first", {}, { name: "Große Läufe", tags: ["a"] }),
    makeExperiment("second", { kind: "evaluation", dataset: "News" }, { note: "too fast", is_starred: true }),
  ];
  const found = (values) =>
    titles(filterExperiments(all, { search: "", kind: "", state: "", tag: "", ...values }));
  assert.equal(found({}), "first second");
  assert.equal(found({ search: "große" }), "first");
  assert.equal(found({ search: "TOO FAST" }), "second");
  assert.equal(found({ search: "news", kind: "training" }), "");
  assert.equal(found({ tag: "a" }), "first");
  assert.equal(found({ isStarred: true }), "second");
});

test("what has no value stands last in both directions, and equal ones newest first", () => {
  const all = [
    makeExperiment("none", { learning_rate: null }),
    makeExperiment("small", { learning_rate: 1e-5 }),
    makeExperiment("large-old", { learning_rate: 1e-3 }),
    makeExperiment("large-new", { learning_rate: 1e-3, created: "2026-02-02" }),
  ];
  const column = findColumn("learning_rate");
  assert.equal(titles(sortExperiments(all, column, false)), "small large-new large-old none");
  assert.equal(titles(sortExperiments(all, column, true)), "large-new large-old small none");
});

test("names with numbers are sorted as people count", () => {
  const all = ["run-10", "run-9"].map((title) => makeExperiment(title));
  assert.equal(titles(sortExperiments(all, findColumn("name"), false)), "run-9 run-10");
});

test("a score stands in the column of its split only", () => {
  const one = makeExperiment("one", { score: { split: "validation", rouge_l: 0.5 } });
  assert.equal(findColumn("test_rouge_l").value(one), null);
  assert.equal(findColumn("validation_rouge_l").value(one), 0.5);
});

test("two experiments with one name are told apart by their ids", () => {
  const all = [makeExperiment("a"), makeExperiment("b", {}, { name: "a" }), makeExperiment("c")];
  assert.deepEqual(distinctNames(all), ["a (id-a)", "a (id-b)", "c"]);
});

test("the address of a comparison is that of its samples and of its jobs", () => {
  const query = readComparison(new URLSearchParams("job=1&job=2&baseline=2&search=x&offset=-5"));
  assert.deepEqual(query, { jobs: ["1", "2"], baseline: "2", search: "x", order: "disagreement", offset: 0 });
  assert.equal(String(writeComparison(query, "jobs")), "job=1&job=2&baseline=2");
  assert.deepEqual(jobsNotNamed(["1-a", "2-b"], "There is no job '2-b'."), ["1-a"]);
});
