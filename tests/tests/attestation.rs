//! Every attestation statement format: good statements, and for each rule one that breaks it alone,
//! signed anew, refused at its step with its code.

use std::sync::Arc;

use portcullis_core::Crypto;
use portcullis_core::check::verify_check;
use portcullis_tests::attestation::{
    AndroidKey, Apple, Attestation, Compound, Edited, FidoU2f, Forged, NoAttestation,
    PackedCertified, PackedSelf, SafetyNet, Tpm,
};
use portcullis_tests::authenticator::{Authenticator, Passkey, Registration, flags};
use portcullis_tests::cbor::Cbor;
use portcullis_tests::certificate::{
    AAGUID, ALTERNATIVE_NAME, Authority, BASIC_CONSTRAINTS, COMMON_NAME, COUNTRY, Certificate,
    EXTENDED_KEY_USAGE, Extension, ORGANIZATION, UNIT,
};
use portcullis_tests::keys::{CredentialKey, Es256, Rsa, RsaHash};
use portcullis_tests::{check, der, w3c};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
const MODEL: [u8; 16] = *b"a model of keys!";

/// A registration that nothing is attested of yet, with all that attesting it takes.
struct Scene {
    passkey: Passkey,
    registration: Registration,
    authority: Authority,
    /// The attestation key.
    key: Es256,
    /// What the check asks for beside the defaults.
    policy: Value,
}

impl Scene {
    fn new() -> Self {
        let mut authenticator = Authenticator::new("attestation");
        authenticator.aaguid = MODEL;
        let (passkey, registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
        Self {
            passkey,
            registration,
            authority: w3c::authority(),
            key: Es256::from_secret(&[7; 32]),
            policy: json!({}),
        }
    }

    /// The attestation key's certificate.
    fn certificate(&self) -> Certificate {
        self.authority.issue(&self.key.public_key_info(), vec![1])
    }

    /// A certificate of the credential's own key.
    fn own_certificate(&self) -> Certificate {
        let public_key = w3c::public_key_info(self.passkey.key.as_ref());
        self.authority.issue(&public_key, vec![1])
    }

    fn sign(&self, certificate: &Certificate) -> Vec<Vec<u8>> {
        vec![certificate.sign(&self.authority.key)]
    }

    fn packed(&self, change: impl FnOnce(&mut Certificate)) -> PackedCertified {
        let mut certificate = self.certificate();
        change(&mut certificate);
        PackedCertified {
            key: Arc::new(self.key.clone()),
            x5c: self.sign(&certificate),
        }
    }

    fn u2f(&self) -> FidoU2f {
        FidoU2f {
            key: self.key.clone(),
            x5c: self.sign(&self.certificate()),
        }
    }

    fn apple(&self) -> Apple {
        Apple {
            certificate: self.own_certificate(),
            issuer: self.authority.key.clone(),
            nonce: None,
        }
    }

    fn android(&self, software: &[Vec<u8>], tee: &[Vec<u8>]) -> AndroidKey {
        AndroidKey {
            key: Arc::clone(&self.passkey.key),
            certificate: self.own_certificate(),
            issuer: self.authority.key.clone(),
            challenge: None,
            software: software.to_vec(),
            tee: tee.to_vec(),
        }
    }

    fn area(&self, name_algorithm: u16) -> Vec<u8> {
        let (x, y) = w3c::coordinates(self.passkey.key.as_ref());
        Tpm::ecc(name_algorithm, 3, &x, &y)
    }

    fn tpm(&self, change: impl FnOnce(&mut Certificate)) -> Tpm {
        let mut certificate = self.certificate();
        Tpm::adapt(&mut certificate);
        change(&mut certificate);
        let x5c = self.sign(&certificate);
        Tpm::new(Arc::new(self.key.clone()), x5c, self.area(11))
    }

    fn safetynet(&self, host: &str) -> SafetyNet {
        let mut certificate = self.authority.issue(&Rsa::public_key_info(), vec![1]);
        let name = der::element(&[0x82], host.as_bytes());
        let names = der::sequence(&[name]);
        certificate.put(Extension::new(ALTERNATIVE_NAME, false, names));
        SafetyNet {
            key: Arc::new(Rsa {
                hash: RsaHash::Sha256,
            }),
            algorithm: "RS256".into(),
            x5c: self.sign(&certificate),
            nonce: None,
            cts_profile_match: true,
        }
    }

    fn judge(&self, attestation: impl Attestation + 'static) -> Value {
        let mut registration = self.registration.clone();
        registration.attestation = Arc::new(attestation);
        let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response());
        for (name, value) in self.policy.as_object().expect("an object") {
            check[name] = value.clone();
        }
        let mut out = String::new();
        verify_check(
            &mut check.to_string().into_bytes(),
            &Crypto::BUILT_IN,
            &mut out,
        )
        .expect("a check");
        serde_json::from_str(&out).expect("a verdict")
    }

