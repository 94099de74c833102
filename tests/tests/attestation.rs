//! Every attestation statement format as it is accepted, with what it proves. Statements with one rule
//! broken are in the negative corpus.

use std::sync::Arc;

use portcullis_core::ceremony::Note;
use portcullis_tests::attestation::{
    AndroidKey, Attestation, Compound, NoAttestation, PackedSelf, SafetyNet, Tpm,
};
use portcullis_tests::authenticator::flags;
use portcullis_tests::cbor::Cbor;
use portcullis_tests::certificate::{AAGUID, BASIC_CONSTRAINTS, Certificate, Extension};
use portcullis_tests::chain::pem;
use portcullis_tests::keys::{Rsa, RsaHash};
use portcullis_tests::metadata::uuid;
use portcullis_tests::scene::{MODEL, Scene, edited, spoil_signature};
use portcullis_tests::verdict::accepted;
use portcullis_tests::{check, der, scene, w3c};
use serde_json::{Value, json};

/// Wants the statement accepted as an attestation of this type.
#[track_caller]
fn accept(scene: &Scene, attestation: impl Attestation + 'static, ty: &str) -> Value {
    let verdict = accepted(&scene.check(attestation));
    assert_eq!(verdict["credential"]["attestationType"], ty);
    verdict
}

fn notes(verdict: &Value) -> usize {
    verdict["notes"].as_array().expect("notes").len()
}

#[test]
fn none_says_nothing() {
    accept(&Scene::new(), NoAttestation, "none");
}

#[test]
fn packed_by_the_key_itself_and_by_an_attestation_key() {
    let scene = Scene::new();
    accept(&scene, scene.packed_self(), "self");
    let verdict = accept(&scene, scene.packed(|_| ()), "basic");
    assert_eq!(verdict["credential"]["fmt"], "packed");
}

#[test]
fn an_encoded_default_is_what_certificates_in_the_field_have() {
    let scene = Scene::new();
    let written_false = |certificate: &mut Certificate| {
        let value = der::sequence(&[der::boolean(false)]);
        certificate.put(Extension::new(BASIC_CONSTRAINTS, true, value));
    };
    accept(&scene, scene.packed(written_false), "basic");
}

#[test]
fn a_certificate_may_name_this_model() {
    let scene = Scene::new();
    let naming = |certificate: &mut Certificate| {
        certificate.put(Extension::new(AAGUID, false, der::octets(&MODEL)));
    };
    accept(&scene, scene.packed(naming), "basic");
    accept(&scene, scene.tpm(naming), "AttCA");
}

#[test]
fn malformed_certificate_policies_are_nobodys_business() {
    let scene = Scene::new();
    let policies = |certificate: &mut Certificate| {
        certificate.put(Extension::new("2.5.29.32", true, vec![0x30, 9, 0x30]));
    };
    accept(&scene, scene.tpm(policies), "AttCA");
}

/// The AAGUID that the verdict reports, and whether it notes that another one came.
#[track_caller]
fn reported_aaguid(scene: &Scene, attestation: impl Attestation + 'static) -> (Value, bool) {
    let verdict = accepted(&scene.check(attestation));
    let note = Value::from(Note::AaguidNotSigned.message());
    let noted = verdict["notes"].as_array().expect("notes").contains(&note);
    (verdict["credential"]["aaguid"].clone(), noted)
}

