//! The explained dump: whole texts of it, reviewed by eye in `tests/expected/inspect`, and what holds
//! for every input. `PORTCULLIS_EXPECTED=rewrite` writes the texts anew.

use std::{env, fs, path::PathBuf, sync::Arc};

use base64ct::{Base64, Encoding as _};
use portcullis_core::{
    data::Certificate,
    inspect::{JsonWriter, TextWriter, inspect},
};
use portcullis_tests::{
    attestation::{AndroidKey, Attestation, Compound, NoAttestation, PackedCertified, SafetyNet},
    authenticator::{Registration, flags},
    cbor::Cbor,
    certificate::{AAGUID, ALTERNATIVE_NAME, Extension},
    chain::rename,
    check, corpora, der,
    encoding::{base64url, from_base64url},
    keys::{CredentialKey, Es256, Es384, Es512, Rsa, RsaHash},
    scene,
    verdict::{self, judge_text},
    w3c::{self, RECIPES},
    windows_hello,
};
use serde_json::{Value, json};

fn text(input: &[u8]) -> String {
    let mut writer = TextWriter::new(String::new());
    inspect(&mut input.to_vec(), &mut writer);
    writer.finish().expect("a String takes everything")
}

fn json_text(input: &[u8]) -> String {
    let mut writer = JsonWriter::new(String::new());
    inspect(&mut input.to_vec(), &mut writer);
    writer.finish().expect("a String takes everything")
}

fn json(input: &[u8]) -> Value {
    let json = json_text(input);
    serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"))
}

/// Holds a dump against its reviewed text.
#[track_caller]
fn assert_expected(name: &str, input: &[u8]) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/expected/inspect"))
        .join(name)
        .with_extension("txt");
    let dump = text(input);
    if env::var_os("PORTCULLIS_EXPECTED").is_some_and(|word| word == "rewrite") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &dump).expect("the text is written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (line, (found, expected)) in dump.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{name}, line {}", line + 1);
    }
    assert_eq!(dump.lines().count(), expected.lines().count(), "{name}");
}

fn windows_hello() -> Registration {
    windows_hello::registration("example.org", &[7; 32], "https://example.org")
}

fn vector(name: &str) -> Registration {
    let recipe = RECIPES.iter().find(|recipe| recipe.make().name == name);
    recipe.expect("a vector of this name").make().registration
}

/// A statement that is no vector's, over the registration of one.
fn attested(attestation: impl Attestation + 'static) -> Registration {
    Registration {
        attestation: Arc::new(attestation),
        ..vector("none.ES256")
    }
}

fn key() -> Es256 {
    Es256::from_secret(&[7; 32])
}

/// An attestation certificate with what FIDO's have: the model, and how it is reached.
fn certificate() -> Vec<u8> {
    let authority = w3c::authority();
    let mut certificate = authority.issue(&key().public_key_info(), vec![1]);
    certificate.put(Extension::new(
        AAGUID,
        false,
        der::octets(&windows_hello::AAGUID),
    ));
    certificate.put(Extension::new(
        "1.3.6.1.4.1.45724.2.1.1",
        false,
        vec![3, 2, 4, 0x30],
    ));
    certificate.put(Extension::new("1.2.3.4", true, vec![5, 0]));
    certificate.sign(&authority.key)
}

fn packed() -> PackedCertified {
    PackedCertified {
        key: Arc::new(key()),
        x5c: vec![certificate()],
    }
}

fn android_key() -> AndroidKey {
    let authority = w3c::authority();
    let root_of_trust = der::sequence(&[
        der::octets(&[1; 32]),
        der::boolean(true),
        der::enumerated(0),
        der::octets(&[2; 32]),
    ]);
    AndroidKey {
        key: Arc::new(key()),
        certificate: authority.issue(&key().public_key_info(), vec![1]),
        issuer: authority.key,
        challenge: None,
        software: vec![der::context(
            701,
            &der::integer(&[1, 0x8c, 0xd6, 0x88, 0x4c, 0]),
        )],
        tee: vec![
            AndroidKey::purpose(&[2, 3]),
            der::context(2, &der::integer(&[3])),
            AndroidKey::all_applications(),
            AndroidKey::origin(0),
            der::context(704, &root_of_trust),
            der::context(799, &der::null()),
        ],
    }
}

