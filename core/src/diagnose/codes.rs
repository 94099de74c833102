/// Declares the codes, each with its meaning, in one table.
macro_rules! diagnosis_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        /// What is wrong with a check that was rejected, or that is none. Codes are stable; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Diagnosis {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Diagnosis {
            /// Every diagnosis: the published table of codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii_start(),)+ }
            }
        }
    };
}

diagnosis_codes! {
    /// The challenge was encoded twice, on one of the two sides.
    ChallengeEncodedTwice = "challenge_encoded_twice";
    /// The challenge is a text, and its characters were taken for its bytes.
    ChallengeIsText = "challenge_is_text";
    /// The challenge's bytes went through a text on their way and came out as UTF-8.
    ChallengeBytesAsText = "challenge_bytes_as_text";
    /// The challenge is written in base64's standard alphabet.
    ChallengeStandardBase64 = "challenge_standard_base64";
    /// The challenge is written with padding.
    ChallengePadded = "challenge_padded";
    /// The challenge is written in hexadecimal.
    ChallengeHexadecimal = "challenge_hexadecimal";
    /// The challenge is there in another case: a column that folds case has kept it.
    ChallengeCase = "challenge_case";
    /// The challenge is cut on one of the two sides.
    ChallengeCut = "challenge_cut";
    /// The challenge is empty.
    ChallengeEmpty = "challenge_empty";
    /// The token that carries the challenge is where the challenge belongs.
    ChallengeIsToken = "challenge_is_token";
    /// The response answers a challenge of another ceremony.
    ChallengeOfAnotherCeremony = "challenge_of_another_ceremony";
    /// The challenge's hash was passed in place of the challenge.
    ChallengeHashed = "challenge_hashed";
    /// The challenge is zeros, but for digits in it: characters were taken for numbers.
    ChallengeZeros = "challenge_zeros";

    /// The origins differ by `http` and `https`.
    OriginScheme = "origin_scheme";
    /// The origins differ by their ports.
    OriginPort = "origin_port";
    /// The origins differ by `www`.
    OriginWww = "origin_www";
    /// One origin is a subdomain of the other.
    OriginSubdomain = "origin_subdomain";
    /// An expected origin has a wildcard.
    OriginWildcard = "origin_wildcard";
    /// An origin has a slash at its end.
    OriginTrailingSlash = "origin_trailing_slash";
    /// An origin has a path, a query or a fragment.
    OriginPath = "origin_path";
    /// The origins differ by the case of letters.
    OriginCase = "origin_case";
    /// One side says `localhost`, the other the address.
    OriginLoopback = "origin_loopback";
    /// An origin lacks its scheme.
    OriginWithoutScheme = "origin_without_scheme";
    /// An origin's host is not in its ASCII form.
    OriginNotAscii = "origin_not_ascii";
    /// An Android app asked, where a site is expected.
    OriginAndroidApp = "origin_android_app";
    /// The fingerprint of an Android app's certificate is in another encoding.
    OriginAndroidFingerprint = "origin_android_fingerprint";
    /// Both sides name an Android app, and of two certificates.
    OriginAndroidCertificate = "origin_android_certificate";
    /// An iOS app asked, where a site is expected.
    OriginIosApp = "origin_ios_app";
    /// A site asked, where an app is expected.
    OriginOfSite = "origin_of_site";
    /// The page has no origin: a sandboxed frame, or a file.
    OriginNull = "origin_null";
    /// The page is one of this machine: a development server, or an app's web view.
    OriginLocal = "origin_local";
    /// A browser extension asked.
    OriginExtension = "origin_extension";
    /// Another site asked.
    OriginOtherSite = "origin_other_site";
    /// `origins` is one text and not a list.
    OriginsNotAList = "origins_not_a_list";
    /// The ceremony ran in a frame of another origin.
    FrameUnexpected = "frame_unexpected";
    /// The page around the frame is not one of those listed.
    TopOriginNotListed = "top_origin_not_listed";

    /// The RP ID is an origin.
    RpIdIsOrigin = "rp_id_is_origin";
    /// The RP ID has a port.
    RpIdHasPort = "rp_id_has_port";
    /// The RP ID differs from the one that was used by the case of letters or a point at its end.
    RpIdSpelling = "rp_id_spelling";
    /// The RP ID that was used is the host of the page.
    RpIdOfClientHost = "rp_id_of_client_host";
    /// The RP ID that was used is a parent domain.
    RpIdParentDomain = "rp_id_parent_domain";
    /// The RP ID that was used is `localhost`.
    RpIdLocalhost = "rp_id_localhost";
    /// The authenticator acted for a FIDO `AppID`.
    RpIdAppId = "rp_id_app_id";
    /// The RP ID that was used is the host of an expected origin.
    RpIdOfExpectedOrigin = "rp_id_of_expected_origin";
    /// The RP ID that was used is none that the check would suggest.
    RpIdUnknown = "rp_id_unknown";

    /// The stored public key is in base64's standard alphabet.
    PublicKeyStandardBase64 = "public_key_standard_base64";
    /// The stored public key is in base64url with padding.
    PublicKeyPadded = "public_key_padded";
    /// The stored public key is in hexadecimal.
    PublicKeyHexadecimal = "public_key_hexadecimal";
    /// The stored public key was encoded twice.
    PublicKeyEncodedTwice = "public_key_encoded_twice";
    /// Line breaks, blanks or escapes came into the stored public key on its way.
    PublicKeyChangedInTransit = "public_key_changed_in_transit";
    /// The stored public key is a list of numbers.
    PublicKeyArray = "public_key_array";
    /// The stored public key is a Node.js `Buffer` that went through `JSON.stringify`.
    PublicKeyBuffer = "public_key_buffer";
    /// The stored public key is a `SubjectPublicKeyInfo`.
    PublicKeySpki = "public_key_spki";
    /// The stored public key is in PEM.
    PublicKeyPem = "public_key_pem";
    /// The stored public key is an `RSAPublicKey`.
    PublicKeyPkcs1 = "public_key_pkcs1";
    /// The stored key is a private one.
    PublicKeyIsPrivate = "public_key_is_private";
    /// The stored public key is one of OpenSSH.
    PublicKeySsh = "public_key_ssh";
    /// The stored public key is a compressed point.
    PublicKeyCompressedPoint = "public_key_compressed_point";
    /// The stored public key is a JWK.
    PublicKeyJwk = "public_key_jwk";
    /// The stored public key is a bare point.
    PublicKeyRawPoint = "public_key_raw_point";
    /// The stored public key is a COSE key inside a CBOR byte string.
    PublicKeyCborBytes = "public_key_cbor_byte_string";
    /// The whole attested credential data are stored as the public key.
    PublicKeyAttestedCredentialData = "public_key_attested_credential_data";
    /// The whole authenticator data are stored as the public key.
    PublicKeyAuthenticatorData = "public_key_authenticator_data";
    /// The whole attestation object is stored as the public key.
    PublicKeyAttestationObject = "public_key_attestation_object";
    /// A certificate is stored as the public key.
    PublicKeyCertificate = "public_key_certificate";
    /// The stored public key is cut.
    PublicKeyCut = "public_key_cut";
    /// There is no stored public key.
    PublicKeyMissing = "public_key_missing";
    /// The public key is that of another credential.
    PublicKeyOfAnotherCredential = "public_key_of_another_credential";
    /// The key's numbers are no point of its curve.
    PointOffCurve = "point_off_curve";
    /// The key is not one of the algorithm that it names.
    KeyAndAlgorithmDiffer = "key_and_algorithm_differ";
    /// The key's algorithm was not offered.
    AlgorithmNotOffered = "algorithm_not_offered";

    /// The ECDSA signature is the bare `r || s`.
    SignatureRaw = "signature_raw_r_s";
    /// The signature is cut.
    SignatureCut = "signature_cut";
    /// The client data were serialised again after they were signed.
    ClientDataSerialisedAgain = "client_data_serialised_again";
    /// The client data went into the signature without being hashed.
    SignatureOverClientData = "signature_over_client_data";
    /// Something was hashed twice before it was signed.
    SignatureHashedTwice = "signature_hashed_twice";
    /// The two parts of what is signed are the wrong way round.
    SignaturePartsSwapped = "signature_parts_swapped";
    /// The signature is over the challenge alone.
    SignatureOverChallenge = "signature_over_challenge";
    /// The signature is over authenticator data without their extensions.
    SignatureWithoutExtensions = "signature_without_extensions";
    /// The signature was made with another hash or padding than the algorithm has.
    SignatureOtherHash = "signature_other_hash";
    /// The signature is of another response, or by another key.
    SignatureOfAnotherResponse = "signature_of_another_response";

    /// The response is `{}`.
    ResponseEmpty = "response_empty";
    /// There is no response.
    ResponseMissing = "response_missing";
    /// Buffers of the response became `{}` in JSON.
    BuffersLost = "buffers_lost";
    /// Bytes are written as a list of numbers.
    BytesAsArray = "bytes_as_array";
    /// Bytes are written as an object of numbered members.
    BytesAsIndexedObject = "bytes_as_indexed_object";
    /// Bytes are written as a Node.js `Buffer`.
    BytesAsBuffer = "bytes_as_buffer";
    /// Bytes are written as numbers with commas between.
    BytesAsNumbers = "bytes_as_numbers";
    /// The response is a text that holds JSON.
    ResponseIsText = "response_is_text";
    /// The response is inside another object.
    ResponseWrapped = "response_wrapped";
    /// The inner object `response` is missing, and its members are one level too high.
    ResponseFlattened = "response_flattened";
    /// Names are in snake case.
    NamesSnakeCase = "names_snake_case";
    /// Names are in .NET's case.
    NamesDotnet = "names_dotnet";
    /// Names are those of Apple's API.
    NamesApple = "names_apple";
    /// The response's `type` is another text than `public-key`.
    ResponseTypeOther = "response_type_other";
    /// A value is in base64's standard alphabet.
    ValueStandardBase64 = "value_standard_base64";
    /// A value is in base64url with padding.
    ValuePadded = "value_padded";
    /// A value is in hexadecimal.
    ValueHexadecimal = "value_hexadecimal";
    /// A value was encoded twice.
    ValueEncodedTwice = "value_encoded_twice";
    /// A value has line breaks or blanks in it.
    ValueWithBlanks = "value_with_blanks";
    /// A value lost its `+` in a form.
    ValuePlusLost = "value_plus_lost";
    /// A value is escaped for an address.
    ValuePercentEncoded = "value_percent_encoded";
    /// A value is a `data:` URL.
    ValueDataUrl = "value_data_url";
    /// A value is the text itself and not its encoding.
    ValueNotEncoded = "value_not_encoded";
    /// A value is what a program prints in place of bytes.
    ValueLost = "value_lost";
    /// A value has quotes around it, or Python's `b'...'`.
    ValueQuoted = "value_quoted";
    /// A value's bytes went through a text on their way.
    ValueThroughText = "value_through_text";
    /// A value is cut.
    ValueCut = "value_cut";
    /// A value lost the case of its letters.
    ValueCase = "value_case";
    /// Further bytes follow a value's end.
    ValueTrailingBytes = "value_trailing_bytes";
    /// A value is inside a CBOR byte string.
    ValueCborBytes = "value_cbor_byte_string";
    /// The client data are not encoded.
    ClientDataNotEncoded = "client_data_not_encoded";
    /// The client data are in UTF-16.
    ClientDataUtf16 = "client_data_utf16";
    /// Client data and authenticator data are swapped.
    ClientDataSwapped = "client_data_swapped";
    /// Authenticator data are where the attestation object belongs.
    AttestationObjectIsAuthenticatorData = "attestation_object_is_authenticator_data";
    /// A hash is where the authenticator data belong.
    AuthenticatorDataIsHash = "authenticator_data_is_hash";
    /// The response of a registration is in a sign-in.
    ResponseOfRegistration = "response_of_registration";
    /// The response of a sign-in is in a registration.
    ResponseOfSignIn = "response_of_sign_in";
    /// `id` is not `rawId`.
    IdNotRawId = "id_not_raw_id";
    /// A member of the response is missing.
    MemberMissing = "member_missing";

    /// The response is of another credential than the record.
    CredentialOther = "credential_other";
    /// The credential is not among those allowed.
    CredentialNotAllowed = "credential_not_allowed";
    /// The check has no credential record.
    CredentialMissing = "credential_missing";
    /// The credential is registered already.
    CredentialExists = "credential_exists";
    /// The user handle is that of another account.
    UserHandleOther = "user_handle_other";
    /// The response has no user handle.
    UserHandleMissing = "user_handle_missing";

    /// The authenticator did not verify the person.
    UserNotVerified = "user_not_verified";
    /// The authenticator did not see a person.
    UserNotPresent = "user_not_present";
    /// The credential became one that may be backed up, or ceased to be.
    BackupEligibilityChanged = "backup_eligibility_changed";
    /// The credential says that it is backed up and that it cannot be.
    BackupStateWithoutEligibility = "backup_state_without_eligibility";
    /// The authenticator does not count, and the record has a number.
    CounterAlwaysZero = "counter_always_zero";
    /// The same response was judged before, or the record was updated before.
    CounterReplayed = "counter_replayed";
    /// The counter is that of another credential, or the authenticator was cloned.
    CounterOfAnother = "counter_of_another";

    /// No attestation came, although it has to be trusted.
    AttestationRemoved = "attestation_removed";
    /// Self attestation came, which leads to no root.
    AttestationSelf = "attestation_self";
    /// The check has no roots.
    RootsMissing = "roots_missing";
    /// The root of the authenticator's maker is not among the check's.
    RootNotListed = "root_not_listed";
    /// The statement is one of another registration.
    AttestationOfAnotherRegistration = "attestation_of_another_registration";
    /// A certificate is not valid at the time of judgement.
    AttestationTime = "attestation_time";
    /// The attestation format is not accepted.
    AttestationFormat = "attestation_format";

    /// The input is a response and not a check.
    CheckIsResponse = "check_is_response";
    /// The input is the options of a ceremony.
    CheckIsOptions = "check_is_options";
    /// The input is JSON within a JSON string.
    CheckIsText = "check_is_text";
    /// The input breaks off.
    CheckCut = "check_cut";
    /// The input is no JSON.
    CheckNotJson = "check_not_json";
    /// A member of the check has another name.
    CheckMemberName = "check_member_name";
    /// A member of the check is missing.
    CheckMemberMissing = "check_member_missing";
    /// A member of the check has a value that it cannot have.
    CheckMemberValue = "check_member_value";
    /// A root is not in PEM.
    RootNotPem = "root_not_pem";
}
