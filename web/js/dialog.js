// @ts-check
/**
 * One question at a time, in a dialog.
 */

import { element, input } from "./dom.js";
import { words } from "./words.js";

/** What cannot be taken back. */
const DESTROYS = ["delete", "remove"];

/**
 * Asks; null: the person would rather not.
 *
 * @param {string} about the key of its words: `ask.<about>`, `ask.<about>_text`, `ask.<about>_go`
 * @param {Record<string, string>} values
 * @param {string} [typed] with it a field is shown that holds this
 * @returns {Promise<string | null>} what the field holds in the end
 */
export function ask(about, values, typed) {
  const dialog = /** @type {HTMLDialogElement} */ (element("ask"));
  const field = input("ask-input");
  element("ask-title").textContent = words(`ask.${about}`, values);
  element("ask-text").textContent = words(`ask.${about}_text`, values);
  element("ask-go").textContent = words(`ask.${about}_go`, values);
  element("ask-go").classList.toggle("danger", DESTROYS.includes(about));
  field.hidden = typed === undefined;
  field.value = typed ?? "";
  dialog.returnValue = "";
  dialog.showModal();
  (field.hidden ? element("ask-cancel") : field).focus();
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === "go" ? field.value.trim() : null);
    dialog.addEventListener("close", closed, { once: true });
  });
}

/** Wires the dialog's buttons. */
export function wireDialog() {
  const dialog = /** @type {HTMLDialogElement} */ (element("ask"));
  element("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close("go");
  });
  element("ask-cancel").addEventListener("click", () => dialog.close(""));
}
