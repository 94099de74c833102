//! Trust paths: from attestation certificates of an authority made here to roots, and each way in which
//! a path does not lead to one.

mod matrix;
mod oracle;

use std::sync::Arc;

use portcullis_tests::attestation::{Attestation, Compound, NoAttestation, PackedSelf, SafetyNet};
use portcullis_tests::authenticator::Authenticator;
use portcullis_tests::certificate::{
    ALTERNATIVE_NAME, Authority, BASIC_CONSTRAINTS, Certificate, Extension, KEY_USAGE,
};
use portcullis_tests::chain::{Chain, LOWER, ROOT, UPPER, pem, rename};
use portcullis_tests::keys::{Es256, Rsa, RsaHash};
use portcullis_tests::{check, der, verdict};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
const NOW: &str = "2026-06-01T00:00:00Z";

fn judge(attestation: Arc<dyn Attestation>, roots: &[Vec<u8>], time: &str) -> Value {
    let mut authenticator = Authenticator::new("trust");
    let (_, mut registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
    registration.attestation = attestation;
    let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response());
    let roots: Vec<_> = roots.iter().map(|root| pem(root)).collect();
    check["attestation"] = json!({"policy": "trusted", "roots": roots, "time": time});
    verdict::judge(&check)
}

fn certified(x5c: Vec<Vec<u8>>) -> Arc<dyn Attestation> {
    Chain::new().packed_with(x5c)
}

#[track_caller]
fn assert_trusted(x5c: Vec<Vec<u8>>, roots: &[Vec<u8>]) {
    let verdict = judge(certified(x5c), roots, NOW);
    assert_eq!(verdict["accepted"], true, "{verdict}");
}

#[track_caller]
fn assert_refused(x5c: Vec<Vec<u8>>, roots: &[Vec<u8>], time: &str, code: &str) {
    let verdict = judge(certified(x5c), roots, time);
    let found = (verdict["step"].as_str(), verdict["code"].as_str());
    assert_eq!(found, (Some("7.1.24"), Some(code)), "{verdict}");
}

#[test]
fn a_chain_leads_to_its_root_in_any_order_and_with_the_root_sent_along() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    assert_trusted(chain.x5c(), &roots);

    let mut turned = chain.x5c();
    turned.swap(1, 2);
    assert_trusted(turned, &roots);

    let mut with_root = chain.x5c();
    with_root.push(chain.root_certificate());
    assert_trusted(with_root, &roots);
}

#[test]
fn an_authority_within_and_the_certificate_itself_can_be_the_root() {
    let chain = Chain::new();
    let x5c = chain.x5c();
    assert_trusted(x5c.clone(), &x5c[1..2]);
    assert_trusted(x5c[..1].to_vec(), &x5c[1..2]);
    assert_trusted(x5c[..1].to_vec(), &x5c[..1]);
}

#[test]
fn a_root_of_version_1_is_one_because_it_is_listed() {
    let chain = Chain::new();
    let mut root = chain.root.issue(&chain.root.key.public_key_info(), vec![1]);
    root.subject.clone_from(&root.issuer);
    root.version = None;
    root.extensions.clear();
    assert_trusted(chain.x5c(), &[root.sign(&chain.root.key)]);
}

#[test]
fn of_several_issuers_of_one_name_each_is_tried() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    // The same authority certified by another root, and once more with dates that are over.
    let by_stranger = chain.upper_certificate().sign(&Chain::numbered(1).root.key);
    let mut stranger = chain.upper_certificate();
    rename(&mut stranger.issuer, "a stranger");
    let by_unknown = stranger.sign(&Chain::numbered(1).root.key);
    let mut outdated = chain.upper_certificate();
    outdated.not_after = "20250101000000Z".into();
    let outdated = outdated.sign(&chain.root.key);
    for twin in [by_stranger, by_unknown, outdated.clone()] {
        let mut x5c = chain.x5c();
        x5c.insert(2, twin);
        assert_trusted(x5c.clone(), &roots);
        x5c.swap(2, 3);
        assert_trusted(x5c, &roots);
    }
    // The reason given is that of the path that could have gone on.
    let mut x5c = chain.x5c();
    x5c[2] = outdated;
    assert_refused(x5c, &roots, NOW, "attestation_certificate_outdated");
}

