// Writes the messages of the service in the words of a form: its labels instead of the paths of the API.

import { findElement, findElements } from "../base/dom.js";

/**
 * Replace the paths of fields by their labels. A path of one plain word, such as `name`, is one only where a sentence
 * of the service begins with it, or after "set": elsewhere it is a word.
 * @param {string} text
 * @param {Record<string, string>} labels path -> label
 */
export function replacePaths(text, labels) {
  if (!Object.keys(labels).length) return text;
  const paths = Object.keys(labels).sort((left, right) => right.length - left.length);
  const anyPath = paths.join("|").replaceAll(".", "\\.");
  const pattern = new RegExp(`(; |[Ss]et |)(?<![\\w./@-])\`?(${anyPath})\`?(?![\\w/]|[.:-]\\w)`, "g");
  return text.replace(pattern, (whole, before, path, offset) =>
    offset && !before && /^[a-z]+$/.test(path) ? whole : `${before}“${labels[path]}”`,
  );
}

/** Read the labels of a form. @param {ParentNode} form @returns {Record<string, string>} path -> label */
export const readLabels = (form) =>
  Object.fromEntries(
    findElements("[data-field]:has(label)", form).map((box) => [
      box.dataset.field,
      findElement("label", box).textContent?.trim() ?? "",
    ]),
  );

/**
 * Write an error in the words of a form. Where the message only repeats what stands beside fields, it names them.
 * @template {{message: string, hint: string, fields: Record<string, string>}} Refusal
 * @param {Refusal} error
 * @param {HTMLElement} form
 */
export function inLabels({ message, hint, fields }, form) {
  const labels = readLabels(form);
  const named = Object.keys(fields).filter((path) => path in labels);
  const [path, words] = Object.entries(fields)[0] ?? [];
  const repeats = path !== undefined && message.startsWith(`${path} ${words}`);
  const isAllNamed = named.length === Object.keys(fields).length;
  const names = named.map((path) => `“${labels[path]}”`).join(", ");
  return {
    message: repeats && isAllNamed ? `Correct ${names}, then try again.` : replacePaths(message, labels),
    hint: repeats && isAllNamed ? "" : replacePaths(hint, labels),
    fields: Object.fromEntries(
      Object.entries(fields).map(([path, text]) => [path, replacePaths(text, labels)]),
    ),
  };
}