    #[track_caller]
    fn accept(&self, attestation: impl Attestation + 'static, ty: &str) -> Value {
        let verdict = self.judge(attestation);
        assert_eq!(verdict["accepted"], true, "{verdict:#}");
        assert_eq!(verdict["credential"]["attestationType"], ty);
        verdict
    }

    #[track_caller]
    fn refuse(&self, attestation: impl Attestation + 'static, code: &str) {
        self.refuse_at("7.1.22", attestation, code);
    }

    #[track_caller]
    fn refuse_at(&self, step: &str, attestation: impl Attestation + 'static, code: &str) {
        let verdict = self.judge(attestation);
        let found = (&verdict["step"], &verdict["code"]);
        assert_eq!(found, (&json!(step), &json!(code)), "{verdict:#}");
    }
}

fn put(statement: &mut Cbor, name: &str, value: Cbor) {
    let members = statement.members_mut();
    members.retain(|(key, _)| *key != Cbor::text(name));
    members.push((Cbor::text(name), value));
}

fn take(statement: &mut Cbor, name: &str) {
    statement
        .members_mut()
        .retain(|(key, _)| *key != Cbor::text(name));
}

fn edited(attestation: impl Attestation + 'static, change: fn(&mut Cbor)) -> Edited {
    Edited(Arc::new(attestation), change)
}

fn spoil_signature(statement: &mut Cbor) {
    for (name, value) in statement.members_mut() {
        if let (true, Cbor::Bytes(bytes)) = (*name == Cbor::text("sig"), value) {
            *bytes.last_mut().expect("a signature") ^= 1;
        }
    }
}

const MALFORMED: &str = "attestation_statement_malformed";
const SIGNATURE: &str = "attestation_signature_invalid";
const CERTIFICATE: &str = "attestation_certificate_invalid";
const UNREADABLE: &str = "attestation_certificate_malformed";
const MODEL_MISMATCH: &str = "attestation_aaguid_mismatch";
const KEY: &str = "attestation_key_mismatch";
const BINDING: &str = "attestation_binding_mismatch";
const INVALID: &str = "attestation_statement_invalid";

#[test]
fn none_says_nothing() {
    let scene = Scene::new();
    scene.accept(NoAttestation, "none");
    scene.refuse(
        edited(NoAttestation, |statement| {
            put(statement, "sig", Cbor::bytes([]));
        }),
        MALFORMED,
    );
    let list = Forged {
        format: "none".into(),
        statement: Cbor::Array(Vec::new()),
    };
    scene.refuse(list, MALFORMED);
}

