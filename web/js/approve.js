// @ts-check
/**
 * Wires the page on which a person approves a document. It opens with `#request=TOKEN`, where `POST /approve/begin`
 * gives the token, and `&receipt=RECEIPT` for each receipt that others have got for the same request. These names
 * are stable:
 *
 *   body[data-ready]   present once the request is shown, or that it cannot be
 *   body[data-busy]    "true" from the press of the button until all that follows is shown
 *   #status            what has just happened, in a sentence; data-kind: "info", "done" or "error"; data-code
 *   #request           what is to be approved: #text, #issuer, #until, #takes, #hash (SHA-256, hexadecimal)
 *     #file #compared  compares a file with the hash
 *     #approve         asks for the passkey
 *   #cancel            ends a ceremony that waits for the passkey; shown only then
 *   #done              the receipt: #receipt, #copy, #save; #verdict says whether it verifies, data-accepted
 */

import { bytesOf, sha256 } from "./bytes.js";
import { element, input, onClick } from "./dom.js";
import * as portcullis from "./portcullis.js";
import { CeremonyError } from "./portcullis.js";
import { verifyReceipt } from "./verifier.js";
import { moment, sentenceOf, speak, words } from "./words.js";

/** What the browser answers where a prompt was shown and no passkey came of it. */
const UNANSWERED = ["dismissed", "key_declined", "no_screen_lock"];

/** @typedef {import("./portcullis.d.ts").ApprovalRequest} ApprovalRequest */
/** @typedef {import("./portcullis.d.ts").ApprovalReceipt} ApprovalReceipt */

const receiptField = /** @type {HTMLTextAreaElement} */ (element("receipt"));
const approveButton = /** @type {HTMLButtonElement} */ (element("approve"));

/** The request that is shown. @type {ApprovalRequest | null} */
let shown = null;

/** The ceremony that the button has started, until it is over. @type {AbortController | null} */
let running = null;

/** What the link carries. */
function link() {
  const fields = new URLSearchParams(location.hash.slice(1));
  return { token: fields.get("request") ?? "", receipts: fields.getAll("receipt") };
}

/**
 * @param {"info" | "done" | "error"} kind
 * @param {string} text
 * @param {string} [code]
 */
function say(kind, text, code = "") {
  const status = element("status");
  status.textContent = text;
  status.dataset["kind"] = kind;
  status.dataset["code"] = code;
}

/** @param {unknown} error */
function sayFailure(error) {
  const code = error instanceof portcullis.PortcullisError ? error.code : "internal";
  if (error instanceof CeremonyError && UNANSWERED.includes(error.reason)) {
    say("error", words("approve.unanswered"), code);
  } else if (code === "token_invalid" || code === "token_expired") {
    say("error", words(`approve.${code}`), code);
  } else {
    say("error", sentenceOf(error), code);
  }
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The document's SHA-256 as other programs print it. */
const shownHash = () => hex(bytesOf(shown?.document) ?? new Uint8Array());

/** Shows what the host says that the link asks for. */
async function open() {
  shown = null;
  element("request").hidden = true;
  element("done").hidden = true;
  const { token } = link();
  if (token === "") {
    say("info", words("approve.none"), "none");
    return;
  }
  try {
    shown = await portcullis.approvalRequest(token);
  } catch (error) {
    sayFailure(error);
    return;
  }
  const { text, issuer, expires, threshold, approvers } = shown;
  element("text").textContent = text;
  element("issuer").textContent = issuer;
  element("until").textContent = moment(expires);
  const names = approvers.join(", ");
  const takes = names === "" ? "approve.takes_any" : "approve.takes_named";
  element("takes").textContent = words(takes, { threshold, names });
  element("hash").textContent = shownHash();
  element("compared").textContent = "";
  approveButton.disabled = portcullis.obstacle() !== null;
  element("request").hidden = false;
  say("info", "");
}

/** Compares a file of the person's with what is to be approved. Nothing leaves the page. */
async function compare() {
  const file = input("file").files?.[0];
  if (file === undefined || shown === null) return;
  const hash = await sha256(new Uint8Array(await file.arrayBuffer()));
  const same = hash !== null && hex(hash) === shownHash();
  const compared = element("compared");
  compared.textContent = words(same ? "approve.same" : "approve.other", { name: file.name });
  compared.dataset["same"] = String(same);
}

async function approve() {
  if (running !== null) return;
  const controller = new AbortController();
  running = controller;
  document.body.dataset["busy"] = "true";
  say("info", words("say.asking"));
  const onPrompt = () => {
    say("info", words("say.prompt"), "prompt");
    element("cancel").hidden = false;
  };
  const { token, receipts } = link();
  try {
    const made = await portcullis.approve(token, { receipts, signal: controller.signal, onPrompt });
    const said = made.missing === 0 ? "approve.done" : "approve.done_missing";
    say("done", words(said, { count: made.missing }));
    approveButton.disabled = true;
    await showReceipt(made);
  } catch (error) {
    sayFailure(error);
  }
  element("cancel").hidden = true;
  running = null;
  document.body.dataset["busy"] = "false";
}

/** Shows the receipt, and verifies it as anybody else can. @param {ApprovalReceipt} made */
async function showReceipt({ receipt, missing }) {
  receiptField.value = receipt;
  element("done").hidden = false;
  element("done-title").focus();
  const verdict = element("verdict");
  try {
    const { document = "", threshold = 1 } = shown ?? {};
    const trust = await portcullis.receiptTrust(Math.max(1, threshold - missing));
    const { accepted, approvals = [], detail = "" } = await verifyReceipt({ receipt, document, trust });
    const names = approvals.map(({ approver }) => approver).join(", ");
    verdict.textContent = words(accepted ? "approve.verifies" : "approve.not_verified", { names, detail });
    verdict.dataset["accepted"] = String(accepted);
  } catch (error) {
    verdict.textContent = error instanceof Error ? error.message : String(error);
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(receiptField.value);
    say("done", words("approve.copied"));
  } catch {
    receiptField.select();
    say("info", words("approve.not_copied"));
  }
}

function save() {
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(new Blob([receiptField.value], { type: "application/jose" }));
  saved.download = "receipt.jws";
  saved.click();
  URL.revokeObjectURL(saved.href);
}

onClick("approve", approve);
onClick("copy", copy);
onClick("save", save);
onClick("cancel", () => running?.abort());
element("file").addEventListener("change", compare);
addEventListener("hashchange", () => running ?? open());

speak();
const hindered = portcullis.obstacle();
if (hindered !== null) {
  element("obstacle").textContent = words(`obstacle.${hindered}`);
  element("obstacle").hidden = false;
}
await open();
document.body.dataset["ready"] = "";
