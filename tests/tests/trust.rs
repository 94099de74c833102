//! Trust paths: from attestation certificates of an authority made here to roots, and each way in which
//! a path does not lead to one.

use std::sync::Arc;

use portcullis_core::Crypto;
use portcullis_core::check::verify_check;
use portcullis_tests::attestation::{
    Attestation, Compound, NoAttestation, PackedCertified, PackedSelf,
};
use portcullis_tests::authenticator::Authenticator;
use portcullis_tests::certificate::{
    Authority, BASIC_CONSTRAINTS, COMMON_NAME, Certificate, Extension,
};
use portcullis_tests::keys::Es256;
use portcullis_tests::{check, der};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
const NOW: &str = "2026-06-01T00:00:00Z";
const KEY_USAGE: &str = "2.5.29.15";

/// An authority, two below it, and the attestation key that the lower one certifies.
struct Chain {
    root: Authority,
    upper: Es256,
    lower: Es256,
    leaf: Es256,
}

impl Chain {
    fn new() -> Self {
        Self {
            root: Authority::new(&[1; 32], vec![1]),
            upper: Es256::from_secret(&[2; 32]),
            lower: Es256::from_secret(&[3; 32]),
            leaf: Es256::from_secret(&[4; 32]),
        }
    }

    fn root_certificate(&self) -> Vec<u8> {
        self.root.certificate()
    }

    /// An authority's certificate below the root, to be signed by whoever issues it.
    fn authority(
        &self,
        name: &str,
        issuer: &str,
        key: &Es256,
        path_length: Option<u8>,
    ) -> Certificate {
        let mut constraints = vec![der::boolean(true)];
        constraints.extend(path_length.map(|length| der::integer(&[length])));
        let mut certificate = self.root.issue(&key.public_key_info(), vec![2]);
        certificate.subject.clone_from(&certificate.issuer);
        rename(&mut certificate.subject, name);
        if issuer != ROOT {
            rename(&mut certificate.issuer, issuer);
        }
        certificate.put(Extension::new(
            BASIC_CONSTRAINTS,
            true,
            der::sequence(&constraints),
        ));
        certificate.put(Extension::new(KEY_USAGE, true, vec![3, 2, 2, 4]));
        certificate
    }

    fn upper_certificate(&self) -> Certificate {
        self.authority(UPPER, ROOT, &self.upper, None)
    }

    fn lower_certificate(&self) -> Certificate {
        self.authority(LOWER, UPPER, &self.lower, Some(0))
    }

    fn leaf_certificate(&self) -> Certificate {
        let mut certificate = self.root.issue(&self.leaf.public_key_info(), vec![3]);
        rename(&mut certificate.issuer, LOWER);
        certificate
    }

    /// The whole chain without the root, the attestation certificate first.
    fn x5c(&self) -> Vec<Vec<u8>> {
        vec![
            self.leaf_certificate().sign(&self.lower),
            self.lower_certificate().sign(&self.upper),
            self.upper_certificate().sign(&self.root.key),
        ]
    }
}

/// The root's own common name, which `Authority` gives it.
const ROOT: &str = "WebAuthn test vectors";
const UPPER: &str = "upper authority";
const LOWER: &str = "lower authority";

fn rename(name: &mut [(String, String)], common_name: &str) {
    for (oid, text) in name {
        if oid == COMMON_NAME {
            common_name.clone_into(text);
        }
    }
}

fn pem(der: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    let text = Base64::encode_string(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn judge(attestation: Arc<dyn Attestation>, roots: &[Vec<u8>], time: &str) -> Value {
    let mut authenticator = Authenticator::new("trust");
    let (_, mut registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
    registration.attestation = attestation;
    let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response());
    let roots: Vec<_> = roots.iter().map(|root| pem(root)).collect();
    check["attestation"] = json!({"policy": "trusted", "roots": roots, "time": time});
    let mut verdict = String::new();
    verify_check(
        &mut check.to_string().into_bytes(),
        &Crypto::BUILT_IN,
        &mut verdict,
    )
    .unwrap_or_else(|error| panic!("{error}: {check}"));
    serde_json::from_str(&verdict).expect("a verdict is JSON")
}

fn certified(x5c: Vec<Vec<u8>>) -> Arc<dyn Attestation> {
    Arc::new(PackedCertified {
        key: Arc::new(Chain::new().leaf),
        x5c,
    })
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