#[test]
fn packed_by_the_key_itself() {
    let scene = Scene::new();
    let by_itself = || PackedSelf(Arc::clone(&scene.passkey.key));
    scene.accept(by_itself(), "self");
    scene.refuse(edited(by_itself(), spoil_signature), SIGNATURE);
    scene.refuse(
        edited(by_itself(), |statement| {
            put(statement, "alg", Cbor::Int(-35));
        }),
        "attestation_algorithm_mismatch",
    );
    for member in ["alg", "sig"] {
        let without: fn(&mut Cbor) = match member {
            "alg" => |statement| take(statement, "alg"),
            _ => |statement| take(statement, "sig"),
        };
        scene.refuse(edited(by_itself(), without), MALFORMED);
    }
    scene.refuse(
        edited(by_itself(), |statement| {
            put(statement, "ecdaaKeyId", Cbor::bytes([1]));
        }),
        MALFORMED,
    );
}

#[test]
fn packed_with_an_attestation_key() {
    let scene = Scene::new();
    let verdict = scene.accept(scene.packed(|_| ()), "basic");
    assert_eq!(verdict["credential"]["fmt"], "packed");
    scene.refuse(edited(scene.packed(|_| ()), spoil_signature), SIGNATURE);
    scene.refuse(
        edited(scene.packed(|_| ()), |statement| {
            put(statement, "alg", Cbor::Int(-257));
        }),
        "attestation_algorithm_mismatch",
    );
    scene.refuse(
        edited(scene.packed(|_| ()), |statement| {
            put(statement, "alg", Cbor::Int(-4711));
        }),
        "attestation_algorithm_unsupported",
    );
    scene.refuse(
        edited(scene.packed(|_| ()), |statement| {
            put(statement, "x5c", Cbor::Array(Vec::new()));
        }),
        MALFORMED,
    );
    scene.refuse(
        edited(scene.packed(|_| ()), |statement| {
            put(statement, "x5c", Cbor::Array(vec![Cbor::text("MIIB")]));
        }),
        MALFORMED,
    );
    scene.refuse(
        edited(scene.packed(|_| ()), |statement| {
            put(statement, "x5c", Cbor::Array(vec![Cbor::bytes([0x30, 0])]));
        }),
        UNREADABLE,
    );
}

#[test]
fn a_packed_certificate_meets_its_requirements() {
    let scene = Scene::new();
    let without_subject = |oid: &'static str| {
        move |certificate: &mut Certificate| certificate.subject.retain(|(name, _)| name != oid)
    };
    scene.refuse(scene.packed(|c| c.version = Some(1)), CERTIFICATE);
    for oid in [COUNTRY, ORGANIZATION, UNIT, COMMON_NAME] {
        scene.refuse(scene.packed(without_subject(oid)), CERTIFICATE);
    }
    let other_unit = |c: &mut Certificate| {
        for (oid, text) in &mut c.subject {
            if oid == UNIT {
                *text = "Authenticator attestation".into();
            }
        }
    };
    scene.refuse(scene.packed(other_unit), CERTIFICATE);
    let long_country = |c: &mut Certificate| {
        for (oid, text) in &mut c.subject {
            if oid == COUNTRY {
                *text = "SWE".into();
            }
        }
    };
    scene.refuse(scene.packed(long_country), CERTIFICATE);
    scene.refuse(scene.packed(|c| c.remove(BASIC_CONSTRAINTS)), CERTIFICATE);
    let constraints = |content: Vec<Vec<u8>>| {
        move |c: &mut Certificate| {
            let value = der::sequence(&content);
            c.put(Extension::new(BASIC_CONSTRAINTS, true, value));
        }
    };
    scene.refuse(
        scene.packed(constraints(vec![der::boolean(true)])),
        CERTIFICATE,
    );
    // An encoded DEFAULT is what certificates in the field have.
    scene.accept(
        scene.packed(constraints(vec![der::boolean(false)])),
        "basic",
    );
    let twice = |c: &mut Certificate| {
        let again = c.extensions[0].clone();
        c.extensions.push(again);
    };
    scene.refuse(scene.packed(twice), UNREADABLE);
}

