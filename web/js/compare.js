// @ts-check

/**
 * How the page's own verdict compares with what the server said.
 *
 * @param {import("./verifier.js").Verdict} verdict
 * @param {{code: string, step: string | null} | null} problem null: the server took the response
 * @returns {{comparison: string, agrees: boolean}}
 */
export function compare(verdict, problem) {
  if (problem === null) {
    return verdict.accepted
      ? { comparison: "The server and this page ran the same verifier and agree.", agrees: true }
      : { comparison: "The server accepted this response, but this page's own check refuses it. Do not rely on this sign-in; report it to the site.", agrees: false };
  }
  if (problem.code === "unreachable" || problem.code === "unexpected_answer") {
    return { comparison: `Whether the server took it is not known (${problem.code}).`, agrees: true };
  }
  if (problem.step === null || problem.code === "credential_exists") {
    return { comparison: `The server did not take it, for a reason that is not in the response (${problem.code}).`, agrees: true };
  }
  if (verdict.accepted && (problem.step === "7.1.23" || problem.step === "7.1.24")) {
    return { comparison: `Which authenticators the server trusts, this page does not know: the server stopped at step ${problem.step} (${problem.code}).`, agrees: true };
  }
  if (problem.step === verdict.step) {
    return { comparison: "The server and this page refuse it at the same step.", agrees: true };
  }
  if (verdict.code === "backup_eligibility_changed" && problem.code === "signature_invalid") {
    return {
      comparison: `The server tells nothing of the stored passkey before the signature verifies: it stopped at step ${problem.step} (${problem.code}).`,
      agrees: true,
    };
  }
  if (verdict.code === "credential_missing") {
    return {
      comparison: `This page does not hold the stored key, so it skipped the steps that need it; the server stopped at step ${problem.step} (${problem.code}).`,
      agrees: true,
    };
  }
  return {
    comparison: `With what this page knows, its own check ends differently; the server stopped at step ${problem.step} (${problem.code}).`,
    agrees: false,
  };
}
