//! What is read, by its name in the specification.

use core::fmt;

/// Declares what is read in one table, by the feature that reads it.
macro_rules! names {
    (
        always { $($always:ident = $always_name:literal;)+ }
        attestation { $($attestation:ident = $attestation_name:literal;)+ }
        trust { $($trust:ident = $trust_name:literal;)+ }
        json { $($json:ident = $json_name:literal;)+ }
        approval { $($approval:ident = $approval_name:literal;)+ }
        diagnose { $($diagnose:ident = $diagnose_name:literal;)+ }
        inspect { $($inspect:ident = $inspect_name:literal;)+ }
    ) => {
        /// What was being read: a number, so that only a build that prints faults has the words.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum What {
            $($always,)+
            $(#[cfg(feature = "attestation")] $attestation,)+
            $(#[cfg(feature = "trust")] $trust,)+
            $(#[cfg(feature = "json")] $json,)+
            $(#[cfg(feature = "approval")] $approval,)+
            $(#[cfg(feature = "diagnose")] $diagnose,)+
            $(#[cfg(feature = "inspect")] $inspect,)+
        }

        impl What {
            /// Its name.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$always => $always_name,)+
                    $(#[cfg(feature = "attestation")] Self::$attestation => $attestation_name,)+
                    $(#[cfg(feature = "trust")] Self::$trust => $trust_name,)+
                    $(#[cfg(feature = "json")] Self::$json => $json_name,)+
                    $(#[cfg(feature = "approval")] Self::$approval => $approval_name,)+
                    $(#[cfg(feature = "diagnose")] Self::$diagnose => $diagnose_name,)+
                    $(#[cfg(feature = "inspect")] Self::$inspect => $inspect_name,)+
                }
            }
        }
    };
}

names! {
    always {
        AttestationStatement = "attestation statement";
        AttestationStatementMember = "attestation statement member";
        AttestationStatementAlg = "attestation statement alg";
        AttestationStatementSig = "attestation statement sig";
        AttestationObject = "attestation object";
        AttestationObjectMember = "attestation object member";
        Fmt = "fmt";
        AttStmt = "attStmt";
        AuthData = "authData";
        AuthenticatorData = "authenticator data";
        AuthenticatorExtensionOutputs = "authenticator extension outputs";
        AttestedCredentialData = "attested credential data";
        CredentialPublicKey = "credential public key";
        ClientDataType = "clientDataJSON.type";
        ClientDataChallenge = "clientDataJSON.challenge";
        ClientDataOrigin = "clientDataJSON.origin";
        ClientDataCrossOrigin = "clientDataJSON.crossOrigin";
        ClientDataTopOrigin = "clientDataJSON.topOrigin";
        CoseX = "COSE x (-2)";
        CoseY = "COSE y (-3)";
        CoseN = "COSE n (-1)";
        CoseE = "COSE e (-2)";
        CoseKty = "COSE kty (1)";
        CoseAlg = "COSE alg (3)";
        CoseParameterMinus3 = "COSE parameter -3";
        CoseParameterMinus2 = "COSE parameter -2";
        CosePub = "COSE pub (-1)";
        CoseCrv = "COSE crv (-1)";
        CredentialRecord = "credential record";
        ExtensionIdentifier = "extension identifier";
        CredProtect = "credProtect";
        MinPinLength = "minPinLength";
        HmacSecret = "hmac-secret";
        CredBlob = "credBlob";
        ThirdPartyPayment = "thirdPartyPayment";
        Uvm = "uvm";
        Id = "id";
        ClientData = "clientDataJSON";
        UserHandle = "userHandle";
        Transports = "transports";
        EcdsaSignature = "ECDSA signature";
        DateAndTime = "date and time";
        CborItem = "CBOR item";
        Json = "JSON";
    }
    attestation {
        AttestationStatementX5c = "attestation statement x5c";
        AndroidKeyDescription = "Android key description";
        SafetyNetResponse = "SafetyNet response";
        SafetyNetHeader = "SafetyNet header";
        SafetyNetPayload = "SafetyNet payload";
        SafetyNetX5c = "SafetyNet x5c";
        SafetyNetVer = "SafetyNet ver";
        SafetyNetSignature = "SafetyNet signature";
        SafetyNetNonce = "SafetyNet nonce";
        AppleNonceExtension = "Apple's nonce extension";
        AaguidExtension = "AAGUID extension";
        CompoundAttestationStatement = "compound attestation statement";
        FmtInACompoundStatement = "fmt in a compound statement";
        AttStmtInACompoundStatement = "attStmt in a compound statement";
        TpmVer = "TPM ver";
        TpmCertInfo = "TPM certInfo";
        TpmPubArea = "TPM pubArea";
        TpmPubAreaNameAlgorithm = "TPM pubArea name algorithm";
        TpmPubAreaType = "TPM pubArea type";
        TpmEccCurve = "TPM ECC curve";
        CertificateSignatureAlgorithm = "certificate signature algorithm";
        Certificate = "certificate";
        CertificateToBeSigned = "certificate to be signed";
        CertificateSignature = "certificate signature";
        CertificateSerialNumber = "certificate serial number";
        CertificateIssuer = "certificate issuer";
        CertificateSubject = "certificate subject";
        CertificateUniqueIdentifier = "certificate unique identifier";
        BasicConstraints = "basic constraints";
        ExtendedKeyUsage = "extended key usage";
        CertificateValidity = "certificate validity";
        CertificateExtension = "certificate extension";
        SubjectAlternativeName = "subject alternative name";
        CertificateVersion = "certificate version";
        CertificatePublicKey = "certificate public key";
    }
    trust {
        KeyUsage = "key usage";
        RsassaPssParameters = "RSASSA-PSS parameters";
    }
    json {
        Kind = "kind";
        RpId = "rpId";
        RpIds = "rpIds";
        Origins = "origins";
        Challenge = "challenge";
        Credential = "credential";
        UserVerification = "userVerification";
        CrossOrigin = "crossOrigin";
        TopOrigins = "topOrigins";
        Algorithms = "algorithms";
        Formats = "formats";
        Mediation = "mediation";
        AppId = "appId";
        Discoverable = "discoverable";
        AllowCredentials = "allowCredentials";
        ExistingCredentials = "existingCredentials";
        Counter = "counter";
        Backup = "backup";
        Attestation = "attestation";
        Strict = "strict";
        CheckCredentialId = "credential.id";
        CheckCredentialPublicKey = "credential.publicKey";
        CheckCredentialSignCount = "credential.signCount";
        CheckCredentialBackupEligible = "credential.backupEligible";
        CheckCredentialBackupState = "credential.backupState";
        CheckAttestationPolicy = "attestation.policy";
        CheckAttestationRoots = "attestation.roots";
        CheckAttestationTime = "attestation.time";
        CheckAttestationAndroidKeyTee = "attestation.androidKeyTee";
        Check = "check";
        Appid = "appid";
        AppidExclude = "appidExclude";
        CredProps = "credProps";
        Prf = "prf";
        HmacCreateSecret = "hmacCreateSecret";
        HmacGetSecret = "hmacGetSecret";
        LargeBlob = "largeBlob";
        GetCredBlob = "getCredBlob";
        Payment = "payment";
        Response = "response";
        ResponseResponse = "response.response";
        RawId = "rawId";
        ResponseAttestationObject = "attestationObject";
        ResponseAuthenticatorData = "authenticatorData";
        Signature = "signature";
        Type = "type";
        ClientExtensionResults = "clientExtensionResults";
    }
    approval {
        ReceiptCheck = "receipt check";
        Receipt = "receipt";
        Document = "document";
        Trust = "trust";
        Issuer = "issuer";
        Threshold = "threshold";
        ReceiptKey = "receiptKey";
        DocumentKey = "documentKey";
        Approvers = "approvers";
        Name = "name";
        Credentials = "credentials";
        BackupEligible = "backupEligible";
        PublicKey = "publicKey";
        Payload = "payload";
        Text = "text";
        Begun = "begun";
        Expires = "expires";
        Signed = "signed";
        Approvals = "approvals";
        Approver = "approver";
        Time = "time";
        Trace = "trace";
        Step = "step";
        Outcome = "outcome";
    }
    diagnose {
        SubjectPublicKeyInfo = "public key";
    }
    inspect {
        AttestationObjectAMap = "attestation object (a map)";
        Ctap2ResponseMember = "CTAP2 response member";
        Ctap2ResponseAMap = "CTAP2 response (a map)";
        Ctap2Response = "CTAP2 response";
        AuthDataAByteString = "authData (a byte string)";
        RpIdHash32Bytes = "rpIdHash (32 bytes)";
        Flags1Byte = "flags (1 byte)";
        SignCount4Bytes = "signCount (4 bytes)";
        Aaguid16Bytes = "aaguid (16 bytes)";
        CredentialIdLength2Bytes = "credentialIdLength (2 bytes)";
        CredentialId = "credentialId";
        ExtensionsAMap = "extensions (a map)";
        ExtensionOutput = "extension output";
        CoseKeyAMap = "COSE key (a map)";
        CoseKeyParameter = "COSE key parameter";
        Structure = "structure";
        SignedTokenThreeParts = "signed token (three parts)";
        CoseKey = "COSE key";
        AttStmtAMap = "attStmt (a map)";
        StatementsAnArray = "statements (an array)";
        MemberOfACompoundStatement = "member of a compound statement";
        CompoundStatementAMap = "compound statement (a map)";
        AttestationStatementAMap = "attestation statement (a map)";
        CertificateAByteString = "certificate (a byte string)";
        X5cAnArray = "x5c (an array)";
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
