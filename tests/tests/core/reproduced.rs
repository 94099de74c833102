use portcullis_core::{Crypto, check::verify_check};

#[test]
fn origin_mismatch_7_2_12() {
    let check = r#"{
  "kind": "authentication",
  "rpId": "example.org",
  "origins": [
    "https://shop.example.org"
  ],
  "challenge": "_0BhAkwIYXmusuAwIvgfXFjQCW__S556gEiLweUwhZM",
  "userVerification": "required",
  "credential": {
    "id": "uPBa0fSg2cb-MiHKkKQvjw",
    "publicKey": "pQECAyYgASFYICo7uWGZeZeqZnztCNUnqiwXTWHwxHkBfgshJ880TW8hIlggtjPAMNpyxB4QGYjZW9da1PwLWR4Y8bObAl0JRg4WLWw",
    "signCount": 0,
    "backupEligible": true,
    "backupState": true
  },
  "response": {
    "id": "uPBa0fSg2cb-MiHKkKQvjw",
    "rawId": "uPBa0fSg2cb-MiHKkKQvjw",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiXzBCaEFrd0lZWG11c3VBd0l2Z2ZYRmpRQ1dfX1M1NTZnRWlMd2VVd2haTSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "authenticatorData": "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUdAAAAAA",
      "signature": "MEUCIQDY8Bgolh19ImlgvM6O5HDIZDp5BWOsi2k9fKTppujA3QIgJX0_ffJUi_x_lpGS3XsR93i0Ke1yHAwp7fJRPdkQmb8"
    }
  }
}"#;
    let mut check = check.as_bytes().to_vec();
    let mut verdict = String::new();
    verify_check(&mut check, &Crypto::BUILT_IN, &mut verdict).expect("a check");
    assert!(
        verdict.starts_with(r#"{"accepted":false,"code":"origin_mismatch","step":"7.2.12","#),
        "{verdict}"
    );
}
