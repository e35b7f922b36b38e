//! Tests of the PEM splitter and decoder.

use std::io::Read;

use super::*;

#[derive(Default)]
struct Collected(Vec<String>);

impl PemSink for Collected {
    fn block(&mut self, at: Place, label: Label, text: &[u8]) {
        self.0.push(format!("{}:{label:?}:{}", at.line, text.len()));
    }

    fn other(&mut self, what: &'static str) {
        self.0.push(what.to_owned());
    }

    fn broken(&mut self, at: Place, what: String) {
        self.0.push(format!("{}!{what}", at.line));
    }
}

fn pieces(source: &mut dyn Read) -> Vec<String> {
    let mut collected = Collected::default();
    split(&mut Window::new(source), &mut collected);
    collected.0
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(pieces(&mut text.as_bytes()), expected, "{text}");
}

const ONE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn blocks_are_found_between_any_text() {
    check(ONE, &["1:Certificate:58"]);
    check(&format!("# a\n{ONE}# b\r\n{ONE}"), &["2:Certificate:58", "6:Certificate:58"]);
    check(&ONE.replace("CERTIFICATE", "X509 CRL"), &["1:Crl:52"]);
    check(&ONE.replace("CERTIFICATE", "EC PRIVATE KEY"), &["private key, not read"]);
    check(&ONE.replace("CERTIFICATE", "CERTIFICATE REQUEST"), &["certificate signing request, not read"]);
    check("no block at all", &[]);
}

#[test]
fn a_damaged_block_does_not_take_the_next_one_along() {
    let open = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    check(&format!("{open}{ONE}"), &["1!a PEM block without an end line", "3:Certificate:58"]);
    check(&format!("{ONE}{open}"), &["1:Certificate:58", "4!the text ends inside a PEM block"]);
    check(
        &format!("-----BEGIN {}\n{ONE}", "X".repeat(200)),
        &["1!a PEM block whose first line does not end in `-----`", "2:Certificate:58"],
    );
}

#[test]
fn endless_text_ends_and_stays_small() {
    assert_eq!(pieces(&mut std::io::repeat(0).take(4 << 30)), [""; 0]);
    let long =
        b"-----BEGIN CERTIFICATE-----\n".chain(std::io::repeat(b'A').take(1 << 20)).chain(ONE.as_bytes());
    let mut long = long;
    assert_eq!(pieces(&mut long).len(), 2);
}
