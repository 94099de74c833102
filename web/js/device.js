// @ts-check
/**
 * The dialog that adds another device: a QR code, and the same link to be copied or typed.
 */

import { element, onClick } from "./dom.js";
import * as portcullis from "./portcullis.js";
import { time, words } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Light modules around a code, without which a camera does not find it. */
const QUIET_ZONE = 4;

/** How often the account is asked whether the passkey is there, in milliseconds. */
const LOOK_EVERY = 2_000;

/**
 * Shows a link until a passkey was added with it, it is over, or the person closes the dialog.
 *
 * @param {import("./portcullis.d.ts").DeviceLink} link
 * @param {string[]} before the ids of the passkeys that the account had
 * @returns {Promise<boolean>} whether a passkey was added
 */
export function showLink({ link, expires, qr }, before) {
  const dialog = /** @type {HTMLDialogElement} */ (element("link"));
  element("link-qr").replaceChildren(drawn(qr));
  element("link-text").textContent = link;
  element("link-until").textContent = words("link.until", { when: time(expires) });
  element("link-said").textContent = "";
  dialog.returnValue = "";
  dialog.showModal();
  element("link-text").focus();
  const look = async () => {
    if (Date.now() > Date.parse(expires)) return dialog.close("");
    const held = await portcullis.credentials().catch(() => []);
    if (held.some(({ id }) => !before.includes(id))) dialog.close("added");
  };
  const looking = setInterval(look, LOOK_EVERY);
  return new Promise((resolve) => {
    const closed = () => {
      clearInterval(looking);
      // Nobody who sees this page later should see the link.
      element("link-qr").replaceChildren();
      element("link-text").textContent = "";
      resolve(dialog.returnValue === "added");
    };
    dialog.addEventListener("close", closed, { once: true });
  });
}

/** @param {{size: number, path: string}} qr */
function drawn({ size, path }) {
  const svg = document.createElementNS(SVG, "svg");
  const side = size + 2 * QUIET_ZONE;
  svg.setAttribute("viewBox", `${-QUIET_ZONE} ${-QUIET_ZONE} ${side} ${side}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words("link.qr"));
  const modules = document.createElementNS(SVG, "path");
  modules.setAttribute("d", path);
  svg.append(modules);
  return svg;
}

async function copy() {
  const text = element("link-text");
  try {
    await navigator.clipboard.writeText(text.textContent ?? "");
    element("link-said").textContent = words("link.copied");
  } catch {
    getSelection()?.selectAllChildren(text);
    element("link-said").textContent = words("link.not_copied");
  }
}

/** Wires the dialog's buttons. */
export function wireLink() {
  onClick("link-copy", copy);
  onClick("link-close", () => /** @type {HTMLDialogElement} */ (element("link")).close(""));
}
