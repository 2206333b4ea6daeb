// The same request as a command and as a program, to copy.

import { makeElement } from "../base/dom.js";
import { makeCopyButton } from "../widgets/copy-button.js";
import { CHAT_API } from "./chat.js";

const ADDRESS = new URL(CHAT_API, location.href).href;

/** @param {string} model name of the model that is asked */
export function makePrograms(model) {
  return [
    makeProgram("curl", curlCommand(model)),
    makeProgram("Python, package openai", pythonProgram(model)),
    makeProgram("Command line", `deepsynth ask --model ${model} document.pdf`),
  ];
}

/** @param {string} name @param {string} text */
const makeProgram = (name, text) =>
  makeElement(
    "div",
    { class: "stack-s" },
    makeElement("div", { class: "row row--apart" }, makeElement("h3", {}, name), makeCopyButton(text)),
    makeElement("pre", { class: "program", tabindex: 0, role: "region", "aria-label": name }, text),
  );

const needsToken = "needsToken" in document.body.dataset;

/** @param {string} model */
function curlCommand(model) {
  const token = needsToken ? `  -H "Authorization: Bearer $DEEPSYNTH_API_TOKEN" \\\n` : "";
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "The text of the document." }] });
  return `curl -sS ${ADDRESS}/chat/completions \\\n${token}  -H "Content-Type: application/json" \\\n  -d '${body}'`;
}

/** @param {string} model */
function pythonProgram(model) {
  const key = needsToken ? 'os.environ["DEEPSYNTH_API_TOKEN"]' : '"none"';
  return [
    ...(needsToken ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${ADDRESS}", api_key=${key})`,
    'message = {"role": "user", "content": "The text of the document."}',
    `answer = client.chat.completions.create(model="${model}", messages=[message])`,
    "print(answer.choices[0].message.content)",
  ].join("\n");
}