fn safetynet() -> SafetyNet {
    let authority = w3c::authority();
    let mut certificate = authority.issue(&Rsa::public_key_info(), vec![1]);
    let names = der::sequence(&[der::element(&[0x82], b"attest.android.com")]);
    certificate.put(Extension::new(ALTERNATIVE_NAME, false, names));
    SafetyNet {
        key: Arc::new(Rsa {
            hash: RsaHash::Sha256,
        }),
        algorithm: "RS256".into(),
        x5c: vec![certificate.sign(&authority.key)],
        nonce: None,
        cts_profile_match: true,
    }
}

#[test]
fn a_windows_hello_registration_is_explained_in_full() {
    let registration = windows_hello();
    let response = registration.response();
    let check = check::registration("example.org", "https://example.org", &[7; 32], &response);
    let verdict = verdict::accepted(&check);
    assert_eq!(verdict["credential"]["attestationType"], "AttCA");
    assert_expected("windows-hello", response.to_string().as_bytes());
}

#[test]
fn each_statement_format_is_explained_in_full() {
    for (name, registration) in [
        ("none", vector("none.ES256")),
        ("packed-self", vector("packed-self.ES256")),
        ("packed", attested(packed())),
        ("tpm", vector("tpm.ES256")),
        ("android-key", attested(android_key())),
        ("android-safetynet", attested(safetynet())),
        ("fido-u2f", vector("fido-u2f.ES256")),
        ("apple", vector("apple.ES256")),
        (
            "compound",
            attested(Compound(vec![Arc::new(packed()), Arc::new(NoAttestation)])),
        ),
    ] {
        assert_expected(name, &registration.attestation_object().encode());
    }
}

#[test]
fn an_assertion_cut_in_the_middle_is_explained_up_to_there() {
    let assertion = RECIPES[0].make().assertion.response().to_string();
    assert_expected("assertion", assertion.as_bytes());
    assert_expected(
        "assertion-cut",
        &assertion.as_bytes()[..assertion.len() / 2],
    );
    let data = RECIPES[0].make().assertion.authenticator_data.encode();
    assert_expected("authenticator-data-cut", base64url(&data[..35]).as_bytes());
}

/// Text that is not UTF-8 is reported first, wherever it is; something else may be broken before it.
#[test]
fn a_document_that_is_broken_twice_is_explained_to_its_end_once() {
    for (rule, document) in [
        ("members", &b"{\"a\":\"\\x\",\"b\":\"\xff\"}"[..]),
        (
            "an object within",
            b"{\"a\":{\"b\":\"\\x\",\"c\":\"\xff\"}}",
        ),
        (
            "certificates",
            b"{\"roots\":[\"-----BEGIN\\x\",\"origin\":\"\xff\"]}",
        ),
        ("objects in an array", b"{\"a\":[{},\\x,{\"b\":\"\xff\"}]}"),
    ] {
        let dump = text(document);
        assert_eq!(dump.matches("breaks here").count(), 1, "{rule}: {dump}");
    }
}

#[test]
fn both_faults_of_a_key_are_told() {
    // An ES256 key whose x is a byte short, and whose algorithm is a text.
    let key = Cbor::int_map([
        (1, Cbor::Int(2)),
        (3, Cbor::text("ES256")),
        (-1, Cbor::Int(1)),
        (-2, Cbor::bytes([0xaa; 31])),
        (-3, Cbor::bytes([0xbb; 32])),
    ]);
    assert_expected("key-with-two-faults", &key.encode());
}

#[test]
fn a_token_cut_within_its_certificates_is_explained_up_to_there() {
    let certificate = Base64::encode_string(&certificate());
    let header = json!({"alg": "RS256", "x5c": [certificate, certificate]}).to_string();
    let token = base64url(&header.as_bytes()[..header.len() - 200]);
    let dump = text(format!("{token}.e30.AAAA").as_bytes());
    assert_eq!(dump.matches("x5c: 1  ").count(), 1, "{dump}");
    let [(_, in_certificate), (_, in_header)] = breaks(&dump)[..] else {
        panic!("{dump}");
    };
    assert!(in_certificate.contains("bytes missing"), "{dump}");
    assert!(in_header.contains("ends too early"), "{dump}");
}

