// The groups of the settings of a training. A setting without a group comes under "More".

import { findElement, makeElement } from "../base/dom.js";
import { drawField } from "./draw-field.js";

/** @type {Record<string, RegExp>} */
const GROUPS = {
  "What trains": /^(train|revision|prompt|init|lora|freeze|router)/,
  "Length and batches": /^(num_train_epochs|max_steps|per_device|gradient_acc|max_length|auto|group)/,
  "Optimizer and schedule": /^(learning_rate|weight_decay|lr_|warmup|max_grad|optim|adam)/,
  "Precision and memory": /^(bf16|gradient_checkpointing|feature|cache|dataloader)/,
  "Evaluation and checkpoints":
    /^(eval|num_eval|save|logging|early|metric|load_best|generation|patience|report)/,
};

/**
 * Draw fields in their groups.
 * @param {HTMLElement} container
 * @param {import("./draw-field.js").Field[]} fields
 */
export function drawFieldGroups(container, fields) {
  const groupOf = (/** @type {string} */ path) =>
    Object.keys(GROUPS).find((title) => GROUPS[title].test(path)) ?? "More";
  for (const title of [...Object.keys(GROUPS), "More"]) {
    const members = fields.filter((field) => groupOf(field.path) === title);
    if (!members.length) continue;
    const box = makeElement(
      "fieldset",
      { class: "group" },
      makeElement("legend", { class: "group__title" }, title),
      makeElement("div", { class: "fields" }),
    );
    findElement(".fields", box).append(...members.map(drawField));
    container.append(box);
  }
}
