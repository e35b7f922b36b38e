//! PEM files as they are found, and damaged ones.

use proptest::prelude::*;

use super::*;

/// Labels and sizes of the blocks, and errors, in order.
fn check(text: &str, expected: &[&str]) {
    let show = |item: PemItem| match item {
        Ok(block) => format!("{} {} {}", block.line, block.label, String::from_utf8_lossy(&block.der)),
        Err(error) => error.to_string(),
    };
    let found: Vec<String> = PemBlocks::new(text.as_bytes()).map(show).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn blocks_are_found_among_other_text() {
    check("", &[]);
    check("no block here\n", &[]);
    check("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----", &["1 CERTIFICATE hello"]);
    check(
        "Bag Attributes\r\n\r\n-----BEGIN X509 CRL-----  \r\naGVs\r\nbG8\t\r\n-----END X509 CRL-----\r\ntext\r\n\
         -----BEGIN CERTIFICATE-----\r\n aGVs bG8=\r\n\r\n-----END CERTIFICATE-----\r\n",
        &["3 X509 CRL hello", "8 CERTIFICATE hello"],
    );
}

#[test]
fn private_keys_are_named_but_not_kept() {
    check(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\naGVsbG8=\n\
         -----END RSA PRIVATE KEY-----\n-----BEGIN CERTIFICATE REQUEST-----\naGk=\n-----END CERTIFICATE REQUEST-----\n",
        &["1 RSA PRIVATE KEY ", "7 CERTIFICATE REQUEST hi"],
    );
    let content = |label: &str| PemContent::of(label);
    assert_eq!(content("ENCRYPTED PRIVATE KEY"), PemContent::PrivateKey);
    assert_eq!(content("NEW CERTIFICATE REQUEST"), PemContent::CertificateRequest);
    assert_eq!(content("TRUSTED CERTIFICATE"), PemContent::Certificate);
    assert_eq!(content("X509 CERTIFICATE"), PemContent::Certificate);
    assert_eq!(content("DH PARAMETERS"), PemContent::Other);
}

#[test]
fn after_a_broken_block_reading_goes_on() {
    let good = "-----BEGIN CERTIFICATE-----\naGk=\n-----END CERTIFICATE-----\n";
    let cases = [
        ("-----END CERTIFICATE-----\n", "line 1: `-----END CERTIFICATE-----` without a beginning", 2),
        ("-----BEGIN CERTIFICATE-----\naGk=\n", "line 1: the block `CERTIFICATE` has no end", 3),
        (
            "-----BEGIN CERTIFICATE-----\naGk=\n-----END X509 CRL-----\n",
            "line 3: the block `CERTIFICATE` ends as `X509 CRL`",
            4,
        ),
        (
            "-----BEGIN CERTIFICATE-----\naGk=\na$k=\n-----END CERTIFICATE-----\n",
            "line 3: the block `CERTIFICATE` is not in base64 here",
            5,
        ),
        (
            "-----BEGIN CERTIFICATE-----\naGk=aGk=\n-----END CERTIFICATE-----\n",
            "line 1: the block `CERTIFICATE` is not in base64 here",
            4,
        ),
        (
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "line 1: the block `CERTIFICATE` is empty",
            3,
        ),
        (
            "-----BEGIN \u{1b}-----\n",
            "line 1: the label is longer than 64 bytes or not in plain characters",
            2,
        ),
    ];
    for (broken, error, line) in cases {
        check(&format!("{broken}{good}"), &[error, &format!("{line} CERTIFICATE hi")]);
    }
    check("-----BEGIN CERTIFICATE-----\naGk=", &["line 1: the block `CERTIFICATE` has no end"]);
}

#[test]
fn blocks_have_a_largest_size() {
    let block = |label: &str, count: usize| {
        let line = format!("{}\n", "AAAA".repeat(16));
        format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", line.repeat(count))
    };
    let lines = CERTIFICATE_BYTES_MAX / 48;
    let one = |text: String| PemBlocks::new(text.as_bytes()).next().unwrap();
    assert_eq!(one(block("CERTIFICATE", lines)).unwrap().der.len(), lines * 48);
    assert_eq!(
        one(block("CERTIFICATE", lines + 1)).unwrap_err().to_string(),
        "line 1: the block `CERTIFICATE` decodes to more than 1048576 bytes"
    );
    assert_eq!(one(block("X509 CRL", lines + 1)).unwrap().der.len(), (lines + 1) * 48);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(-----(BEGIN|END) (CERTIFICATE|X509 CRL|A PRIVATE KEY)-----|[A-Za-z0-9+/=: ]{0,8}|\n){0,30}") {
        let blocks: Vec<PemItem> = PemBlocks::new(text.as_bytes()).collect();
        prop_assert!(blocks.len() <= text.lines().count() + 1);
    }

    #[test]
    fn what_is_written_is_read(der in proptest::collection::vec(any::<u8>(), 1..300_000), width in 1..100_usize) {
        let digits = BASE64.encode(&der);
        let lines: Vec<&str> = digits.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let text = format!("-----BEGIN X-----\n{}\n-----END X-----\n", lines.join("\n"));
        let block = PemBlocks::new(text.as_bytes()).next().unwrap().unwrap();
        prop_assert_eq!(block.der, der);
    }
}
