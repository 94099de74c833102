use serde_json::json;

use super::{Mistakes, changed, good_registration, good_sign_in, hex, padded};

pub(super) fn add(mistakes: &mut Mistakes) {
    let good = good_sign_in();
    mistakes.proven("check_is_response", "a bare response", &good["response"]);
    mistakes.proven(
        "check_is_response",
        "a bare registration",
        &good_registration()["response"],
    );
    mistakes.proven(
        "check_is_options",
        "the options of a registration",
        &json!({"publicKey": {"rp": {"id": "example.org", "name": "x"}, "challenge": "AAAA", "pubKeyCredParams": []}}),
    );
    mistakes.proven(
        "check_is_options",
        "the options of a sign-in",
        &json!({"challenge": "AAAA", "allowCredentials": []}),
    );
    mistakes.proven(
        "check_is_text",
        "a check in a JSON string",
        &json!(good.to_string()),
    );
    let text = good.to_string();
    mistakes.add(
        "check_cut",
        "half of a check",
        true,
        text[..text.len() / 2].to_owned(),
    );
    mistakes.add(
        "check_not_json",
        "what a console prints",
        false,
        text.replace('"', "'"),
    );
    mistakes.add(
        "check_not_json",
        "a comma at the end",
        false,
        text.replace("}}", "},}"),
    );
    mistakes.add(
        "check_not_json",
        "a sentence",
        false,
        "The quick brown fox".to_owned(),
    );
    mistakes.proven("check_not_json", "a list", &json!([1, 2]));
    let rename = |from: &str, to: &str| {
        changed(good_sign_in(), |check| {
            let members = check.as_object_mut().expect("an object");
            let value = members.remove(from).expect("a member");
            members.insert(to.to_owned(), value);
        })
    };
    mistakes.proven("check_member_name", "rp_id", &rename("rpId", "rp_id"));
    mistakes.proven(
        "check_member_name",
        "expectedChallenge",
        &rename("challenge", "expectedChallenge"),
    );
    mistakes.proven(
        "check_member_name",
        "expectedOrigin",
        &rename("origins", "expectedOrigin"),
    );
    mistakes.proven("check_member_missing", "no kind", &rename("kind", "x"));
    mistakes.proven(
        "check_member_name",
        "counter in the record",
        &changed(good_sign_in(), |check| {
            check["credential"] = json!({"id": "AAAA", "publicKey": "AAAA", "counter": 1});
        }),
    );
    let set =
        |name: &str, value: serde_json::Value| changed(good_sign_in(), |check| check[name] = value);
    mistakes.proven(
        "check_member_value",
        "kind of the client data",
        &set("kind", json!("webauthn.get")),
    );
    mistakes.proven(
        "check_member_value",
        "an unknown verification",
        &set("userVerification", json!("Required")),
    );
    let id = &good["response"]["id"];
    for (name, member, value) in [
        (
            "the options' descriptors",
            "allowCredentials",
            json!([{"type": "public-key", "id": id}]),
        ),
        (
            "the options' parameters",
            "algorithms",
            json!([{"type": "public-key", "alg": -7}]),
        ),
        (
            "a list of records",
            "credential",
            json!([good["credential"]]),
        ),
        ("no RP ID", "rpId", json!(null)),
    ] {
        mistakes.proven("check_member_value", name, &set(member, value));
    }
    mistakes.proven(
        "check_member_name",
        "names of SimpleWebAuthn's older records",
        &set(
            "credential",
            json!({"credentialID": id, "credentialPublicKey": good["credential"]["publicKey"], "counter": 0}),
        ),
    );
    mistakes.proven(
        "check_member_name",
        "the response as the credential",
        &set("credential", good["response"].clone()),
    );
    mistakes.add(
        "check_not_json",
        "two checks",
        true,
        format!("{good}\n{good}"),
    );
    mistakes.add(
        "check_not_json",
        "a byte order mark",
        true,
        format!("\u{feff}{good}"),
    );
    mistakes.likely(
        "root_not_pem",
        "a root in base64",
        &set("attestation", json!({"roots": ["MIIB"]})),
    );
    mistakes.likely(
        "value_padded",
        "a handle with padding",
        &changed(good_registration(), |check| {
            check["userHandle"] = json!(padded("dQ"));
        }),
    );
    mistakes.proven(
        "value_padded",
        "the record's id with padding",
        &changed(good_sign_in(), |check| {
            check["credential"]["id"] =
                json!(padded(check["credential"]["id"].as_str().expect("a text")));
        }),
    );
    let id = super::bytes(&good["response"]["id"]);
    let colons: Vec<String> = id.iter().map(|byte| hex(&[*byte])).collect();
    mistakes.proven(
        "value_hexadecimal",
        "the record's id as octets with colons",
        &changed(good_sign_in(), |check| {
            check["credential"]["id"] = json!(colons.join(":"));
        }),
    );
}
