// The page of one study: what stands out, its figure, its cells, and its jobs as a whole.

import { API, get, post } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { describeProgress, isActive, makeCells } from "./experiments/study-cells.js";
import { toast, toastError } from "./widgets/notify.js";

/** @typedef {import("./base/api-types.js").StudyReport} StudyReport */

const place = findElement("#study");
const name = place.dataset.name ?? "";
const FILES = ["study.json", "table.md", "table.tex", "figure.svg", "figure.pdf", "figure.png"];
const REQUESTS = /** @type {const} */ ({ pause: "Pause", resume: "Resume", cancel: "Cancel" });

const fileAddress = (/** @type {string} */ file) => `${API}/studies/${name}/files/${file}`;

/** @param {StudyReport} study */
function makeFigure(study) {
  const isScored = study.cells.some((cell) => cell.rouge_l !== null && cell.vision_tokens !== null);
  if (!isScored) return null;
  const version = study.cells.map((cell) => cell.rouge_l).join();
  const image = makeElement("img", {
    class: "study__figure",
    src: `${fileAddress("figure.svg")}?${new URLSearchParams({ scores: version })}`,
    alt: "ROUGE-L of each cell against the vision tokens of a document; the table has the numbers.",
  });
  image.addEventListener("error", () =>
    image.replaceWith(
      makeElement(
        "p",
        { class: "muted small" },
        "The figure cannot be drawn by this service: ask the training service.",
      ),
    ),
  );
  return makeElement("section", { class: "card", "aria-label": "Figure" }, image);
}

/** @param {StudyReport} study */
function makePage(study) {
  const links = FILES.map((file) =>
    makeElement("a", { href: fileAddress(file), download: `${name}-${file}` }, file),
  );
  return [
    makeFigure(study),
    makeElement("section", { class: "card stack-s" }, makeElement("h2", {}, "Cells"), makeCells(study)),
    makeElement(
      "section",
      { class: "card stack-s" },
      makeElement("h2", {}, "Files"),
      makeElement(
        "p",
        { class: "muted small" },
        "study.json repeats the study: deepsynth study start --from study.json.",
      ),
      makeElement("div", { class: "row" }, ...links),
    ),
  ].filter((part) => part !== null);
}

/** @param {StudyReport} study */
function showActions(study) {
  const wanted = isActive(study) ? ["pause", "resume", "cancel"] : [];
  redraw(findElement("#study-actions"), wanted, () =>
    Object.entries(REQUESTS)
      .filter(([request]) => wanted.includes(request))
      .map(([request, label]) => {
        const button = makeElement("button", { type: "button", class: "button" }, label);
        button.addEventListener("click", async () => {
          try {
            const { num_changed: number } = await post(`/studies/${name}/${request}`);
            toast(`${number} jobs took the request.`);
            poller.now();
          } catch (error) {
            toastError(error);
          }
        });
        return button;
      }),
  );
}

const poller = poll(async () => {
  const study = /** @type {StudyReport} */ (await get(`/studies/${name}`));
  findElement("#study-sentence").textContent = `${study.sentence} ${describeProgress(study)}.`;
  showActions(study);
  redraw(place, study, () => makePage(study));
  return isActive(study);
});