#[test]
fn a_certificate_that_names_a_model_names_this_one() {
    let scene = Scene::new();
    let naming = |model: [u8; 16], critical: bool| {
        move |c: &mut Certificate| c.put(Extension::new(AAGUID, critical, der::octets(&model)))
    };
    scene.accept(scene.packed(naming(MODEL, false)), "basic");
    scene.refuse(scene.packed(naming([1; 16], false)), MODEL_MISMATCH);
    scene.refuse(scene.packed(naming(MODEL, true)), CERTIFICATE);
    let bare = |c: &mut Certificate| c.put(Extension::new(AAGUID, false, MODEL.to_vec()));
    scene.refuse(scene.packed(bare), UNREADABLE);
    scene.accept(scene.tpm(naming(MODEL, false)), "AttCA");
    scene.refuse(scene.tpm(naming([1; 16], false)), MODEL_MISMATCH);
}

#[test]
fn malformed_certificate_policies_are_nobodys_business() {
    let scene = Scene::new();
    let policies = |c: &mut Certificate| {
        c.put(Extension::new("2.5.29.32", true, vec![0x30, 9, 0x30]));
    };
    scene.accept(scene.tpm(policies), "AttCA");
}

#[test]
fn fido_u2f() {
    let scene = Scene::new();
    scene.accept(scene.u2f(), "basic");
    scene.refuse(edited(scene.u2f(), spoil_signature), SIGNATURE);
    let mut two = scene.u2f();
    two.x5c.push(scene.authority.certificate());
    scene.refuse(two, MALFORMED);
    let rsa = scene.authority.issue(&Rsa::public_key_info(), vec![1]);
    let by_rsa = FidoU2f {
        x5c: scene.sign(&rsa),
        ..scene.u2f()
    };
    scene.refuse(by_rsa, CERTIFICATE);
    scene.refuse(
        edited(scene.u2f(), |statement| {
            put(statement, "alg", Cbor::Int(-7));
        }),
        MALFORMED,
    );
    let mut other_key = Scene::new();
    let rsa = Rsa {
        hash: RsaHash::Sha256,
    };
    let attested = &mut other_key.registration.authenticator_data.attested;
    attested.as_mut().expect("a credential").public_key = rsa.cose_key();
    other_key.refuse(scene.u2f(), INVALID);
}

#[test]
fn apple() {
    let scene = Scene::new();
    scene.accept(scene.apple(), "AnonCA");
    // What the first devices sent.
    scene.accept(
        edited(scene.apple(), |statement| {
            put(statement, "alg", Cbor::Int(-7));
        }),
        "AnonCA",
    );
    let other_nonce = Apple {
        nonce: Some(vec![1; 32]),
        ..scene.apple()
    };
    scene.refuse(other_nonce, BINDING);
    let other_key = Apple {
        certificate: scene.certificate(),
        ..scene.apple()
    };
    scene.refuse(other_key, KEY);
    let plain = scene.sign(&scene.own_certificate());
    let without_nonce = Forged {
        format: "apple".into(),
        statement: Cbor::text_map([("x5c", Cbor::Array(vec![Cbor::bytes(&plain[0][..])]))]),
    };
    scene.refuse(without_nonce, CERTIFICATE);
}

