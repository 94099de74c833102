// @ts-check
/**
 * Sign-in from the name field's suggestions: a request that waits, unseen, until a person picks a
 * passkey there.
 */

import { authenticateBegin } from "./api.js";
import { get, hasAutofill } from "./webauthn.js";

/** Part of a challenge's life after which a new one takes its place. */
const RENEW_AFTER = 3 / 4;

/**
 * @typedef {import("./api.js").Begun<PublicKeyCredentialRequestOptionsJSON>} BegunAuthentication
 */

export class Autofill {
  /** @type {AbortController | null} */
  #waiting = null;
  #onPicked;

  /** @param {(begun: BegunAuthentication, response: AuthenticationResponseJSON) => void} onPicked */
  constructor(onPicked) {
    this.#onPicked = onPicked;
  }

  /** Waits for a pick until `stop`. At most one request waits, and one that waits goes on. */
  start() {
    if (this.#waiting) return;
    const controller = new AbortController();
    this.#waiting = controller;
    this.#wait(controller).catch(() => {
      // Nobody asked for this request: that the browser settled it without a passkey, or that the
      // server had no challenge to give, is not worth a word. The buttons will say what is wrong.
      if (this.#waiting === controller) this.stop();
    });
  }

  /** After this the browser is free for another request. */
  stop() {
    this.#waiting?.abort();
    this.#waiting = null;
  }

  /** @param {AbortController} controller */
  async #wait(controller) {
    const { signal } = controller;
    await seen(signal);
    if (!(await hasAutofill()) || signal.aborted) return;
    const begun = await authenticateBegin(null, { signal });
    const { timeout } = begun.publicKey;
    if (timeout !== undefined) {
      const renewal = setTimeout(() => this.#renew(), timeout * RENEW_AFTER);
      signal.addEventListener("abort", () => clearTimeout(renewal));
    }
    const response = await get(begun.publicKey, "conditional", signal);
    if (signal.aborted) return;
    this.stop();
    this.#onPicked(begun, response);
  }

  #renew() {
    this.stop();
    this.start();
  }
}

/**
 * Resolves once the page is in view: one that nobody sees asks the server for nothing.
 *
 * @param {AbortSignal} signal
 */
async function seen(signal) {
  if (!document.hidden) return;
  await new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
  });
}