#[test]
fn an_element_that_is_cut_is_the_last_of_its_list() {
    let dump = json(br#"{"x5c":["AAAA","BB"#);
    let list = dump["artefacts"][0]["fields"][0]["fields"].as_array();
    let list = list.expect("the elements");
    assert_eq!(list.len(), 2, "{dump:#}");
    assert_eq!(list[1]["problem"], "is cut");
}

#[test]
fn extension_outputs_are_named_where_they_are_known() {
    let mut assertion = RECIPES[0].make().assertion;
    assertion.authenticator_data.flags |= flags::ED;
    assertion.authenticator_data.extensions = Some(Cbor::text_map([
        ("credProtect", Cbor::Int(2)),
        ("hmac-secret", Cbor::bytes([1; 32])),
        ("example.unknown", Cbor::text("?")),
    ]));
    let mut response = assertion.response();
    response["clientExtensionResults"] =
        json!({"credProps": {"rk": true}, "example.unknown": [1, 2]});
    assert_expected("extensions", response.to_string().as_bytes());
}

#[test]
fn the_hosts_tokens_are_explained_claim_by_claim() {
    let token = |header: &Value, claims: &Value| {
        let part = |json: &Value| base64url(json.to_string().as_bytes());
        format!("{}.{}.{}", part(header), part(claims), base64url(&[7; 32]))
    };
    let challenge = token(
        &json!({"typ": "portcullis-challenge+jwt", "alg": "HS256"}),
        &json!({
            "iss": "http://localhost:8000", "aud": "registration", "iat": 1_800_000_000,
            "exp": 1_800_000_300, "jti": "c3BlbnQgb25jZQ", "challenge": base64url(&[9; 32]),
            "rp_id": "localhost", "user_verification": "preferred", "username": "alice",
            "user_handle": base64url(&[8; 64]), "proven": false, "algorithms": [-7, -257],
        }),
    );
    assert_expected("challenge-token", challenge.as_bytes());
    let login = token(
        &json!({"typ": "JWT", "alg": "ES256", "kid": "a key"}),
        &json!({
            "iss": "http://localhost:8000", "aud": "localhost", "sub": base64url(&[8; 64]),
            "preferred_username": "alice", "iat": 1_800_000_000, "exp": 1_800_000_600,
            "auth_time": 1_800_000_000, "uv": true,
        }),
    );
    assert_expected("login-token", login.as_bytes());
    let line = format!("INFO signed in token={login} after 12 ms");
    assert!(
        text(line.as_bytes())
            .starts_with("taken for: signed token in compact JWS, found within other text\n")
    );
}

#[test]
fn a_statement_that_lacks_a_member_and_has_a_strange_one_says_so() {
    let with_key_id = |statement: &mut Cbor| {
        scene::put(statement, "ecdaaKeyId", Cbor::bytes([1]));
    };
    let edited = scene::edited(packed(), move |statement| {
        scene::take(statement, "sig");
        with_key_id(statement);
    });
    let dump = text(&attested(edited).attestation_object().encode());
    assert!(
        dump.contains("sig  the attestation signature  !! is missing"),
        "{dump}"
    );
    assert!(
        dump.contains("ecdaaKeyId: 01  the format does not name this member: it is ignored\n"),
        "{dump}"
    );
    let edited = scene::edited(NoAttestation, with_key_id);
    let dump = text(&attested(edited).attestation_object().encode());
    assert!(
        dump.contains("ecdaaKeyId: 01  !! a statement of this format has no members\n"),
        "{dump}"
    );
}

/// What follows `!! breaks here: ` in a dump.
fn breaks(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .filter_map(|line| {
            let (at, why) = line.split_once("!! breaks here: ")?;
            Some((at.trim().parse().expect("an offset"), why))
        })
        .collect()
}

#[test]
fn a_certificate_is_explained_wherever_it_is_cut() {
    let whole = certificate();
    let full = text(&whole);
    assert_eq!(breaks(&full), [], "{full}");
    // Its first byte alone is no certificate to anyone.
    for end in 20..whole.len() {
        let cut = text(&whole[..end]);
        assert!(
            cut.starts_with("taken for: certificate in bytes\n"),
            "{cut}"
        );
        let [(at, why)] = breaks(&cut)[..] else {
            panic!("{end}: {cut}");
        };
        assert!(
            (end.saturating_sub(300)..=end).contains(&at),
            "{end}: {cut}"
        );
        assert!(
            why.contains("ends too early, bytes missing: "),
            "{end}: {cut}"
        );
        assert!(why.contains("; expected a"), "{end}: {why}");
        // All that comes before the break is in the whole one, too. Lengths are those of
        // what is there.
        let known = cut.lines().take_while(|line| !line.contains("!!"));
        for line in known.skip(3) {
            let (_, field) = line.split_at(14);
            assert!(full.contains(field), "{end}: {line}");
        }
    }
    assert_expected("certificate-cut", &whole[..whole.len() / 2]);
}

#[test]
fn an_element_that_outgrows_its_structure_is_told_where_it_begins() {
    let mut certificate = certificate();
    // The version: [0] of three bytes around an INTEGER of one.
    assert_eq!(certificate[8..13], [0xa0, 3, 2, 1, 2]);
    certificate[11] = 2;
    let dump = text(&certificate);
    assert_eq!(
        breaks(&dump),
        [(10, "version has the wrong length; expected an INTEGER")],
        "{dump}"
    );
}

/// Every certificate in the corpora's registrations.
fn certificates(dump: &Value, found: &mut Vec<Vec<u8>>) {
    if dump["artefact"] == "certificate" {
        found.push(from_base64url(dump["bytes"].as_str().expect("bytes")));
    }
    for list in ["artefacts", "fields"] {
        for inner in dump[list].as_array().into_iter().flatten() {
            certificates(inner, found);
        }
    }
}

/// The dump complains of a certificate exactly where the verifier refuses to read it.
#[test]
fn the_dump_of_a_certificate_agrees_with_the_verifier() {
    let mut found = vec![certificate()];
    for (_, check) in corpora::all_checks() {
        certificates(&json(check["response"].to_string().as_bytes()), &mut found);
    }
    found.sort();
    found.dedup();
    let mut refused = 0;
    for der in &found {
        for index in (0..der.len()).step_by(23) {
            let mut changed = der.clone();
            if index > 0 {
                changed[index] ^= 0x15;
            }
            let pem = format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                Base64::encode_string(&changed)
            );
            let dump = text(pem.as_bytes());
            let complains = dump.contains("!!");
            let refuses = Certificate::parse(&changed).is_err();
            assert!(complains || !refuses, "{dump}");
            refused += usize::from(refuses);
            if index == 0 && !refuses {
                assert!(!complains, "{dump}");
            }
        }
    }
    corpora::report(&format!(
        "{} certificates explained, {refused} broken ones of them",
        found.len()
    ));
}