#[test]
fn android_key() {
    let mut scene = Scene::new();
    let good = || vec![AndroidKey::purpose(&[2]), AndroidKey::origin(0)];
    scene.accept(scene.android(&[], &good()), "basic");
    scene.accept(scene.android(&good(), &[]), "basic");
    scene.accept(scene.android(&good()[..1], &good()[1..]), "basic");
    scene.refuse(
        edited(scene.android(&[], &good()), spoil_signature),
        SIGNATURE,
    );
    let other_key = AndroidKey {
        key: Arc::new(scene.key.clone()),
        certificate: scene.certificate(),
        ..scene.android(&[], &good())
    };
    scene.refuse(other_key, KEY);
    let other_challenge = AndroidKey {
        challenge: Some(vec![1; 32]),
        ..scene.android(&[], &good())
    };
    scene.refuse(other_challenge, BINDING);
    let all = [good(), vec![AndroidKey::all_applications()]].concat();
    scene.refuse(scene.android(&[], &all), INVALID);
    scene.refuse(
        scene.android(&[AndroidKey::all_applications()], &good()),
        INVALID,
    );
    for list in [
        vec![],
        vec![AndroidKey::purpose(&[2])],
        vec![AndroidKey::origin(0)],
        vec![AndroidKey::purpose(&[2]), AndroidKey::origin(2)],
        vec![AndroidKey::purpose(&[3]), AndroidKey::origin(0)],
        vec![AndroidKey::purpose(&[2, 3]), AndroidKey::origin(0)],
        vec![AndroidKey::purpose(&[]), AndroidKey::origin(0)],
    ] {
        scene.refuse(scene.android(&[], &list), INVALID);
    }
    scene.refuse(scene.android(&[AndroidKey::origin(1)], &good()), INVALID);
    let twice = [good(), good()].concat();
    scene.refuse(scene.android(&[], &twice), UNREADABLE);

    scene.policy = json!({"attestation": {"androidKeyTee": true}});
    scene.accept(scene.android(&[], &good()), "basic");
    scene.refuse(scene.android(&good(), &[]), INVALID);
    scene.refuse(scene.android(&good()[..1], &good()[1..]), INVALID);
}

#[test]
fn tpm_names_by_every_hash() {
    let scene = Scene::new();
    for name_algorithm in [4, 11, 12, 13] {
        let tpm = scene.tpm(|_| ());
        let area = scene.area(name_algorithm);
        scene.accept(Tpm::new(tpm.key, tpm.x5c, area), "AttCA");
    }
    let tpm = scene.tpm(|_| ());
    scene.refuse(Tpm::new(tpm.key, tpm.x5c, scene.area(5)), MALFORMED);
}

#[test]
fn tpm_keys_are_compared_as_numbers() {
    let scene = Scene::new();
    let (x, y) = w3c::coordinates(scene.passkey.key.as_ref());
    let padded = [&[0], &y[..]].concat();
    let tpm = scene.tpm(|_| ());
    scene.accept(
        Tpm::new(tpm.key, tpm.x5c, Tpm::ecc(11, 3, &x, &padded)),
        "AttCA",
    );
    let tpm = scene.tpm(|_| ());
    scene.refuse(Tpm::new(tpm.key, tpm.x5c, Tpm::ecc(11, 3, &y, &x)), KEY);
    let tpm = scene.tpm(|_| ());
    scene.refuse(Tpm::new(tpm.key, tpm.x5c, Tpm::ecc(11, 4, &x, &y)), KEY);
    let tpm = scene.tpm(|_| ());
    let rsa = Tpm::rsa(11, &Rsa::modulus());
    scene.refuse(Tpm::new(tpm.key, tpm.x5c, rsa), KEY);
}

#[test]
fn tpm_rsa_keys_and_sha1_signatures() {
    let mut scene = Scene::new();
    let credential = Rsa {
        hash: RsaHash::Sha256,
    };
    let attested = &mut scene.registration.authenticator_data.attested;
    attested.as_mut().expect("a credential").public_key = credential.cose_key();
    let mut certificate = scene.authority.issue(&Rsa::public_key_info(), vec![1]);
    Tpm::adapt(&mut certificate);
    for hash in [RsaHash::Sha1, RsaHash::Sha256] {
        let area = Tpm::rsa(11, &Rsa::modulus());
        let tpm = Tpm::new(Arc::new(Rsa { hash }), scene.sign(&certificate), area);
        scene.accept(tpm, "AttCA");
    }
}

