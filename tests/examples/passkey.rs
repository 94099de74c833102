//! A passkey for `curl`: `passkey ORIGIN` reads what `register/begin` or `authenticate/begin` says from standard input,
//! and prints what `complete` takes. Its keys follow from the user name, so it is for trying out alone.

use std::{
    io::{self, Read as _},
    time::SystemTime,
};

use portcullis_tests::authenticator::Authenticator;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let origin = std::env::args().nth(1).ok_or("usage: passkey ORIGIN")?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let begun: Value = serde_json::from_str(&text)?;
    let options = &begun["publicKey"];
    let mut authenticator = Authenticator::new("curl");
    let body = if options["rp"].is_object() {
        let (_, registration) = authenticator.create(options, &origin);
        json!({"attestation": registration.response()})
    } else {
        let rp_id = options["rpId"].as_str().ok_or("no options")?;
        let (mut passkey, _) = authenticator.make(rp_id, &[], &[], &origin);
        // It remembers nothing, and a counter has to grow.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        passkey.sign_count = u32::try_from(now.as_secs())?;
        let mut response = passkey.get(options, &origin).response();
        if let Some(response) = response["response"].as_object_mut() {
            response.remove("userHandle");
        }
        json!({"assertion": response})
    };
    let mut body = body;
    body["challenge_token"] = begun["challenge_token"].clone();
    println!("{body}");
    Ok(())
}
