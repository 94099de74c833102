// @ts-check

import { words } from "./words.js";

/**
 * How the page's own verdict compares with what the server said.
 *
 * @param {import("./verifier.js").Verdict} verdict
 * @param {{code: string, step: string | null} | null} problem null: the server took the response
 * @returns {{comparison: string, agrees: boolean}}
 */
export function compare(verdict, problem) {
  const is = (/** @type {string} */ key, agrees = true) => ({
    comparison: words(`compare.${key}`, { code: problem?.code ?? "", step: problem?.step ?? "" }),
    agrees,
  });
  if (problem === null) return verdict.accepted ? is("agree") : is("only_server", false);
  if (problem.code === "unreachable" || problem.code === "unexpected_answer") return is("unknown");
  if (problem.step === null || problem.code === "credential_exists") return is("not_in_response");
  if (verdict.accepted && (problem.step === "7.1.23" || problem.step === "7.1.24")) return is("trust");
  if (problem.step === verdict.step) return is("same_step");
  if (verdict.code === "backup_eligibility_changed" && problem.code === "signature_invalid") return is("unsigned");
  if (verdict.code === "credential_missing") return is("no_key");
  return is("other", false);
}