#[test]
fn tpm_statements_say_what_they_have_to() {
    let scene = Scene::new();
    let tpm = || scene.tpm(|_| ());
    scene.accept(tpm(), "AttCA");
    scene.refuse(edited(tpm(), spoil_signature), SIGNATURE);
    scene.refuse(
        edited(tpm(), |statement| put(statement, "ver", Cbor::text("1.2"))),
        MALFORMED,
    );
    scene.refuse(
        Tpm {
            magic: *b"\xffTCH",
            ..tpm()
        },
        INVALID,
    );
    scene.refuse(
        Tpm {
            ty: [0x80, 0x18],
            ..tpm()
        },
        INVALID,
    );
    let extra_data = Some(vec![1; 32]);
    scene.refuse(
        Tpm {
            extra_data,
            ..tpm()
        },
        BINDING,
    );
    let name = Some([&[0, 11], &[1; 32][..]].concat());
    scene.refuse(Tpm { name, ..tpm() }, INVALID);
    scene.refuse(
        Tpm {
            name: Some(vec![]),
            ..tpm()
        },
        INVALID,
    );
    scene.refuse(
        Tpm {
            name_algorithm: 12,
            ..tpm()
        },
        INVALID,
    );
    scene.refuse(
        Tpm {
            trailing: vec![0],
            ..tpm()
        },
        MALFORMED,
    );
    let mut longer = tpm();
    longer.public_area.push(0);
    scene.refuse(longer, MALFORMED);
}

#[test]
fn tpm_certificates_meet_their_requirements() {
    let scene = Scene::new();
    scene.refuse(scene.tpm(|c| c.version = Some(1)), CERTIFICATE);
    let named = |c: &mut Certificate| c.subject.push((COMMON_NAME.into(), "TPM".into()));
    scene.refuse(scene.tpm(named), CERTIFICATE);
    for oid in [ALTERNATIVE_NAME, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS] {
        scene.refuse(scene.tpm(|c| c.remove(oid)), CERTIFICATE);
    }
    let (maker, model, version) = (
        ("2.23.133.2.1", "id:4E544300"),
        ("2.23.133.2.2", "NPCT75x"),
        ("2.23.133.2.3", "id:13"),
    );
    scene.accept(
        scene.tpm(|c| c.put(Tpm::alternative_name(&[version, model, maker]))),
        "AttCA",
    );
    for names in [
        vec![model, version],
        vec![maker, version],
        vec![maker, model],
        vec![("2.23.133.2.1", "4E544300"), model, version],
    ] {
        let names = |c: &mut Certificate| c.put(Tpm::alternative_name(&names));
        scene.refuse(scene.tpm(names), CERTIFICATE);
    }
    let usage = |c: &mut Certificate| {
        let value = der::sequence(&[der::oid("2.23.133.8.1")]);
        c.put(Extension::new(EXTENDED_KEY_USAGE, false, value));
    };
    scene.refuse(scene.tpm(usage), CERTIFICATE);
}

#[test]
fn safetynet() {
    let mut scene = Scene::new();
    let good = || scene.safetynet("attest.android.com");
    scene.accept(good(), "basic");
    let uncertified = SafetyNet {
        cts_profile_match: false,
        ..good()
    };
    let verdict = scene.accept(uncertified, "basic");
    assert_eq!(
        verdict["notes"].as_array().map(Vec::len),
        Some(1),
        "{verdict:#}"
    );
    scene.refuse(scene.safetynet("attest.android.com.example"), CERTIFICATE);
    let nonce = Some("AAAA".to_owned());
    scene.refuse(SafetyNet { nonce, ..good() }, BINDING);
    scene.refuse(
        SafetyNet {
            algorithm: "none".into(),
            ..good()
        },
        INVALID,
    );
    let sha1 = Arc::new(Rsa {
        hash: RsaHash::Sha1,
    });
    scene.refuse(
        SafetyNet {
            key: sha1,
            ..good()
        },
        SIGNATURE,
    );
    scene.refuse(
        edited(good(), |statement| put(statement, "ver", Cbor::text(""))),
        MALFORMED,
    );
    scene.refuse(
        edited(good(), |statement| {
            put(statement, "response", Cbor::bytes(*b"e30.e30"));
        }),
        MALFORMED,
    );
    let attestation = good();
    scene.policy = json!({"formats": ["none", "packed"]});
    scene.refuse_at("7.1.21", attestation, "attestation_format_not_accepted");
}