#[test]
fn two_authorities_that_certify_each_other_lead_nowhere() {
    let chain = Chain::new();
    let mut x5c = chain.x5c();
    x5c[2] = chain
        .authority(UPPER, LOWER, &chain.upper, None)
        .sign(&chain.lower);
    assert_refused(
        x5c,
        &[chain.root_certificate()],
        NOW,
        "attestation_untrusted",
    );
}

#[test]
fn signatures_that_a_path_costs_are_bounded() {
    let chain = Chain::new();
    let mut roots = vec![Chain::numbered(1).root_certificate(); 4];
    roots.push(chain.root_certificate());
    assert_trusted(chain.x5c(), &roots);
    roots.splice(0..0, vec![Chain::numbered(1).root_certificate(); 8]);
    let verdict = judge(certified(chain.x5c()), &roots, NOW);
    let detail = verdict["trace"].as_array().and_then(|trace| trace.last());
    let detail = detail.and_then(|entry| entry["detail"].as_str());
    assert!(
        detail.is_some_and(|detail| detail.contains("too many issuers of one name")),
        "{verdict}"
    );
}

#[test]
fn the_certificates_of_safetynet_lead_to_a_root_too() {
    let chain = Chain::new();
    let mut leaf = chain.root.issue(&Rsa::public_key_info(), vec![3]);
    rename(&mut leaf.issuer, LOWER);
    let host = der::element(&[0x82], b"attest.android.com");
    let names = der::sequence(&[host]);
    leaf.put(Extension::new(ALTERNATIVE_NAME, false, names));
    let attestation = |x5c| {
        Arc::new(SafetyNet {
            key: Arc::new(Rsa {
                hash: RsaHash::Sha256,
            }),
            algorithm: "RS256".into(),
            x5c,
            nonce: None,
            cts_profile_match: true,
        })
    };
    let x5c = chain.x5c_of(&leaf);
    let roots = [chain.root_certificate()];
    let verdict = judge(attestation(x5c.clone()), &roots, NOW);
    assert_eq!(verdict["accepted"], true, "{verdict}");
    let refused = |attestation, time, code| {
        let verdict = judge(attestation, &roots, time);
        let found = (verdict["step"].as_str(), verdict["code"].as_str());
        assert_eq!(found, (Some("7.1.24"), Some(code)), "{verdict}");
    };
    let untrusted = "attestation_untrusted";
    refused(attestation(x5c[..2].to_vec()), NOW, untrusted);
    let mut own_root = Chain::numbered(1).x5c_of(&leaf);
    own_root.push(Chain::numbered(1).root_certificate());
    refused(attestation(own_root), NOW, untrusted);
    refused(
        attestation(x5c),
        "2023-12-31T23:59:59Z",
        "attestation_certificate_outdated",
    );
}

#[test]
fn a_root_that_only_comes_along_is_not_trusted() {
    let chain = Chain::new();
    let stranger = Authority::new(&[9; 32], vec![9]).certificate();
    let mut x5c = chain.x5c();
    x5c.push(chain.root_certificate());
    assert_refused(x5c, &[stranger], NOW, "attestation_untrusted");
}

#[test]
fn a_chain_with_a_link_missing_or_forged_leads_nowhere() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    for missing in [1, 2] {
        let mut x5c = chain.x5c();
        x5c.remove(missing);
        assert_refused(x5c, &roots, NOW, "attestation_untrusted");
    }
    // The right name over another key's signature, at each link.
    let other = Es256::from_secret(&[8; 32]);
    let forged = [
        chain.leaf_certificate().sign(&other),
        chain.lower_certificate().sign(&other),
        chain.upper_certificate().sign(&other),
    ];
    for (link, forged) in forged.into_iter().enumerate() {
        let mut x5c = chain.x5c();
        x5c[link] = forged;
        assert_refused(x5c, &roots, NOW, "attestation_untrusted");
    }
}

