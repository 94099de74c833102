// @ts-check
/**
 * A text in the fragment of an address, deflated: what a person shares. A fragment is not sent.
 */

import { base64urlOf, bytesOf } from "./bytes.js";

const NAME = "#text=";

/** Characters of a link that chats and mail programs still take. */
const LINK_MAX = 30_000;

/** Bytes that are inflated: the fragment is anybody's. */
const INFLATED_MAX = 1_048_576;

/** A text that is too long for a link. */
export class TooLong extends Error {}

/**
 * @param {string} text
 * @returns {Promise<string>} the fragment
 */
export async function fragmentOf(text) {
  const deflated = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  const fragment = NAME + base64urlOf(bytes);
  if (fragment.length > LINK_MAX) throw new TooLong();
  return fragment;
}

/** Whether a fragment holds a text. @param {string} fragment */
export const isShared = (fragment) => fragment.startsWith(NAME);

/**
 * The text in a fragment; null where it is cut.
 *
 * @param {string} fragment
 */
export async function textOf(fragment) {
  const bytes = bytesOf(fragment.slice(NAME.length));
  if (bytes === null) return null;
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, length] = ["", 0];
  try {
    const reader = inflated.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > INFLATED_MAX) return null;
      text += decoder.decode(read.value, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    return null;
  }
}
