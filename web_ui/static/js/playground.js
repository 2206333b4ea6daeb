// The playground: a document, one or two warm models, and their summaries beside the pages.

import { ApiError } from "./base/api.js";
import { findElement } from "./base/dom.js";
import { redraw } from "./base/redraw.js";
import { Answer } from "./playground/answer.js";
import { askModel } from "./playground/chat.js";
import { DocumentInput } from "./playground/document.js";
import { ModelChoice } from "./playground/models.js";
import { makePrograms } from "./playground/programs.js";

const MAX_ANSWERS = 20;
const answers = findElement("#answers");
const ask = /** @type {HTMLButtonElement} */ (findElement("#ask"));
const stop = findElement("#stop");
let running = new AbortController();

/** @param {string} message empty: nothing is wrong */
function refuse(message) {
  const notice = findElement("#playground-error");
  findElement("p", notice).textContent = message;
  notice.hidden = !message;
}

const input = new DocumentInput(refuse);
const models = new ModelChoice(refuse);

ask.addEventListener("click", async () => {
  refuse("");
  const parts = await input.parts();
  const cold = models.names.filter((name) => !models.isWarm(name));
  if (!parts.length) return refuse("Drop a document, or type its text.");
  if (!models.names.length) return refuse("There is no model yet. Train one first.");
  if (cold.length) return refuse(`${cold.join(" and ")} is not ready. Press Load, and wait until it is.`);
  running = new AbortController();
  ask.disabled = true;
  stop.hidden = false;
  const name = input.name;
  await Promise.all(models.names.map((model) => answerBy(model, name, parts)));
  ask.disabled = false;
  stop.hidden = true;
});
stop.addEventListener("click", () => running.abort());

/** @param {string} model @param {string} name of the document @param {import("./playground/document.js").Part[]} parts */
async function answerBy(model, name, parts) {
  const answer = new Answer(model, name);
  findElement("#no-answer").hidden = true;
  answers.prepend(answer.element);
  for (const old of [...answers.querySelectorAll(":scope > .card:not(#no-answer)")].slice(MAX_ANSWERS))
    old.remove();
  const listener = {
    onFacts: answer.addFacts.bind(answer),
    onText: answer.addText.bind(answer),
    onEnd: answer.end.bind(answer),
  };
  try {
    await askModel(model, parts, listener, running.signal);
  } catch (error) {
    answer.fail(describeFault(error));
  }
}

/** @param {unknown} error */
function describeFault(error) {
  if (error instanceof DOMException && error.name === "AbortError") return "You stopped it.";
  if (error instanceof ApiError) return error.message;
  return "The service does not answer. Is it still running?";
}

function showPrograms() {
  const [model = "MODEL"] = models.names;
  redraw(findElement("#programs"), [model], () => makePrograms(model));
}
findElement("#models").addEventListener("change", showPrograms);
new MutationObserver(showPrograms).observe(findElement("#models"), { childList: true });
showPrograms();