#[test]
fn every_certificate_of_the_path_is_valid_at_the_time() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    assert_refused(
        chain.x5c(),
        &roots,
        "2023-12-31T23:59:59Z",
        "attestation_certificate_outdated",
    );
    let mut lower = chain.lower_certificate();
    lower.not_after = "20250101000000Z".into();
    let mut x5c = chain.x5c();
    x5c[1] = lower.sign(&chain.upper);
    assert_refused(x5c.clone(), &roots, NOW, "attestation_certificate_outdated");
    let verdict = judge(certified(x5c), &roots, "2024-06-01T00:00:00Z");
    assert_eq!(verdict["accepted"], true, "{verdict}");
    // Years beyond 2050 are written in another form.
    let verdict = judge(certified(chain.x5c()), &roots, "2999-12-31T23:59:59Z");
    assert_eq!(verdict["accepted"], true, "{verdict}");
}

#[test]
fn an_issuer_is_an_authority_whose_key_may_sign_and_whose_path_is_long_enough() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    let refused = |link: usize, certificate: &Certificate, issuer: &Es256| {
        let mut x5c = chain.x5c();
        x5c[link] = certificate.sign(issuer);
        assert_refused(x5c, &roots, NOW, "attestation_untrusted");
    };
    let mut lower = chain.lower_certificate();
    lower.put(Extension::new(BASIC_CONSTRAINTS, true, der::sequence(&[])));
    refused(1, &lower, &chain.upper);
    lower.remove(BASIC_CONSTRAINTS);
    refused(1, &lower, &chain.upper);

    let mut lower = chain.lower_certificate();
    lower.put(Extension::new(KEY_USAGE, true, vec![3, 2, 7, 0x80]));
    refused(1, &lower, &chain.upper);

    let short = chain.authority(UPPER, ROOT, &chain.upper, Some(0));
    refused(2, &short, &chain.root.key);
}

#[test]
fn a_critical_extension_has_to_be_understood() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    let value = der::sequence(&[]);
    let with = |critical| {
        let mut lower = chain.lower_certificate();
        lower.put(Extension::new("1.2.3.4", critical, value.clone()));
        let mut x5c = chain.x5c();
        x5c[1] = lower.sign(&chain.upper);
        x5c
    };
    assert_trusted(with(false), &roots);
    assert_refused(with(true), &roots, NOW, "attestation_untrusted");
}

#[test]
fn what_has_no_certificates_leads_nowhere_also_within_a_compound_statement() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    let own = || {
        let mut authenticator = Authenticator::new("trust");
        let (passkey, _) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
        passkey.key
    };
    let good = || certified(chain.x5c());
    let attestations: [Arc<dyn Attestation>; 3] = [
        Arc::new(NoAttestation),
        Arc::new(PackedSelf(own())),
        Arc::new(Compound(vec![good(), Arc::new(PackedSelf(own()))])),
    ];
    for attestation in attestations {
        let verdict = judge(attestation, &roots, NOW);
        let found = (verdict["step"].as_str(), verdict["code"].as_str());
        assert_eq!(
            found,
            (Some("7.1.24"), Some("attestation_untrusted")),
            "{verdict}"
        );
    }
    let verdict = judge(Arc::new(Compound(vec![good(), good()])), &roots, NOW);
    assert_eq!(verdict["accepted"], true, "{verdict}");
}

#[test]
fn without_roots_nothing_is_trusted() {
    let verdict = judge(certified(Chain::new().x5c()), &[], NOW);
    let found = (verdict["step"].as_str(), verdict["code"].as_str());
    assert_eq!(
        found,
        (Some("7.1.23"), Some("trust_anchors_missing")),
        "{verdict}"
    );
}