#[test]
fn every_registration_of_the_corpora_is_explained_to_its_last_byte() {
    let mut explained = 0;
    for (id, check) in corpora::all_checks() {
        let accepted: Value = serde_json::from_str(&judge_text(&check.to_string())).expect("JSON");
        let dump = text(check.to_string().as_bytes());
        if accepted["accepted"] == true {
            assert_eq!(breaks(&dump), [], "{id}: {dump}");
            explained += 1;
        }
    }
    corpora::report(&format!(
        "{explained} accepted checks explained without a break"
    ));
}

#[test]
fn what_was_pasted_is_found_in_any_of_its_forms() {
    let der = certificate();
    let hex: Vec<String> = der.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = Base64::encode_string(&der);
    let lines = |width: usize| -> String {
        let lines: Vec<&str> = (0..base64.len())
            .step_by(width)
            .map(|at| &base64[at..base64.len().min(at + width)])
            .collect();
        lines.join("\n")
    };
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines(64)
    );
    for (input, taken_for) in [
        (hex.concat(), "hexadecimal"),
        (hex.join(":"), "hexadecimal"),
        (hex.join(" ").to_uppercase(), "hexadecimal"),
        (
            hex.chunks(16).map(|line| line.join(" ") + "\n").collect(),
            "hexadecimal",
        ),
        (format!("0x{}", hex.concat()), "hexadecimal"),
        (format!("0x{}", hex.join(", 0x")), "hexadecimal"),
        (base64.clone(), "base64"),
        (lines(76), "base64"),
        (lines(64).replace('\n', "\r\n"), "base64"),
        (base64url(&der), "base64url"),
        (pem.clone(), "PEM"),
        (
            format!("the certificate:\n{pem}{pem}"),
            "PEM, found within other text",
        ),
        (
            format!("12:00 verifier[7]: refused x5c={base64} (again)"),
            "base64, found within other text",
        ),
    ] {
        let dump = text(input.as_bytes());
        assert!(
            dump.starts_with(&format!("taken for: certificate in {taken_for}\n")),
            "{input}: {dump}"
        );
        assert!(dump.contains("id-fido-gen-ce-aaguid"), "{input}: {dump}");
        assert!(!dump.contains("!!"), "{input}: {dump}");
    }
    let twice = json(format!("{pem}{pem}").as_bytes());
    assert_eq!(twice["artefacts"].as_array().map(Vec::len), Some(2));
    let cut = text(&base64url(&der).as_bytes()[..150]);
    assert!(
        cut.starts_with("taken for: certificate in base64url, cut within a byte\n"),
        "{cut}"
    );
}