#[test]
fn compound() {
    let mut scene = Scene::new();
    let packed = |scene: &Scene| -> Arc<dyn Attestation> { Arc::new(scene.packed(|_| ())) };
    let tpm = |scene: &Scene| -> Arc<dyn Attestation> { Arc::new(scene.tpm(|_| ())) };
    let by_itself: Arc<dyn Attestation> = Arc::new(PackedSelf(Arc::clone(&scene.passkey.key)));
    scene.accept(Compound(vec![packed(&scene), tpm(&scene)]), "basic");
    scene.accept(Compound(vec![by_itself.clone(), tpm(&scene)]), "AttCA");
    scene.accept(
        Compound(vec![Arc::new(NoAttestation), by_itself.clone()]),
        "self",
    );
    scene.refuse(Compound(vec![packed(&scene)]), MALFORMED);
    scene.refuse(Compound(vec![packed(&scene); 9]), MALFORMED);
    let spoiled: Arc<dyn Attestation> = Arc::new(edited(scene.tpm(|_| ()), spoil_signature));
    scene.refuse(Compound(vec![packed(&scene), spoiled]), SIGNATURE);
    let nested = Compound(vec![by_itself.clone(), by_itself.clone()]);
    scene.refuse(Compound(vec![packed(&scene), Arc::new(nested)]), MALFORMED);
    let unknown = Forged {
        format: "unheard-of".into(),
        statement: Cbor::Map(Vec::new()),
    };
    scene.refuse(
        Compound(vec![packed(&scene), Arc::new(unknown)]),
        "attestation_type_unsupported",
    );
    let map = Forged {
        format: "compound".into(),
        statement: Cbor::Map(Vec::new()),
    };
    scene.refuse(map, MALFORMED);
    let parts = Compound(vec![packed(&scene), tpm(&scene)]);
    scene.policy = json!({"formats": ["compound", "packed"]});
    scene.refuse(parts, "attestation_format_not_accepted");
}

#[test]
fn dates_are_judged_where_a_time_is_given() {
    let mut scene = Scene::new();
    let until = |c: &mut Certificate| c.not_after = "20250101000000Z".into();
    scene.accept(scene.packed(until), "basic");
    for (time, valid) in [
        ("2023-12-31T23:59:59Z", false),
        ("2024-01-01T00:00:00Z", true),
        ("2025-01-01T00:00:00Z", true),
        ("2025-01-01T00:00:01Z", false),
    ] {
        scene.policy = json!({"attestation": {"time": time}});
        if valid {
            scene.accept(scene.packed(until), "basic");
        } else {
            let code = "attestation_certificate_outdated";
            scene.refuse_at("7.1.24", scene.packed(until), code);
        }
    }
}

#[test]
fn an_ignored_statement_is_not_looked_at() {
    let mut scene = Scene::new();
    scene.policy = json!({"attestation": {"policy": "ignore"}});
    let verdict = scene.judge(edited(scene.packed(|_| ()), spoil_signature));
    assert_eq!(verdict["accepted"], true, "{verdict:#}");
}

