// @ts-check
/**
 * The page on which people approve documents: what there is, what exactly is approved, the receipts.
 */

import { CeremonyError, create, get } from "/passkeys/js/portcullis.js";
import { verifyReceipt } from "/passkeys/js/verifier.js";
import { sentenceOf } from "/passkeys/js/words.js";

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @typedef {object} ApprovalRequest
 * @property {string} issuer
 * @property {string} id
 * @property {number} expires seconds since 1970
 * @property {string} document the SHA-256, in base64url
 * @property {string} text the document's name
 */

/** @type {{request: ApprovalRequest, publicKey: PublicKeyCredentialRequestOptionsJSON} | null} */
let begun = null;

/**
 * @param {string} path
 * @param {object} [body] sent with POST
 * @returns {Promise<any>}
 */
async function call(path, body) {
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: body ? { "content-type": "application/json" } : {},
    body: body && JSON.stringify(body),
    credentials: "omit",
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${json.detail} (${json.code})`);
  return json;
}

/**
 * Runs one action at a time, and says how it failed.
 *
 * @param {() => Promise<string>} action returns what to say
 */
async function run(action) {
  if (document.body.dataset.busy === "true") return;
  document.body.dataset.busy = "true";
  say("", "");
  try {
    say(await action(), "done");
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    say(error instanceof CeremonyError ? sentenceOf(error) : said, "error");
  }
  document.body.dataset.busy = "false";
}

/**
 * @param {string} text
 * @param {string} kind
 */
function say(text, kind) {
  at("status").textContent = text;
  at("status").dataset.kind = kind;
}

/**
 * @param {string} name
 * @param {string} text
 */
function element(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/**
 * @param {string} text
 * @param {() => Promise<string>} action
 */
function button(text, action) {
  const button = /** @type {HTMLButtonElement} */ (element("button", text));
  button.type = "button";
  button.addEventListener("click", () => run(action));
  return button;
}

/** Lists what can be approved. */
async function listDocuments() {
  const { policies } = await call("/policies");
  at("policies").replaceChildren(
    ...policies.map((/** @type {any} */ policy) => {
      const section = element("section", "");
      section.className = "card";
      const list = element("ul", "");
      for (const { name, length } of policy.documents) {
        const item = element("li", `${name}, ${length} bytes `);
        const review = button("Review", () => begin(policy.issuer, name));
        review.dataset.document = name;
        item.append(review);
        list.append(item);
      }
      section.append(element("h2", policy.issuer), element("p", `${policy.threshold} approvals required`), list);
      return section;
    }),
  );
}

/** Lists the receipts that there are, and who has approved what is shown. */
async function listReceipts() {
  const { requests } = await call("/requests");
  const signed = requests.filter((/** @type {any} */ { receipt }) => receipt);
  at("receipts").replaceChildren(
    ...signed.map((/** @type {any} */ { request, approvers, receipt }) => {
      const item = element("li", `${request.text}, approved by ${approvers.join(", ")} `);
      const link = /** @type {HTMLAnchorElement} */ (element("a", "Download the receipt"));
      link.href = receipt;
      item.append(link, " ", button("Verify", () => verify(request, receipt)));
      return item;
    }),
  );
  const shown = requests.find((/** @type {any} */ { request }) => request.id === begun?.request.id);
  at("approvers").textContent = shown?.approvers.join(", ") || "nobody yet";
}

/**
 * Shows what is about to be approved. The hash is that of the bytes that this page has got.
 *
 * @param {string} issuer
 * @param {string} name
 */
async function begin(issuer, name) {
  at("approval").hidden = true;
  begun = null;
  const answer = await call("/approve/begin", { issuer, document: name });
  const address = `/documents/${encodeURIComponent(issuer)}/${encodeURIComponent(name)}`;
  const bytes = await (await fetch(address, { credentials: "omit" })).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (base64url(hash) !== answer.request.document) {
    throw new Error("The document has changed. Review it again.");
  }
  begun = answer;
  at("document").textContent = name;
  /** @type {HTMLAnchorElement} */ (at("document")).href = address;
  at("hash").textContent = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  at("issuer").textContent = issuer;
  at("expires").textContent = new Date(answer.request.expires * 1000).toLocaleString();
  await listReceipts();
  at("approval").hidden = false;
  return "Read the document, compare the hash, then approve.";
}

async function approve() {
  if (begun === null) return "";
  const { request, publicKey } = begun;
  const response = await get(publicKey, "optional", new AbortController().signal);
  const { missing } = await call("/approve/complete", { id: request.id, response });
  await listReceipts();
  return missing === 0 ? "Approved and signed." : `Approved. Approvals missing: ${missing}.`;
}

/**
 * Verifies a receipt here, with what this gateway says is to be trusted.
 *
 * @param {ApprovalRequest} request
 * @param {string} address
 */
async function verify(request, address) {
  const receipt = await (await fetch(address, { credentials: "omit" })).text();
  const trust = await call(`/trust/${encodeURIComponent(request.issuer)}`);
  const verdict = await verifyReceipt({ receipt, document: request.document, trust });
  at("verdict").dataset.accepted = String(verdict.accepted);
  at("verdict").textContent = verdict.accepted
    ? `The receipt verifies: “${verdict.text}”, approved by ${verdict.approvals.map(({ approver }) => approver).join(", ")}.`
    : `The receipt does not verify: ${verdict.detail}`;
  return "";
}

/** Creates a passkey, and shows what the approvers' file has to say of it. The token verifies ES256 only. */
async function enrol() {
  const name = /** @type {HTMLInputElement} */ (at("name")).value;
  const { publicKey, challenge_token } = await call("/passkeys/register/begin", { username: name });
  publicKey.pubKeyCredParams = publicKey.pubKeyCredParams.filter(({ alg }) => alg === -7);
  const attestation = await create(publicKey, new AbortController().signal);
  const { credential } = await call("/passkeys/register/complete", { attestation, challenge_token });
  at("line").textContent = JSON.stringify({ name, credentials: [credential] });
  return "The passkey was created.";
}

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

at("enrol").addEventListener("submit", (event) => {
  event.preventDefault();
  run(enrol);
});
at("approve").addEventListener("click", () => run(approve));
await run(async () => {
  await listDocuments();
  await listReceipts();
  return "";
});
document.body.dataset.ready = "";