#[test]
fn a_check_its_verdict_and_lines_of_checks_are_explained() {
    let mut check = RECIPES[5].make().registration_check();
    let verdict = judge_text(&check.to_string());
    assert_expected("verdict", verdict.as_bytes());
    let root = Base64::encode_string(&w3c::authority().certificate());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
    check["attestation"] = json!({"policy": "trusted", "roots": [pem]});
    assert_expected("check", check.to_string().as_bytes());

    let lines = format!("{check}\n\n{}\n", json!({"kind": "registration"}));
    let dump = json(lines.as_bytes());
    assert_eq!(dump["guess"]["encoding"], "lines of JSON");
    assert_eq!(dump["artefacts"][0]["artefact"], "check");
    assert_eq!(dump["artefacts"][1]["artefact"], "JSON document");
}

/// Each field lies within its artefact, and whatever is in a structure within that structure.
fn assert_nested(dump: &Value, start: u64, end: u64, what: &str) {
    for field in dump["fields"].as_array().into_iter().flatten() {
        if let Some(bytes) = field["bytes"].as_str()
            && field["artefact"].is_string()
        {
            let length = from_base64url(bytes).len();
            assert_eq!(field["length"], length, "{what}: {field:#}");
            assert_nested(field, 0, length.try_into().expect("a length"), what);
        } else if let Some(length) = field["length"].as_u64() {
            let at = field["at"].as_u64().expect("an offset");
            assert!(
                start <= at && at + length <= end,
                "{what}: {field:#} is not in {start}..{end}"
            );
            assert_nested(field, at, at + length, what);
        }
    }
}

#[test]
fn every_span_lies_in_the_one_around_it() {
    let mut inputs: Vec<String> = corpora::all_checks()
        .iter()
        .map(|(_, check)| check.to_string())
        .collect();
    let whole = windows_hello().response().to_string();
    inputs.extend((1..whole.len()).step_by(97).map(|end| whole[..end].into()));
    for input in inputs {
        for artefact in json(input.as_bytes())["artefacts"]
            .as_array()
            .expect("artefacts")
        {
            let length = artefact["length"].as_u64().expect("a length");
            assert_nested(artefact, 0, length, &input);
        }
    }
}

#[test]
fn an_attestation_object_is_explained_wherever_it_is_cut() {
    let whole = windows_hello().attestation_object().encode();
    for end in 6..whole.len() {
        let dump = json(&whole[..end]);
        let artefact = &dump["artefacts"][0];
        assert_eq!(artefact["artefact"], "attestation object", "{end}");
        assert_nested(artefact, 0, end.try_into().expect("a length"), "cut");
        let found = dump.to_string();
        assert!(found.contains("\"broken\""), "{end}: {found}");
    }
}

