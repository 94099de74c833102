//! Writes seeds for the fuzz targets into a folder, one below it a target: every check that this
//! machine has (the corpora beside the checkout where there are any, and the vectors, broken rules
//! and mistakes that the tests make themselves), whole and in parts.
//!
//! An example of the package `portcullis-tests`, whose generators it uses.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64ct::{Base64UrlUnpadded, Encoding};
use portcullis_core::algorithm::SoftSha256;
use portcullis_core::ceremony::UserVerification;
use portcullis_core::limits::TRACE_STEPS_MAX;
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy, TraceLog,
    approval, verify_authentication,
};
use portcullis_tests::authenticator::Authenticator;
use portcullis_tests::client_data::ClientData;
use portcullis_tests::corpora;
use portcullis_tests::encoding::{base64url, sha256};
use portcullis_tests::mistakes;
use portcullis_tests::negative;
use serde_json::{Value, json};

/// The challenge that the fuzz targets expect.
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";

/// Where the seeds go.
struct Seeds {
    folder: PathBuf,
    written: usize,
}

impl Seeds {
    fn write(&mut self, target: &str, seed: &[u8]) -> io::Result<()> {
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        let name: String = sha256(&[seed])
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        fs::write(folder.join(name), seed)?;
        self.written += 1;
        Ok(())
    }

    fn write_check(&mut self, text: &str) -> io::Result<()> {
        let check: Value = serde_json::from_str(text)?;
        let ceremony = match check["kind"].as_str() {
            Some("registration") => "registration",
            _ => "authentication",
        };
        for target in ["check", "inspect", ceremony] {
            self.write(target, text.as_bytes())?;
        }
        let response = &check["response"]["response"];
        for (member, target) in [
            (&response["clientDataJSON"], "client_data"),
            (&response["attestationObject"], "attestation_object"),
            (&response["authenticatorData"], "authenticator_data"),
            (&response["signature"], "ecdsa_signature"),
            (&check["credential"]["publicKey"], "cose_key"),
        ] {
            let bytes = member.as_str().map(Base64UrlUnpadded::decode_vec);
            let Some(Ok(bytes)) = bytes else { continue };
            self.write(target, &bytes)?;
            self.write("inspect", &bytes)?;
            if target == "attestation_object" {
                self.write_parts(&bytes)?;
            }
        }
        Ok(())
    }

    /// What is a byte string within an attestation object, by its name or by how it begins.
    fn write_parts(&mut self, object: &[u8]) -> io::Result<()> {
        for (name, target) in [
            (&b"\x68authData"[..], "authenticator_data"),
            (b"\x68certInfo", "tpm"),
            (b"\x67pubArea", "tpm"),
            (b"\x63sig", "ecdsa_signature"),
        ] {
            let ends = (0..object.len()).filter(|at| object[*at..].starts_with(name));
            for value in ends.filter_map(|at| byte_string(&object[at + name.len()..])) {
                self.write(target, value)?;
                self.write("inspect", value)?;
            }
        }
        let certificates = (0..object.len())
            .filter(|at| object[*at..].starts_with(&[0x59]))
            .filter_map(|at| byte_string(&object[at..]))
            .filter(|value| value.starts_with(&[0x30, 0x82]));
        for certificate in certificates {
            self.write("certificate", certificate)?;
            self.write("inspect", certificate)?;
        }
        Ok(())
    }
}

/// The payload of a receipt that these people have made, in the form of `portcullis_core::approval`.
fn receipt(approvers: &[&str]) -> String {
    const ISSUER: &str = "https://example.org";
    let origins = [Origin::parse(ISSUER).expect("an origin")];
    let policy =
        Policy::new(&["example.org"], &origins).with_user_verification(UserVerification::Required);
    let request = approval::Request {
        issuer: ISSUER,
        id: &[1; 16],
        begun: 10,
        expires: 20,
        document: &[3; 32],
        text: "Order 7",
    };
    let challenge = request.challenge(&SoftSha256);
    let approve = |name: &&str| {
        let mut authenticator = Authenticator::new(name);
        let handle = name.as_bytes();
        let (mut passkey, _) = authenticator.make("example.org", handle, &challenge, ISSUER);
        let response = passkey.assert(&challenge, ISSUER).response().to_string();
        let public_key = passkey.key.cose_key().encode();
        let record = CredentialRecord::new(&passkey.id, &public_key, 0);
        let mut copy = response.clone().into_bytes();
        let parsed = AuthenticationResponse::from_json(&mut copy);
        let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
        let verified = verify_authentication(
            &parsed,
            Some(&record),
            Challenge::new(&challenge).expect("32 bytes"),
            &policy,
            &Crypto::BUILT_IN,
            &mut log,
        );
        verified.expect("it is right");
        let entries = log.entries().iter();
        let trace: Vec<Value> = entries
            .map(|entry| json!({"step": entry.step.to_string(), "outcome": entry.outcome.name()}))
            .collect();
        json!({
            "approver": name, "credential": base64url(&passkey.id),
            "publicKey": base64url(&public_key), "time": 11,
            "response": base64url(response.as_bytes()), "trace": trace,
        })
    };
    let receipt = json!({
        "issuer": request.issuer, "id": base64url(request.id), "begun": request.begun,
        "expires": request.expires, "document": base64url(request.document), "text": request.text,
        "signed": 12, "approvals": approvers.iter().map(approve).collect::<Vec<_>>(),
    });
    receipt.to_string()
}

/// The content of the CBOR byte string at this place.
fn byte_string(cbor: &[u8]) -> Option<&[u8]> {
    let (length, content) = match *cbor {
        [head @ 0x40..=0x57, ref content @ ..] => (usize::from(head & 0x1f), content),
        [0x58, length, ref content @ ..] => (usize::from(length), content),
        [0x59, high, low, ref content @ ..] => {
            (usize::from(u16::from_be_bytes([high, low])), content)
        }
        _ => return None,
    };
    content.get(..length)
}

fn main() -> io::Result<()> {
    let folder = env::args_os()
        .nth(1)
        .map_or_else(|| Path::new("tests/fuzz/corpus").to_owned(), PathBuf::from);
    let mut seeds = Seeds { folder, written: 0 };
    for (_, check) in corpora::all_checks() {
        seeds.write_check(&check.to_string())?;
    }
    for case in negative::cases() {
        seeds.write_check(&case.check)?;
    }
    for mistake in mistakes::all() {
        seeds.write("check", mistake.input.as_bytes())?;
        seeds.write("inspect", mistake.input.as_bytes())?;
    }
    for origin in [
        "https://example.org",
        "android:apk-key-hash:aGFzaA",
        "a\u{1}b",
    ] {
        let escaped = ClientData::get(CHALLENGE, origin).bytes();
        seeds.write("client_data", &escaped)?;
        let challenge = base64url(CHALLENGE);
        let plain = format!(
            r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
        );
        seeds.write("client_data", plain.as_bytes())?;
    }
    for approvers in [&["alice"][..], &["alice", "bob"]] {
        seeds.write("receipt", receipt(approvers).as_bytes())?;
    }
    println!("{} seeds in {}", seeds.written, seeds.folder.display());
    Ok(())
}
