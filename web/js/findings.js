// @ts-check
/**
 * What is wrong and what to change, as a list: the diagnosis of a verdict, or concerns about options.
 */

import { make } from "./dom.js";
import { words } from "./words.js";

/** @typedef {{code: string, text: string, proven?: boolean, gravity?: string}} Finding */

/**
 * @param {HTMLElement} list
 * @param {Finding[]} findings
 */
export function showFindings(list, findings) {
  list.replaceChildren(
    ...findings.map(({ code, text, proven, gravity }) => {
      const item = make("li", "finding");
      const kind = gravity ?? (proven ? "proven" : "guess");
      item.dataset["code"] = code;
      item.dataset["kind"] = kind;
      const said = make("p", "finding-text", ...formatted(text));
      // Written by the verifier.
      said.lang = "en";
      const label = words(gravity === undefined ? `diagnosis.${kind}` : `policy.${kind}`);
      item.append(said, make("p", "finding-kind", label, " ", make("code", "", code)));
      return item;
    }),
  );
}

/**
 * A text with its code between backticks.
 *
 * @param {string} text
 */
export const formatted = (text) =>
  text.split("`").map((piece, index) => (index % 2 === 1 ? make("code", "", piece) : piece));
