// Which words of two texts differ: the longest common subsequence of their words, as ROUGE-L compares them.

import { makeElement } from "../base/dom.js";

const MAX_CELLS = 4_000_000; // of the table of two texts: 2,000 words each take 20 ms

/** @param {string} text @returns {string[]} words and the white space between them, alternating */
const split = (text) => text.split(/(\s+)/u);

/** @param {string} word how two words are compared: without case and punctuation at their ends */
const key = (word) => word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");

/**
 * Return for both texts whether each word is in the longest common subsequence.
 * @param {string[]} first
 * @param {string[]} second
 * @returns {[boolean[], boolean[]]}
 */
export function commonWords(first, second) {
  const width = second.length + 1;
  const lengths = new Uint32Array((first.length + 1) * width);
  for (let row = first.length - 1; row >= 0; row -= 1)
    for (let column = second.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        first[row] === second[column]
          ? lengths[(row + 1) * width + column + 1] + 1
          : Math.max(lengths[(row + 1) * width + column], lengths[row * width + column + 1]);
  const common = /** @type {[boolean[], boolean[]]} */ ([first.map(() => false), second.map(() => false)]);
  for (let row = 0, column = 0; row < first.length && column < second.length;) {
    if (first[row] === second[column]) common[0][row++] = common[1][column++] = true;
    else if (lengths[(row + 1) * width + column] >= lengths[row * width + column + 1]) row += 1;
    else column += 1;
  }
  return common;
}

/**
 * Make both texts with their different words marked.
 * @param {string} prediction
 * @param {string} reference
 * @param {string[]} unsupported words of the prediction that the document does not hold
 * @returns {[Node[], Node[]]}
 */
export function markDifferences(prediction, reference, unsupported) {
  const texts = [split(prediction), split(reference)];
  const keys = texts.map((parts) => parts.filter((_, index) => index % 2 === 0).map(key));
  const isTooLong = keys[0].length * keys[1].length > MAX_CELLS;
  const common = isTooLong ? keys.map((words) => words.map(() => true)) : commonWords(keys[0], keys[1]);
  const strange = new Set(unsupported.map(key));
  return [
    markWords(texts[0], common[0], "extra", strange),
    markWords(texts[1], common[1], "missing", new Set()),
  ];
}

/**
 * @param {string[]} parts words and white space, alternating
 * @param {boolean[]} isCommon by word
 * @param {"extra" | "missing"} difference
 * @param {Set<string>} strange words that the document does not hold
 */
function markWords(parts, isCommon, difference, strange) {
  return parts.map((part, index) => {
    if (index % 2 || !part) return document.createTextNode(part);
    const isStrange = strange.has(key(part));
    if (isCommon[index / 2] && !isStrange) return document.createTextNode(part);
    const kinds = [isCommon[index / 2] ? "" : `word--${difference}`, isStrange ? "word--unsupported" : ""];
    return makeElement(
      "mark",
      { class: `word ${kinds.join(" ")}`, title: isStrange ? "Not in the document" : null },
      part,
    );
  });
}