/// Authenticator extension outputs, with what comes of them.
#[test]
fn authenticator_extension_outputs_have_their_types() {
    let output = |name: &str, value: Cbor| {
        let mut scene = Scene::new();
        let data = &mut scene.registration.authenticator_data;
        data.flags |= flags::ED;
        data.extensions = Some(Cbor::text_map([(name, value)]));
        scene
    };
    let method = |numbers: &[i64]| Cbor::Array(numbers.iter().copied().map(Cbor::Int).collect());
    for (name, value) in [
        ("credProtect", Cbor::Int(3)),
        ("minPinLength", Cbor::Int(4)),
        ("credBlob", Cbor::Bool(true)),
        ("credBlob", Cbor::bytes(*b"blob")),
        ("hmac-secret", Cbor::Bool(true)),
        ("hmac-secret-mc", Cbor::bytes([0; 48])),
        ("thirdPartyPayment", Cbor::Bool(true)),
        ("uvm", Cbor::Array(vec![method(&[2, 4, 2])])),
    ] {
        let verdict = output(name, value).accept(NoAttestation, "none");
        assert_eq!(verdict["notes"], json!([]), "{name}");
    }
    for (name, value) in [
        ("credProtect", Cbor::Int(0)),
        ("credProtect", Cbor::Int(4)),
        ("credProtect", Cbor::Bool(true)),
        ("minPinLength", Cbor::Int(64)),
        ("minPinLength", Cbor::text("4")),
        ("credBlob", Cbor::Int(1)),
        ("hmac-secret", Cbor::bytes([0; 33])),
        ("hmac-secret", Cbor::Null),
        ("thirdPartyPayment", Cbor::Int(1)),
        ("uvm", Cbor::Array(vec![])),
        ("uvm", Cbor::Array(vec![method(&[2, 4])])),
        ("uvm", Cbor::Array(vec![method(&[2, 4, 2]); 4])),
        ("uvm", Cbor::Int(2)),
    ] {
        output(name, value).refuse_at("7.1.28", NoAttestation, "extensions_malformed");
    }
    let verdict = output("unheard-of", Cbor::Null).accept(NoAttestation, "none");
    assert_eq!(
        verdict["notes"].as_array().map(Vec::len),
        Some(1),
        "{verdict:#}"
    );
}

#[test]
fn client_extension_results_have_their_types() {
    let judge = |results: Value| {
        let mut response = Scene::new().registration.response();
        response["clientExtensionResults"] = results;
        let check = check::registration(RP_ID, ORIGIN, CHALLENGE, &response);
        let mut out = String::new();
        let mut json = check.to_string().into_bytes();
        verify_check(&mut json, &Crypto::BUILT_IN, &mut out).expect("a check");
        serde_json::from_str::<Value>(&out).expect("a verdict")
    };
    let secret = "A".repeat(43);
    for results in [
        json!({}),
        json!({"credProps": {"rk": true, "authenticatorDisplayName": "a key"}}),
        json!({"credProps": {}}),
        json!({"prf": {"enabled": true, "results": {"first": secret, "second": secret}}}),
        json!({"hmacCreateSecret": true}),
        json!({"hmacGetSecret": {"output1": secret}}),
        json!({"largeBlob": {"supported": true}}),
        json!({"largeBlob": {"blob": "AAAA", "written": true}}),
        json!({"credBlob": true, "getCredBlob": "AAAA"}),
        json!({"appid": false, "appidExclude": true}),
        json!({"uvm": [[2, 4, 2]]}),
        json!({"payment": {"browserBoundSignature": {"signature": "AAAA"}}}),
    ] {
        let verdict = judge(results.clone());
        assert_eq!(verdict["accepted"], true, "{results}: {verdict:#}");
        assert_eq!(verdict["notes"], json!([]), "{results}");
    }
    for results in [
        json!([]),
        json!({"credProps": true}),
        json!({"credProps": {"rk": "true"}}),
        json!({"prf": {"results": {}}}),
        json!({"prf": {"results": {"first": "AAAA"}}}),
        json!({"prf": {"results": {"first": {}}}}),
        json!({"hmacCreateSecret": 1}),
        json!({"hmacGetSecret": {}}),
        json!({"largeBlob": {"blob": "A A A"}}),
        json!({"getCredBlob": "A"}),
        json!({"appidExclude": null}),
        json!({"uvm": []}),
        json!({"uvm": [[2, 4]]}),
        json!({"payment": []}),
    ] {
        let verdict = judge(results.clone());
        assert_eq!(verdict["step"], "7.1.4", "{results}: {verdict:#}");
        assert_eq!(verdict["code"], "client_extensions_malformed", "{results}");
    }
    let verdict = judge(json!({"unheard-of": 1}));
    assert_eq!(verdict["accepted"], true);
    assert_eq!(verdict["notes"].as_array().map(Vec::len), Some(1));
}
