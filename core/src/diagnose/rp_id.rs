//! The authenticator acted for another RP ID: whose hash is it?

use super::written::{self, Cut, is_one_of};
use super::{Diagnosis, Findings, Rejected, Work, client_member, origin};

/// Parents of a host that are tried.
const PARENTS_MAX: usize = 5;

/// A hash whose name is looked for.
struct Search<'s, 'c, 'w, 'f> {
    wanted: &'s [u8; 32],
    /// The RP ID of the check, for the sentence.
    expected: &'s str,
    work: &'s mut Work<'c>,
    findings: &'s mut Findings<'w>,
    found: &'f mut bool,
}

impl Search<'_, '_, '_, '_> {
    fn is(&mut self, name: &str) -> bool {
        !*self.found && self.work.sha256(&[name.as_bytes()]).as_ref() == Some(self.wanted)
    }

    fn try_name(&mut self, name: &str, code: Diagnosis, what: &str) {
        if self.is(name) {
            *self.found = true;
            let expected = self.expected;
            self.findings.proven(
                code,
                format_args!(
                    "The authenticator acted for the RP ID {}, and the check says {}: {what}.",
                    Cut(name),
                    Cut(expected)
                ),
            );
        }
    }

    /// The host and what is above it, down to two labels.
    fn try_parents(&mut self, host: &str, code: Diagnosis, what: &str) {
        let mut name = host;
        for _ in 0..PARENTS_MAX {
            let Some((_, parent)) = written::split(name, ".") else {
                return;
            };
            self.try_name(parent, code, what);
            name = parent;
        }
    }
}

const SAY_SAME: &str = "use the same RP ID in the options (`rp.id`, `rpId`) and in the check";

pub(super) fn diagnose(
    case: &Rejected<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    let Some(authenticator_data) = case.response.authenticator_data() else {
        return;
    };
    let expected = case.policy.rp_ids.last().copied().unwrap_or_default();
    let mut found = false;
    let mut search = Search {
        wanted: authenticator_data.rp_id_hash(),
        expected,
        work,
        findings,
        found: &mut found,
    };
    for rp_id in case.policy.rp_ids.iter().take(8).copied() {
        spellings(rp_id, &mut search);
        let mut lower = [0_u8; 253];
        if let Some(lower) = lowered(rp_id, &mut lower) {
            search.try_name(
                lower,
                Diagnosis::RpIdSpelling,
                "an RP ID is a domain in lower case without a point at its end; write it so",
            );
        }
    }
    let client = case.response.client_data();
    let client = client.and_then(|client_data| client_member(client_data, "origin"));
    let (client, room) = match client.map(|text| text.chars()) {
        Some(characters) => written::text(characters, room).unwrap_or_default(),
        None => ("", room),
    };
    if let Some(host) = origin::host_of(client) {
        search.try_name(
            host,
            Diagnosis::RpIdOfClientHost,
            "that is the host of the page, which a browser takes where the options name no RP ID. \
             Name it in the options (`rp.id`, `rpId`), and do not change it later: passkeys belong to one RP ID",
        );
        search.try_parents(
            host,
            Diagnosis::RpIdParentDomain,
            "that is a parent domain of the page's host. Use the same RP ID in the options and in the check",
        );
    }
    search.try_name(
        "localhost",
        Diagnosis::RpIdLocalhost,
        "the passkey was made or used during development. Set the RP ID by environment, in the options and in the check",
    );
    for app_id in [case.policy.app_id.unwrap_or_default(), client] {
        if !app_id.is_empty() {
            search.try_name(
                app_id,
                Diagnosis::RpIdAppId,
                "that is a FIDO AppID of the old U2F API. Ask with the extension `appid` and pass it as `appId` in the check; \
                 `clientExtensionResults.appid` has to be true",
            );
        }
    }
    for expected in case.policy.origins.iter().take(8) {
        let Some((origin, _)) = written::printed(expected, room) else {
            continue;
        };
        if let Some(host) = origin::host_of(origin) {
            search.try_name(host, Diagnosis::RpIdOfExpectedOrigin, SAY_SAME);
            search.try_parents(host, Diagnosis::RpIdOfExpectedOrigin, SAY_SAME);
        }
    }
    for rp_id in case.policy.rp_ids.iter().take(8) {
        search.try_parents(rp_id, Diagnosis::RpIdParentDomain, SAY_SAME);
    }
    if !found {
        findings.guess(
            Diagnosis::RpIdUnknown,
            format_args!(
                "The RP ID hash is neither that of {} nor of the page's host ({}), its parents, `localhost` or any expected \
                 origin: the response is from another site or environment. Compare the RP ID in the options that the page \
                 got (`rp.id`, `rpId`) with the check's.",
                Cut(expected),
                Cut(client)
            ),
        );
    }
}

/// The RP ID as people write it who take it for an origin.
fn spellings(rp_id: &str, search: &mut Search<'_, '_, '_, '_>) {
    let host = origin::host_in(rp_id.trim());
    if host == rp_id {
        return;
    }
    if written::split(rp_id, "://").is_some() {
        search.try_name(
            host,
            Diagnosis::RpIdIsOrigin,
            "an RP ID is a domain alone, without scheme, port or path. Write only the host",
        );
    } else if rp_id.contains(is_one_of(&[':'])) {
        search.try_name(
            host,
            Diagnosis::RpIdHasPort,
            "an RP ID has no port. Write only the host",
        );
    } else {
        search.try_name(
            host,
            Diagnosis::RpIdSpelling,
            "an RP ID is a domain alone, without blanks or a path. Write only the host",
        );
    }
}

/// The name in lower case without a point at its end, where that is another one.
fn lowered<'b>(rp_id: &str, buffer: &'b mut [u8]) -> Option<&'b str> {
    let name = rp_id.trim_end_matches(is_one_of(&['.']));
    let bytes = name.bytes().map(|byte| Some(byte.to_ascii_lowercase()));
    let (lower, _) = written::fill(bytes, buffer)?;
    let lower = core::str::from_utf8(lower).ok()?;
    (lower != rp_id).then_some(lower)
}