#[test]
fn fido_u2f_proves_no_aaguid() {
    let mut scene = Scene::new();
    accept(&scene, scene.u2f(), "basic");
    let (model, zeros) = (json!(uuid(MODEL)), json!(uuid([0; 16])));
    assert_eq!(reported_aaguid(&scene, scene.u2f()), (zeros.clone(), true));
    scene.policy = json!({"attestation": {"policy": "ignore"}});
    assert_eq!(reported_aaguid(&scene, scene.u2f()), (zeros.clone(), true));
    assert_eq!(
        reported_aaguid(&scene, scene.packed(|_| ())),
        (model.clone(), false)
    );
    let roots = [pem(&scene.authority.certificate())];
    scene.policy = json!({"attestation": {"policy": "trusted", "roots": roots}});
    assert_eq!(reported_aaguid(&scene, scene.u2f()), (zeros.clone(), true));

    // In a compound statement another part with certificates may sign it.
    scene.policy = json!({});
    let u2f: Arc<dyn Attestation> = Arc::new(scene.u2f());
    let packed: Arc<dyn Attestation> = Arc::new(scene.packed(|_| ()));
    let own: Arc<dyn Attestation> = Arc::new(scene.packed_self());
    for (parts, reported) in [
        ([&u2f, &packed], (&model, false)),
        ([&packed, &u2f], (&model, false)),
        ([&u2f, &own], (&zeros, true)),
        ([&own, &u2f], (&zeros, true)),
        ([&own, &packed], (&model, false)),
    ] {
        let compound = Compound(parts.map(Arc::clone).to_vec());
        let (aaguid, noted) = reported_aaguid(&scene, compound);
        assert_eq!((&aaguid, noted), reported, "{parts:?}");
    }
    let mut plain = scene;
    let attested = plain.registration.authenticator_data.attested.as_mut();
    attested.expect("a credential").aaguid = [0; 16];
    assert_eq!(reported_aaguid(&plain, plain.u2f()), (zeros, false));
}

#[test]
fn apple() {
    let scene = Scene::new();
    accept(&scene, scene.apple(), "AnonCA");
}

#[test]
fn android_key_with_each_list_telling_what_the_other_does_not() {
    let mut scene = Scene::new();
    let listed = [AndroidKey::purpose(&[2]), AndroidKey::origin(0)];
    let (purpose, origin) = listed.split_at(1);
    accept(&scene, scene.android(&[], &listed), "basic");
    accept(&scene, scene.android(&listed, &[]), "basic");
    accept(&scene, scene.android(purpose, origin), "basic");
    scene.policy = json!({"attestation": {"androidKeyTee": true}});
    accept(&scene, scene.android(&[], &listed), "basic");
}

#[test]
fn tpm_names_by_every_hash() {
    let scene = Scene::new();
    for name_algorithm in [4, 11, 12, 13] {
        accept(&scene, scene.tpm_about(scene.area(name_algorithm)), "AttCA");
    }
}

#[test]
fn a_tpm_says_whether_it_keeps_the_key() {
    let scene = Scene::new();
    const SIGN: u32 = 1 << 18;
    let (fixed_tpm, fixed_parent, origin) = (1 << 1, 1 << 4, 1 << 5);
    let bound = fixed_tpm | fixed_parent | origin;
    for (attributes, noted) in [
        (bound, false),
        // As Windows has it: also for decryption, authorized by the user, without lockout.
        (0x0006_0472, false),
        (0, true),
        (origin, true),
        (fixed_parent | origin, true),
        (fixed_tpm | fixed_parent, true),
    ] {
        let mut area = scene.area(11);
        area[4..8].copy_from_slice(&u32::to_be_bytes(attributes | SIGN));
        let verdict = accept(&scene, scene.tpm_about(area), "AttCA");
        let note = Value::from(Note::TpmKeyNotBound.message());
        let notes = verdict["notes"].as_array().expect("notes");
        assert_eq!(notes.contains(&note), noted, "{attributes:08x}: {notes:?}");
    }
}

#[test]
fn tpm_keys_are_compared_as_numbers() {
    let scene = Scene::new();
    let (x, y) = w3c::coordinates(scene.passkey.key.as_ref());
    let padded = [&[0], &y[..]].concat();
    accept(
        &scene,
        scene.tpm_about(Tpm::ecc(11, 3, &x, &padded)),
        "AttCA",
    );
}

#[test]
fn tpm_rsa_keys_and_sha1_signatures() {
    let mut scene = Scene::new();
    scene.replace_key(scene::rsa().cose_key());
    let mut certificate = scene.authority.issue(&Rsa::public_key_info(), vec![1]);
    Tpm::adapt(&mut certificate);
    for hash in [RsaHash::Sha1, RsaHash::Sha256] {
        let area = Tpm::rsa(11, &Rsa::modulus());
        let tpm = Tpm::new(Arc::new(Rsa { hash }), scene.sign(&certificate), area);
        accept(&scene, tpm, "AttCA");
    }
}

