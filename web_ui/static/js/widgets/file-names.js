// Names of stored files: safe characters only, each name once. Pure.

const MAX_NAME_CHARACTERS = 96;

/** @param {string} name @returns {[string, string]} stem, and suffix with the dot */
function splitSuffix(name) {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
}

/**
 * Replace every character that a stored name may not have. The suffix stays: it tells the file type.
 * @param {string} name
 */
export function sanitizeFileName(name) {
  const [stem, suffix] = splitSuffix(name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/\.{2,}/g, "."));
  const kept = stem.slice(-(MAX_NAME_CHARACTERS - suffix.length)).replace(/^[^A-Za-z0-9]+/, "");
  return `${kept || "file"}${suffix}`.slice(0, MAX_NAME_CHARACTERS);
}

/**
 * Number a name that is taken: scan.pdf -> scan-2.pdf.
 * @param {string} name
 * @param {ReadonlySet<string>} taken
 */
export function uniqueFileName(name, taken) {
  const [stem, suffix] = splitSuffix(name);
  let free = name;
  for (let number = 2; taken.has(free); number += 1) {
    const numberedSuffix = `-${number}${suffix}`;
    free = stem.slice(0, MAX_NAME_CHARACTERS - numberedSuffix.length) + numberedSuffix;
  }
  return free;
}
