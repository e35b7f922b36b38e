//! Tests of the registration rules.

use rcgen::{CertificateParams, KeyPair, KeyUsagePurpose};

use super::super::testing::{Ca, NOW, ca_params, params};
use super::*;

fn fails<T: std::fmt::Debug>(result: Result<T, RegistrationError>, code: Code, expected: &str) {
    let error = result.unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(error.code(), code, "{error}");
}

const INVALID: Code = Code::CertificateValidationException;

fn registered<'a>(cas: &[&'a Ca]) -> Vec<RegisteredCa<'a>> {
    cas.iter().map(|ca| RegisteredCa { pem: &ca.pem, active: true }).collect()
}

fn id(pem_text: &str) -> CertificateId {
    CertificateId::of_der(&pem::read_one(pem_text, PemContent::Certificate, PEM_CHARS_MAX).unwrap())
}

fn device(pem_text: &str) -> Certificate {
    read_device_certificate(pem_text).unwrap()
}

#[test]
fn device_certificates_are_read_one_at_a_time() {
    let ca = Ca::new("Plant CA");
    let good = ca.issue(&params("sensor-7"));
    device(&good);
    device(&format!("subject=CN = sensor-7\r\n{}", good.replace('\n', "\r\n")));
    // What `openssl req -x509` makes by default is a CA certificate.
    device(&ca.pem);
    fails(read_device_certificate(""), INVALID, "no PEM block");
    fails(read_device_certificate(&good.repeat(2)), INVALID, "exactly one");
    fails(read_device_certificate(&"a".repeat(65_537)), INVALID, "at most 65536");
    fails(read_device_certificate(&format!("{good}{}", ca.key.serialize_pem())), INVALID, "private key");
    fails(read_device_certificate(&pem::write("CERTIFICATE", &[0x30, 0])), INVALID, "cannot be read");
    fails(read_device_certificate(&pem::write("CERTIFICATE REQUEST", &[0x30, 0])), INVALID, "no PEM block");
}

#[test]
fn weak_keys_and_signatures_are_refused() {
    let fixture = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/src/pki/testdata/");
        std::fs::read_to_string(format!("{folder}{name}.pem")).unwrap()
    };
    for (name, expected) in [
        ("rsa-md5", "MD5 with RSA"),
        ("rsa-sha1", "its key is RSA-1024"),
        ("ec-secp256k1", "its key is secp256k1"),
        ("ed25519", "its key is Ed25519"),
        ("dsa", "its key is other"),
    ] {
        fails(read_device_certificate(&fixture(name)), INVALID, expected);
    }
    for name in ["ec-p256", "ec-p384", "ec-p521"] {
        device(&fixture(name));
    }
    let sha1 = strength::check_signature(&thingwarden_engine::pki::SignatureAlgorithm::Ecdsa(
        thingwarden_engine::pki::Hash::Sha1,
    ));
    assert!(sha1.unwrap_err().to_string().contains("SHA-1 with ECDSA"));
}

#[test]
fn the_signing_ca_is_found_by_its_signature() {
    let (ca, other) = (Ca::new("Plant CA"), Ca::new("Other CA"));
    let sensor = device(&ca.issue(&params("sensor-7")));
    assert_eq!(signing_ca(&sensor, None, &registered(&[&ca])).unwrap(), id(&ca.pem));
    assert_eq!(signing_ca(&sensor, None, &registered(&[&other, &ca])).unwrap(), id(&ca.pem));
    assert_eq!(signing_ca(&sensor, Some(&ca.pem), &registered(&[&ca])).unwrap(), id(&ca.pem));
    fails(signing_ca(&sensor, None, &[]), INVALID, "issuer `CN=Plant CA`");
    fails(signing_ca(&sensor, None, &registered(&[&other])), INVALID, "issuer `CN=Plant CA`");
    fails(signing_ca(&sensor, Some(&other.pem), &registered(&[&ca])), INVALID, "not a registered CA");
    fails(signing_ca(&sensor, Some(&ca.pem), &[]), INVALID, "not a registered CA");
    fails(signing_ca(&sensor, Some("x"), &registered(&[&ca])), INVALID, "the CA certificate cannot be read");
}

#[test]
fn the_name_of_a_ca_is_not_enough() {
    let (ca, impostor) = (Ca::new("Plant CA"), Ca::new("Plant CA"));
    let forged = device(&impostor.issue(&params("sensor-7")));
    fails(signing_ca(&forged, None, &registered(&[&ca])), INVALID, "not signed by the CA");
    fails(signing_ca(&forged, Some(&ca.pem), &registered(&[&ca])), INVALID, "not signed by the CA");
    let both = registered(&[&ca, &impostor]);
    fails(signing_ca(&forged, None, &both), Code::CertificateConflictException, "say which one");
    assert_eq!(signing_ca(&forged, Some(&impostor.pem), &both).unwrap(), id(&impostor.pem));
    fails(signing_ca(&forged, Some(&ca.pem), &both), INVALID, "not signed by the CA");
}

#[test]
fn an_inactive_ca_registers_nothing() {
    let ca = Ca::new("Plant CA");
    let sensor = device(&ca.issue(&params("sensor-7")));
    let inactive = [RegisteredCa { pem: &ca.pem, active: false }];
    fails(signing_ca(&sensor, None, &inactive), Code::CertificateStateException, "not ACTIVE");
}

