use std::sync::Arc;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use serde_json::{Value, json};
use sha2::Digest;

use super::{Mistakes, SignIn, changed, good_sign_in, hex, sign_in, twice};
use crate::{
    authenticator::flags,
    cbor::Cbor,
    encoding::{base64url, sha256},
    keys::{CredentialKey, Es256, Rsa, RsaHash},
};

/// How a program prints bytes.
type Print<'p> = &'p dyn Fn(&[u8]) -> Value;

/// A member that Chrome adds now and then.
const GOOGLE: &str = ",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a template. \
    See https://goo.gl/yabPex\"";

/// A sign-in by this key whose signature is made otherwise.
fn signed(sign: impl FnOnce(&SignIn, &Es256) -> Vec<u8>) -> Value {
    sign_in(|made| {
        let key = Es256::from_secret(&[8; 32]);
        made.record["publicKey"] = json!(base64url(&key.cose_key().encode()));
        made.assertion.signature = Some(sign(made, &key));
    })
}

pub(super) fn add(mistakes: &mut Mistakes) {
    mistakes.proven(
        "signature_raw_r_s",
        "r and s as JWS has them",
        &signed(|made, key| key.sign_fixed(&made.signed())),
    );
    mistakes.proven(
        "value_hexadecimal",
        "in hexadecimal",
        &changed(good_sign_in(), |check| {
            let signature = &mut check["response"]["response"]["signature"];
            *signature = json!(hex(&super::bytes(signature)));
        }),
    );
    mistakes.proven(
        "value_encoded_twice",
        "encoded twice",
        &changed(good_sign_in(), |check| {
            let signature = &mut check["response"]["response"]["signature"];
            *signature = twice(signature);
        }),
    );
    mistakes.proven(
        "value_encoded_twice",
        "the digits of hexadecimal, encoded",
        &changed(good_sign_in(), |check| {
            let signature = &mut check["response"]["response"]["signature"];
            *signature = json!(base64url(hex(&super::bytes(signature)).as_bytes()));
        }),
    );
    let put = |change: &dyn Fn(&[u8]) -> Value| {
        changed(good_sign_in(), |check| {
            let signature = &mut check["response"]["response"]["signature"];
            *signature = change(&super::bytes(signature));
        })
    };
    let pairs = |bytes: &[u8], between: &str| {
        let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(between)
    };
    let printed: [(&str, Print<'_>); 3] = [
        ("as .NET's BitConverter prints it", &|bytes| {
            json!(pairs(bytes, "-"))
        }),
        ("after 0x", &|bytes| json!(format!("0x{}", hex(bytes)))),
        ("as Apple's NSData prints it", &|bytes| {
            json!(format!("<{}>", pairs(bytes, " ")))
        }),
    ];
    for (name, change) in printed {
        mistakes.proven("value_hexadecimal", name, &put(change));
    }
    for (code, name, value) in [
        ("member_missing", "null", json!(null)),
        ("member_missing", "an empty signature", json!("")),
        (
            "value_lost",
            "Swift's description of Data",
            json!("71 bytes"),
        ),
    ] {
        mistakes.proven(code, name, &put(&|_| value.clone()));
    }
    mistakes.proven(
        "value_through_text",
        "a signature read as UTF-8",
        &put(&|bytes| json!(base64url(String::from_utf8_lossy(bytes).as_bytes()))),
    );
    mistakes.proven(
        "value_trailing_bytes",
        "a buffer larger than the signature",
        &put(&|bytes| json!(base64url(&[bytes, &[0; 2]].concat()))),
    );
    mistakes.proven(
        "signature_over_challenge",
        "a key of the app's own over the challenge",
        &signed(|_, key| key.sign(super::CHALLENGE)),
    );
    mistakes.proven(
        "signature_cut",
        "cut by a column",
        &signed(|made, key| {
            let mut signature = key.sign(&made.signed());
            signature.truncate(64);
            signature
        }),
    );
    for (name, change) in [
        ("with blanks between the members", ("\",\"", "\", \"")),
        (
            "with slashes escaped, as PHP does",
            ("https://", "https:\\/\\/"),
        ),
        (
            "with members in another order",
            ("\"crossOrigin\":false}", "\"crossOrigin\": false}"),
        ),
    ] {
        let check = signed(|made, key| key.sign(&made.signed()));
        let check = changed(check, |check| {
            let member = &mut check["response"]["response"]["clientDataJSON"];
            let text = String::from_utf8(super::bytes(member)).expect("JSON");
            *member = json!(base64url(text.replace(change.0, change.1).as_bytes()));
        });
        mistakes.proven("client_data_serialised_again", name, &check);
    }
    // What a struct has no field for is lost when it is written again.
    for (name, lost) in [
        ("without crossOrigin", ",\"crossOrigin\":false"),
        ("without what Chrome adds", GOOGLE),
    ] {
        let check = signed(|made, key| {
            let text = String::from_utf8(made.assertion.client_data.bytes()).expect("JSON");
            let whole = if text.contains(lost) {
                text
            } else {
                text.replace("false}", &format!("false{lost}}}"))
            };
            let hash = sha256(&[whole.as_bytes()]);
            key.sign(&[&made.assertion.authenticator_data.encode()[..], &hash].concat())
        });
        let check = changed(check, |check| {
            let member = &mut check["response"]["response"]["clientDataJSON"];
            let text = String::from_utf8(super::bytes(member)).expect("JSON");
            *member = json!(base64url(text.replace(lost, "").as_bytes()));
        });
        mistakes.proven("client_data_serialised_again", name, &check);
    }
    mistakes.proven(
        "signature_over_client_data",
        "the client data were not hashed",
        &signed(|made, key| {
            let data = made.assertion.authenticator_data.encode();
            key.sign(&[data, made.assertion.client_data.bytes()].concat())
        }),
    );
    mistakes.proven(
        "signature_hashed_twice",
        "the hash of the hash of the client data",
        &signed(|made, key| {
            let hash = sha256(&[&sha256(&[&made.assertion.client_data.bytes()])]);
            key.sign(&[&made.assertion.authenticator_data.encode()[..], &hash].concat())
        }),
    );
    mistakes.proven(
        "signature_hashed_twice",
        "a digest given to a function that hashes",
        &signed(|made, key| key.sign(&sha256(&[&made.signed()]))),
    );
    mistakes.proven(
        "signature_parts_swapped",
        "the hash before the authenticator data",
        &signed(|made, key| {
            let hash = sha256(&[&made.assertion.client_data.bytes()]);
            key.sign(&[&hash[..], &made.assertion.authenticator_data.encode()].concat())
        }),
    );
    mistakes.proven(
        "signature_without_extensions",
        "extensions were added after signing",
        &sign_in(|made| {
            made.assertion.signature = Some(made.assertion.signature());
            let data = &mut made.assertion.authenticator_data;
            data.flags |= flags::ED;
            data.extensions = Some(Cbor::text_map([("credProtect", Cbor::Int(2))]));
        }),
    );
    mistakes.proven(
        "signature_other_hash",
        "SHA-384 with a P-256 key",
        &sign_in(|made| {
            let secret = [8; 32];
            let key = Es256::from_secret(&secret);
            made.record["publicKey"] = json!(base64url(&key.cose_key().encode()));
            let signer = p256::ecdsa::SigningKey::from_slice(&secret).expect("a scalar");
            let digest = sha2::Sha384::digest(made.signed());
            let signature: p256::ecdsa::Signature = signer.sign_prehash(&digest).expect("signed");
            made.assertion.signature = Some(signature.to_der().as_bytes().to_vec());
        }),
    );
    mistakes.proven(
        "signature_other_hash",
        "SHA-1 with an RSA key",
        &sign_in(|made| {
            let stored = Rsa {
                hash: RsaHash::Sha256,
            };
            made.record["publicKey"] = json!(base64url(&stored.cose_key().encode()));
            made.assertion.key = Arc::new(Rsa {
                hash: RsaHash::Sha1,
            });
        }),
    );
    mistakes.likely(
        "signature_of_another_response",
        "the signature of another sign-in",
        &signed(|_, key| key.sign(b"something else")),
    );
}