#[test]
fn whatever_byte_is_wrong_the_dump_keeps_its_spans() {
    for name in [
        "tpm.ES256",
        "android-key.ES256",
        "apple.ES256",
        "packed.ES256",
    ] {
        let whole = vector(name).attestation_object().encode();
        let length = whole.len().try_into().expect("a length");
        for at in (0..whole.len()).step_by(5) {
            for wrong in [0xff, whole[at] ^ 0x21] {
                let mut changed = whole.clone();
                changed[at] = wrong;
                let dump = json(&changed);
                let artefact = &dump["artefacts"][0];
                let end = artefact["length"].as_u64().unwrap_or(length);
                assert_nested(artefact, 0, end, &format!("{name}, {at}: {wrong:02x}"));
            }
        }
    }
}

/// A repeatable sequence of numbers that look random (xorshift).
fn numbers() -> impl FnMut() -> usize {
    let mut state = 0x1234_5678_9abc_def1_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits")
    }
}

#[test]
fn whatever_is_done_to_an_input_its_dump_ends_and_keeps_its_spans() {
    let check = RECIPES[11].make().registration_check();
    let pem = Base64::encode_string(&certificate());
    let pem = format!("x -----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
    let compound = Compound(vec![Arc::new(packed()), Arc::new(NoAttestation)]);
    let inputs = [
        check.to_string().into_bytes(),
        judge_text(&check.to_string()).into_bytes(),
        format!("{check}\n{check}").into_bytes(),
        pem.into_bytes(),
        attested(safetynet()).attestation_object().encode(),
        attested(compound).attestation_object().encode(),
    ];
    let mut next = numbers();
    for round in 0..1_200 {
        let mut input = inputs[round % inputs.len()].clone();
        for _ in 0..=next() % 4 {
            let at = next() % input.len();
            match next() % 4 {
                0 => input[at] ^= 1 << (next() % 8),
                1 => input.insert(at, b"\"{}[],:\\=- \n"[next() % 12]),
                2 => input.truncate(at + 1),
                _ => input.rotate_left(at % 3),
            }
        }
        text(&input);
        for artefact in json(&input)["artefacts"].as_array().expect("artefacts") {
            let length = artefact["length"].as_u64().expect("a length");
            assert_nested(artefact, 0, length, &String::from_utf8_lossy(&input));
        }
    }
}

/// What a terminal obeys, or shows in another order than it is written.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn no_text_of_an_artefact_changes_how_the_rest_is_shown() {
    const HOSTILE: &str = "\u{1b}[8m\u{9b}8m\u{7f}\u{202e}gro.elpmaxe\u{2066}\u{2029}";
    let vector = RECIPES[0].make();
    let mut registration = vector.registration.clone();
    let client_data = &mut registration.client_data;
    client_data.set("origin", HOSTILE).set(HOSTILE, HOSTILE);
    let mut named = w3c::authority().issue(&key().public_key_info(), vec![7]);
    rename(&mut named.subject, HOSTILE);
    let statement = scene::edited(NoAttestation, |statement| {
        scene::put(statement, HOSTILE, Cbor::text(HOSTILE));
    });
    let mut check = vector.registration_check();
    check["response"] = registration.response();
    check["rpId"] = HOSTILE.into();
    let inputs = [
        registration.client_data.bytes(),
        attested(statement).attestation_object().encode(),
        named.sign(&w3c::authority().key),
        json!({ HOSTILE: HOSTILE }).to_string().into_bytes(),
        check.to_string().into_bytes(),
        judge_text(&check.to_string()).into_bytes(),
    ];
    for input in inputs {
        for output in [text(&input), json_text(&input)] {
            let lines = output.replace('\n', "");
            assert_eq!(lines.find(is_invisible), None, "{output}");
            assert!(output.contains("\\u202egro.elpmaxe"), "{output}");
        }
    }
    let verdict = judge_text(&check.to_string());
    assert_eq!(verdict.find(is_invisible), None, "{verdict}");
    assert!(verdict.contains("\\u202egro.elpmaxe"), "{verdict}");
}

fn taken_for(input: &str) -> String {
    let dump = text(input.as_bytes());
    let (first, _) = dump.split_once('\n').expect("a first line");
    first.to_owned()
}

/// Bytes as the programs print them that people paste from.
fn printed(bytes: &[u8], separator: &str) -> String {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    format!("[{}]", numbers.join(separator))
}