#[test]
fn cas_on_every_curve_are_verified() {
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ECDSA_P521_SHA512, &rcgen::PKCS_RSA_SHA384]
    {
        let make = || Ca::of(ca_params("Plant CA"), KeyPair::generate_for(algorithm).unwrap());
        let (ca, impostor) = (make(), make());
        let sensor = device(&ca.issue(&params("sensor-7")));
        assert_eq!(signing_ca(&sensor, None, &registered(&[&ca])).unwrap(), id(&ca.pem));
        fails(signing_ca(&sensor, None, &registered(&[&impostor])), INVALID, "not signed by the CA");
    }
}

#[test]
fn ca_certificates_have_to_be_cas_now() {
    read_ca_certificate(&Ca::new("Plant CA").pem, NOW).unwrap();
    let make = |change: fn(&mut CertificateParams)| {
        let mut params = ca_params("Plant CA");
        change(&mut params);
        read_ca_certificate(&Ca::of(params, KeyPair::generate().unwrap()).pem, NOW)
    };
    make(|ca| ca.key_usages.clear()).unwrap();
    fails(make(|ca| ca.is_ca = rcgen::IsCa::NoCa), INVALID, "basicConstraints");
    fails(make(|ca| ca.is_ca = rcgen::IsCa::ExplicitNoCa), INVALID, "basicConstraints");
    fails(make(|ca| ca.key_usages = vec![KeyUsagePurpose::CrlSign]), INVALID, "keyCertSign");
    fails(make(|ca| ca.not_after = rcgen::date_time_ymd(2026, 11, 1)), INVALID, "not now");
    fails(make(|ca| ca.not_before = rcgen::date_time_ymd(2026, 12, 1)), INVALID, "not now");
    let root = Ca::new("Plant CA");
    fails(
        read_ca_certificate(&root.issue(&ca_params("Plant CA")), NOW),
        INVALID,
        "not signed by its own key",
    );
    let mut new_key = ca_params("Plant CA");
    new_key.use_authority_key_identifier_extension = true;
    read_ca_certificate(&root.issue(&new_key), NOW).unwrap();
    read_ca_certificate(&root.issue(&ca_params("Line CA")), NOW).unwrap();
}

#[test]
fn possession_is_proved_by_the_registration_code() {
    let (ca, other) = (Ca::new("Plant CA"), Ca::new("Plant CA"));
    let certificate = read_ca_certificate(&ca.pem, NOW).unwrap();
    let code = new_registration_code().unwrap();
    let prove = |mode, verification: Option<&str>, code: &str| {
        prove_possession(&certificate, mode, verification, code, NOW)
    };
    let good = ca.issue(&params(&code));
    prove(CaMode::Default, Some(&good), &code).unwrap();
    prove(CaMode::SniOnly, None, &code).unwrap();
    let request = Code::InvalidRequestException;
    fails(prove(CaMode::Default, None, &code), request, "required in mode DEFAULT");
    fails(prove(CaMode::SniOnly, Some(&good), &code), request, "must not be given");

    let wrong_code = Code::RegistrationCodeValidationException;
    let another = new_registration_code().unwrap();
    fails(prove(CaMode::Default, Some(&good), &another), wrong_code, "not the registration code");
    fails(prove(CaMode::Default, Some(&ca.issue(&params(""))), ""), wrong_code, "not the registration code");
    let mut unit = CertificateParams::default();
    unit.distinguished_name = rcgen::DistinguishedName::new();
    unit.distinguished_name.push(rcgen::DnType::OrganizationalUnitName, code.as_str());
    let mut two = params(&code);
    two.distinguished_name.push(rcgen::DnType::from_oid(&[2, 5, 4, 3]), code.as_str());
    two.distinguished_name.push(rcgen::DnType::CustomDnType(vec![2, 5, 4, 3]), "other");
    unit.not_after = params("").not_after;
    for params in [unit, two] {
        fails(
            prove(CaMode::Default, Some(&ca.issue(&params)), &code),
            wrong_code,
            "not the registration code",
        );
    }

    fails(prove(CaMode::Default, Some(&other.issue(&params(&code))), &code), INVALID, "not signed by the CA");
    let mut expired = params(&code);
    expired.not_after = rcgen::date_time_ymd(2026, 11, 1);
    fails(prove(CaMode::Default, Some(&ca.issue(&expired)), &code), INVALID, "not now");
    fails(prove(CaMode::Default, Some("x"), &code), INVALID, "the verification certificate cannot be read");
}

#[test]
fn registration_codes_are_64_hex_digits() {
    let code = new_registration_code().unwrap();
    assert!(code.len() == 64 && code.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{code}");
    assert_ne!(new_registration_code().unwrap(), code);
}

#[test]
fn the_status_is_given_in_one_way() {
    use CertificateStatus::*;
    let check = |flag, status, expected| {
        assert_eq!(registration_status(flag, status).map_err(|error| error.code()), expected);
    };
    let refused = Err(Code::InvalidRequestException);
    check(None, None, Ok(Inactive));
    check(Some(false), None, Ok(Inactive));
    check(Some(true), None, Ok(Active));
    check(None, Some(Active), Ok(Active));
    check(None, Some(Revoked), Ok(Revoked));
    check(Some(true), Some(Active), Ok(Active));
    check(Some(false), Some(Revoked), Ok(Revoked));
    check(Some(true), Some(Inactive), refused);
    check(Some(true), Some(Revoked), refused);
    check(Some(false), Some(Active), refused);
    for status in [PendingTransfer, PendingActivation, RegisterInactive] {
        check(None, Some(status), refused);
    }
}