#[test]
fn tpm_attributes_may_stand_in_any_order() {
    let scene = Scene::new();
    let names = [
        ("2.23.133.2.3", "id:13"),
        ("2.23.133.2.2", "NPCT75x"),
        ("2.23.133.2.1", "id:4E544300"),
    ];
    let statement = scene.tpm(|certificate| certificate.put(Tpm::alternative_name(&names)));
    accept(&scene, statement, "AttCA");
}

#[test]
fn safetynet_with_a_note_where_the_device_is_of_no_certified_kind() {
    let scene = Scene::new();
    let good = || scene.safetynet("attest.android.com");
    assert_eq!(notes(&accept(&scene, good(), "basic")), 0);
    let uncertified = SafetyNet {
        cts_profile_match: false,
        ..good()
    };
    assert_eq!(notes(&accept(&scene, uncertified, "basic")), 1);
}

#[test]
fn compound_proves_what_its_strongest_part_does() {
    let scene = Scene::new();
    let packed: Arc<dyn Attestation> = Arc::new(scene.packed(|_| ()));
    let tpm: Arc<dyn Attestation> = Arc::new(scene.tpm(|_| ()));
    let by_itself: Arc<dyn Attestation> = Arc::new(PackedSelf(Arc::clone(&scene.passkey.key)));
    let nothing: Arc<dyn Attestation> = Arc::new(NoAttestation);
    accept(&scene, Compound(vec![packed, tpm.clone()]), "basic");
    accept(&scene, Compound(vec![by_itself.clone(), tpm]), "AttCA");
    accept(&scene, Compound(vec![nothing, by_itself]), "self");
}

#[test]
fn dates_are_judged_where_a_time_is_given() {
    let mut scene = Scene::new();
    let until = |certificate: &mut Certificate| certificate.not_after = "20250101000000Z".into();
    accept(&scene, scene.packed(until), "basic");
    for time in ["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"] {
        scene.policy = json!({"attestation": {"time": time}});
        accept(&scene, scene.packed(until), "basic");
    }
    for time in ["2023-12-31T23:59:59Z", "2025-01-01T00:00:01Z"] {
        scene.policy = json!({"attestation": {"time": time}});
        let check = scene.check(scene.packed(until));
        const CODE: &str = "attestation_certificate_outdated";
        portcullis_tests::verdict::rejected(&check, "7.1.24", CODE);
    }
}

#[test]
fn an_ignored_statement_is_not_looked_at() {
    let mut scene = Scene::new();
    scene.policy = json!({"attestation": {"policy": "ignore"}});
    let spoiled = edited(scene.packed(|_| ()), spoil_signature);
    let _verdict = accepted(&scene.check(spoiled));
}

/// Authenticator extension outputs, with what comes of them.
#[test]
fn authenticator_extension_outputs_have_their_types() {
    let output = |name: &str, value: Cbor| {
        let mut scene = Scene::new();
        let data = &mut scene.registration.authenticator_data;
        data.flags |= flags::ED;
        data.extensions = Some(Cbor::text_map([(name, value)]));
        accept(&scene, NoAttestation, "none")
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
        assert_eq!(notes(&output(name, value)), 0, "{name}");
    }
    assert_eq!(notes(&output("unheard-of", Cbor::Null)), 1);
}

#[test]
fn client_extension_results_have_their_types() {
    let judge = |results: Value| {
        let mut response = Scene::new().registration.response();
        response["clientExtensionResults"] = results;
        accepted(&check::registration(
            scene::RP_ID,
            scene::ORIGIN,
            scene::CHALLENGE,
            &response,
        ))
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
        assert_eq!(notes(&judge(results.clone())), 0, "{results}");
    }
    assert_eq!(notes(&judge(json!({"unheard-of": 1}))), 1);
}
