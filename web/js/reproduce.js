// @ts-check
/**
 * A check as something that runs elsewhere: a test in Rust, and calls of a host.
 */

/** @typedef {import("./verifier.js").Verdict} Verdict */

/**
 * A test that holds the check and its verdict.
 *
 * @param {string} check
 * @param {Verdict} verdict
 */
export function asRust(check, verdict) {
  const name = verdict.accepted ? "accepted" : [verdict.code, ...(verdict.step?.split(".") ?? [])].join("_");
  const begins = verdict.accepted
    ? `{"accepted":true,`
    : `{"accepted":false,"code":"${verdict.code}","step":"${verdict.step}",`;
  const judged =
    verdict.code === "not_a_check"
      ? `    let refused = verify_check(&mut check, &Crypto::BUILT_IN, &mut verdict);
    assert!(refused.is_err(), "{verdict}");`
      : `    verify_check(&mut check, &Crypto::BUILT_IN, &mut verdict).expect("a check");
    assert!(
        verdict.starts_with(r#"${begins}"#),
        "{verdict}"
    );`;
  return `use portcullis_core::{Crypto, check::verify_check};

#[test]
fn ${name}() {
    let check = ${rawString(check)};
    let mut check = check.as_bytes().to_vec();
    let mut verdict = String::new();
${judged}
}
`;
}

/**
 * A raw string of Rust, with as many `#` as it takes.
 *
 * @param {string} text
 */
function rawString(text) {
  const longest = Math.max(0, ...(text.match(/"#*/g) ?? []).map((run) => run.length));
  const fence = "#".repeat(longest);
  return `r${fence}"${text}"${fence}`;
}

const CALLS = {
  registration: { path: "register", member: "attestation", begin: { username: "case" } },
  authentication: { path: "authenticate", member: "assertion", begin: {} },
};

/**
 * Calls that begin a ceremony and answer it with the response.
 *
 * @param {any} check
 */
export function asCurl(check) {
  const { path, member, begin } = check?.kind === "registration" ? CALLS.registration : CALLS.authentication;
  const origin = check?.origins?.[0];
  const host = typeof origin === "string" && /^https?:\/\/[\w.:-]+$/.test(origin) ? origin : "http://localhost:8000";
  const response = JSON.stringify(check?.response ?? null, null, 1);
  return `host=${host}
token=$(curl -sS "$host/${path}/begin" -H 'Content-Type: application/json' -d '${JSON.stringify(begin)}' |
  sed 's/.*"challenge_token":"\\([^"]*\\)".*/\\1/')
sed "1s|TOKEN|$token|" <<'CASE' | curl -sS "$host/${path}/complete" -H 'Content-Type: application/json' --data-binary @-
{"challenge_token":"TOKEN","${member}":${response}}
CASE
`;
}
