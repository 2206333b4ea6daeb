// What files are called once they are stored: plain, and never the name of another. Pure.

const LONGEST = 96;

/** @param {string} name @returns {[string, string]} stem, and suffix with its dot */
function parts(name) {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
}

/** Names on disk are plain; what a browser calls a file may not be. The suffix stays: it says the kind. @param {string} name */
export function plainName(name) {
  const [stem, suffix] = parts(name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/\.{2,}/g, "."));
  const kept = stem.slice(-(LONGEST - suffix.length)).replace(/^[^A-Za-z0-9]+/, "");
  return `${kept || "file"}${suffix}`.slice(0, LONGEST);
}

/**
 * Number a name that another file has: scan.pdf -> scan-2.pdf.
 * @param {string} name
 * @param {ReadonlySet<string>} taken
 */
export function freeName(name, taken) {
  const [stem, suffix] = parts(name);
  let free = name;
  for (let number = 2; taken.has(free); number += 1) {
    const mark = `-${number}${suffix}`;
    free = stem.slice(0, LONGEST - mark.length) + mark;
  }
  return free;
}
