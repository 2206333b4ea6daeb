// The page of one study: what stands out, its figure, its cells, and its jobs as a whole.

import { API, get, post, sendRequest } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { describeProgress, isActive, hasReadings, makeCells } from "./experiments/study-cells.js";
import { makeCellMeasures } from "./experiments/study-measures.js";
import { makeTwins } from "./experiments/study-twins.js";
import { confirmAction, toast, toastError } from "./widgets/notify.js";

/** @typedef {import("./base/api-types.js").StudyReport} StudyReport */

const place = findElement("#study");
const name = place.dataset.name ?? "";
const FILES = ["study.json", "table.md", "table.tex", "figure.svg", "figure.pdf", "figure.png"];
const CELLS_NOTE =
  "ROUGE-L of the test split, 0 to 100, mean over the seeds, with the lowest and the highest. To the best: the mean difference to the highest cell on the same samples, with its 95% interval by paired bootstrap and the shares of samples won and lost. Tokens: of a document in the decoder, as the models read it, in the mean; text tokens: of its whole text in the models' vocabulary. Bold: no other cell costs as few tokens and scores higher.";
const MISREAD_NOTE =
  " Misread: character errors of the model before the training, which transcribes pages of the dataset.";
const REQUESTS = { pause: "Pause", resume: "Resume", cancel: "Cancel" };

const fileAddress = (/** @type {string} */ file) => `${API}/studies/${name}/files/${file}`;

/** @param {StudyReport} study */
function makeFigure(study) {
  const isScored = study.cells.some((cell) => cell.rouge_l !== null && cell.document_tokens !== null);
  if (!isScored) return null;
  const version = study.cells.map((cell) => cell.rouge_l).join();
  const image = makeElement("img", {
    class: "study__figure",
    src: `${fileAddress("figure.svg")}?${new URLSearchParams({ scores: version })}`,
    alt: "ROUGE-L of each cell against the tokens of a document; the table has the numbers.",
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
    makeElement(
      "section",
      { class: "card stack-s study-table" },
      makeElement("h2", {}, "Cells"),
      makeCells(study),
      makeElement("p", { class: "muted small" }, CELLS_NOTE, hasReadings(study) ? MISREAD_NOTE : ""),
    ),
    makeTwins(study),
    makeCellMeasures(study),
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
const describeSorting = ({ num_sorting: number }) =>
  number ? ` The samples of ${number} jobs are being sorted; differences follow.` : "";

/** The requests that some job of the study takes. @param {StudyReport} study @returns {(keyof typeof REQUESTS)[]} */
function possibleRequests(study) {
  if (isActive(study)) return ["pause", "resume", "cancel"];
  return study.num_failed ? ["resume"] : [];
}

/** @param {StudyReport} study */
function showActions(study) {
  const requests = possibleRequests(study);
  redraw(findElement("#study-actions"), [requests, isActive(study)], () => [
    ...requests.map((request) => makeButton(REQUESTS[request], "", () => sendRequestToAll(request))),
    ...(isActive(study) ? [] : [makeButton("Delete", " button--danger", deleteStudy)]),
  ]);
}

/** @param {string} label @param {string} look @param {() => Promise<void>} act */
function makeButton(label, look, act) {
  const button = makeElement("button", { type: "button", class: `button${look}` }, label);
  button.addEventListener("click", () => void act().catch(toastError));
  return button;
}

/** @param {keyof typeof REQUESTS} request */
async function sendRequestToAll(request) {
  const { num_changed: number } = await post(`/studies/${name}/${request}`);
  toast(`${number} jobs took the request.`);
  poller.now();
}

async function deleteStudy() {
  const text = "Its plan and its report are deleted. Its jobs, datasets and models stay.";
  if (!(await confirmAction({ title: `Delete the study ${name}?`, text, yes: "Delete the study" }))) return;
  await sendRequest("DELETE", `/studies/${name}`);
  location.assign(`${document.body.dataset.jobs}/studies`);
}

const poller = poll(async () => {
  const study = /** @type {StudyReport} */ (await get(`/studies/${name}`));
  findElement("#study-sentence").textContent =
    `${study.sentence} ${describeProgress(study)}.${describeSorting(study)}`;
  showActions(study);
  redraw(place, study, () => makePage(study));
  return isActive(study) || study.num_sorting > 0;
});