/// The same with a sign from 128 on.
fn printed_signed(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes
        .iter()
        .map(|byte| byte.cast_signed().to_string())
        .collect();
    format!("[{}]", numbers.join(", "))
}

#[test]
fn what_programs_print_is_taken_for_what_it_is() {
    let made = RECIPES[0].make();
    let check = made.registration_check();
    let response = &check["response"];
    let encoded = response["response"]["attestationObject"]
        .as_str()
        .expect("a text");
    let bytes = from_base64url(encoded);
    let python: String = bytes
        .iter()
        .map(|byte| match byte {
            b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
            0x20..=0x7e => char::from(*byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect();
    let twice = base64url(encoded.as_bytes());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let pairs = |between: &str| {
        let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(between)
    };
    for (input, expected) in [
        (Value::from(response.to_string()).to_string(), "registration response in JSON within a JSON string"),
        (printed(&bytes, ", "), "attestation object in a list of numbers"),
        (printed(&bytes, ","), "attestation object in a list of numbers"),
        (printed(&bytes, " "), "attestation object in a list of numbers"),
        (
            format!("&{{ID:abc Response:{{AttestationObject:{} Transports:[internal]}}}}", printed(&bytes, " ")),
            "attestation object in a list of numbers, found within other text",
        ),
        (
            format!("Uint8Array({}) {}", bytes.len(), printed(&bytes, ", ")),
            "attestation object in a list of numbers, found within other text",
        ),
        (
            format!("RegistrationCredential(id='abc', attestation_object=b'{python}')"),
            "attestation object in Python's b'...', found within other text",
        ),
        (
            format!("{{\n  id: 'abc',\n  response: {{ attestationObject: '{encoded}' }}\n}}"),
            "attestation object in base64url, found within other text",
        ),
        (twice, "attestation object in base64, encoded twice"),
        // Java and Kotlin print bytes with a sign.
        (printed_signed(&bytes), "attestation object in a list of numbers"),
        (
            format!("attestationObject={}", printed_signed(&bytes)),
            "attestation object in a list of numbers, found within other text",
        ),
        (pairs("-").to_uppercase(), "attestation object in hexadecimal"),
        (format!("\\x{hex}"), "attestation object in hexadecimal"),
        (format!("<{}>", pairs(" ")), "attestation object in hexadecimal"),
        (format!("{{ 0x{} }}", pairs(", 0x")), "attestation object in hexadecimal"),
        // Cut before what says which response it is.
        (
            format!(
                r#"{{"id":"AAAA","type":"public-key","response":{{"clientDataJSON":"{}"#,
                &response["response"]["clientDataJSON"].as_str().expect("a text")[..60],
            ),
            "registration response in JSON",
        ),
        (base64url(hex.as_bytes()), "attestation object in base64, encoded twice"),
        (
            "The quick brown fox jumps over the lazy dog again and again".to_owned(),
            "text, not bytes in plain characters",
        ),
        ("hello".to_owned(), "text, not bytes in plain characters"),
        (
            r#"{"publicKey":{"rp":{"id":"example.com","name":"x"},"user":{"id":"dXNlci0x"},"challenge":"AAAA","pubKeyCredParams":[]}}"#.to_owned(),
            "creation options in JSON",
        ),
        (r#"{"challenge":"AAAA","rpId":"example.com","allowCredentials":[]}"#.to_owned(), "request options in JSON"),
    ] {
        assert_eq!(taken_for(&input), format!("taken for: {expected}"), "{input}");
    }
}

/// What is a credential's id elsewhere is the site's, the account's or a key's in options.
#[test]
fn options_are_explained_as_options() {
    let options = |user: &str| {
        json!({"publicKey": {
            "rp": {"id": "example.org", "name": "Example"},
            "user": {"id": user, "name": "alice", "displayName": "Alice"},
            "challenge": base64url(&[7; 32]),
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "timeout": 300_000,
            "excludeCredentials": [{"type": "public-key", "id": base64url(&[9; 16])}],
            "authenticatorSelection": {"residentKey": "required", "userVerification": "preferred"},
            "attestation": "none"
        }})
        .to_string()
    };
    assert_expected("options", options(&base64url(&[0xf5; 16])).as_bytes());
    // An id that says whose it is.
    for (id, is_found) in [
        (base64url(b"alice"), true),
        (base64url(b"alice@example.org"), true),
        (base64url(b"bob"), false),
        (base64url(&[0xf5; 64]), false),
        (base64url(b""), false),
    ] {
        let dump = text(options(&id).as_bytes());
        assert_eq!(dump.contains("is a name or an address"), is_found, "{dump}");
    }
}

#[test]
fn an_authenticators_answer_is_explained_under_its_numbers() {
    let check = RECIPES[1].make().registration_check();
    let object = from_base64url(
        check["response"]["response"]["attestationObject"]
            .as_str()
            .expect("a text"),
    );
    // {1: fmt, 2: authData, 3: attStmt} of the same values.
    let answer: ciborium::Value = ciborium::from_reader(&object[..]).expect("CBOR");
    let members = answer.into_map().expect("a map").into_iter();
    let members = members.map(|(name, value)| {
        let number = match name.as_text() {
            Some("fmt") => 1,
            Some("authData") => 2,
            _ => 3,
        };
        (ciborium::Value::from(number), value)
    });
    let mut bytes = Vec::new();
    ciborium::into_writer(&ciborium::Value::Map(members.collect()), &mut bytes).expect("written");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let dump = text(hex.as_bytes());
    assert!(
        dump.starts_with("taken for: CTAP2 response in hexadecimal\n"),
        "{dump}"
    );
    for field in [
        "fmt (1): packed",
        "authData",
        "attStmt (3)",
        "UP: true",
        "sig",
    ] {
        assert!(dump.contains(field), "{field}: {dump}");
    }
    assert!(!dump.contains("!!"), "{dump}");
}

#[test]
fn a_guess_says_how_sure_it_is() {
    let hash = [0xbf; 32];
    let data = |flags: u8| [&hash[..], &[flags, 0, 0, 0, 7]].concat();
    let likely = "taken for: authenticator data in bytes (likely: by length and flags alone)\n";
    assert!(text(&data(0x05)).starts_with(likely));
    for flags in [0x00, 0x22, 0x02, 0x11] {
        let dump = text(&data(flags));
        assert!(
            dump.starts_with("taken for: unknown bytes in bytes (nothing tells what they are)\n"),
            "{dump}"
        );
    }
    let check = RECIPES[0].make().registration_check();
    let object = from_base64url(
        check["response"]["response"]["attestationObject"]
            .as_str()
            .expect("a text"),
    );
    let at = object
        .windows(8)
        .position(|name| name == b"authData")
        .expect("its name");
    // Behind the name a head of two bytes.
    let dump = text(&object[at + 10..]);
    assert!(
        dump.starts_with("taken for: authenticator data in bytes\n"),
        "{dump}"
    );
}

#[test]
fn a_point_off_its_curve_is_told_and_one_on_it_is_not() {
    for vector in RECIPES.map(|recipe| recipe.make()) {
        let check = vector.authentication_check();
        let key = from_base64url(check["credential"]["publicKey"].as_str().expect("a text"));
        let problem = "are no point of the curve";
        assert!(!text(&key).contains(problem), "{}", vector.name);
        let mut moved = key.clone();
        *moved.last_mut().expect("y") ^= 1;
        let has_curve = text(&key).contains("EC2");
        assert_eq!(text(&moved).contains(problem), has_curve, "{}", vector.name);
    }
    let keys: [Box<dyn CredentialKey>; 2] = [
        Box::new(Es384::from_secret(&[7])),
        Box::new(Es512::from_secret(&[7])),
    ];
    for key in keys {
        let mut bytes = key.cose_key().encode();
        assert!(!text(&bytes).contains("no point"), "{}", text(&bytes));
        *bytes.last_mut().expect("y") ^= 1;
        assert!(text(&bytes).contains("no point"), "{}", text(&bytes));
    }
}

#[test]
fn an_empty_user_handle_is_no_fault() {
    let mut check = RECIPES[0].make().authentication_check();
    check["response"]["response"]["userHandle"] = Value::from("");
    let dump = text(check["response"].to_string().as_bytes());
    assert!(dump.contains("userHandle"), "{dump}");
    assert!(!dump.contains("!!"), "{dump}");
}
