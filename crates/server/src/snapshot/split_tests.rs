//! Tests of the JSON splitter: every layout of records, and every kind of damage.

use std::io::Read;

use super::*;

#[derive(Default)]
struct Collected(Vec<String>);

impl JsonSink for Collected {
    fn document(&mut self, at: Place, text: &[u8]) {
        self.0.push(format!("{}:{}", at.line, String::from_utf8_lossy(text)));
    }

    fn element(&mut self, at: Place, list: List, siblings: &Arc<str>, text: &[u8]) {
        self.0.push(format!("{}:{}[{siblings}]{}", at.line, list.member(), String::from_utf8_lossy(text)));
    }

    fn broken(&mut self, at: Place, what: String, list: Option<List>, _sample: &[u8]) {
        let list = list.map(List::member).unwrap_or_default();
        self.0.push(format!("{}!{list}{what}", at.line));
    }
}

/// Gives one byte at a time, so that every value crosses a read.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = out.len().min(1);
        self.0.read(&mut out[..count])
    }
}

fn pieces(source: &mut dyn Read, between: Between) -> Vec<String> {
    let mut collected = Collected::default();
    split(&mut Window::new(source), between, &mut collected);
    collected.0
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(pieces(&mut text.as_bytes(), Between::Error), expected, "{text}");
    assert_eq!(pieces(&mut Drip(text.as_bytes()), Between::Error), expected, "dripping {text}");
}

#[test]
fn every_layout_of_documents_gives_the_same_documents() {
    check(r#"{"a":1}"#, &[r#"1:{"a":1}"#]);
    check("{\"a\":1}\n{\"b\":\"}\\\"{\"}\r\n\n{}", &[r#"1:{"a":1}"#, r#"2:{"b":"}\"{"}"#, "4:{}"]);
    check("{\"a\":1}{\"b\":2}", &[r#"1:{"a":1}"#, r#"1:{"b":2}"#]);
    check("[{\"a\":1},\n {\"b\":[2]}]", &[r#"1:{"a":1}"#, r#"2:{"b":[2]}"#]);
    check("[[{\"a\":1}],[],[{\"b\":2}]]", &[r#"1:{"a":1}"#, r#"1:{"b":2}"#]);
    check("{\n  \"a\": [\n    {}\n  ]\n}\n{\n}\n", &["1:{\n  \"a\": [\n    {}\n  ]\n}", "6:{\n}"]);
    check("\u{feff}{}", &["1:{}"]);
    check("", &[]);
    check("[]", &[]);
    check("[\"a\", 1, true]", &["1:\"a\"", "1:1", "1:true"]);
    check("2026-03-01T00:00:00Z stream {\"a\":1}\n2026-03-01 {\"b\":2}\n", &[r#"1:{"a":1}"#, r#"2:{"b":2}"#]);
}

#[test]
fn a_damaged_record_does_not_take_the_next_one_along() {
    check("{\"a\":1\n{\"b\":2}\n", &["1!line 2, column 1: expected a member's name", r#"2:{"b":2}"#]);
    check("{\"a\":\"x\n{\"b\":2}\n", &["1!line 1, column 8: a line ends inside a string", r#"2:{"b":2}"#]);
    check("{\"a\":1,\n{\"b\":2}\n", &["1!line 2, column 1: expected a member's name", r#"2:{"b":2}"#]);
    check("{\"a\":1}}\n{\"b\":2}\n", &[r#"1:{"a":1}"#, "1!expected a JSON object or list", r#"2:{"b":2}"#]);
    check("nonsense\n{\"b\":2}\n", &["1!expected a JSON object or list", r#"2:{"b":2}"#]);
    check(
        "{\"a\":[1}\n{\"b\":2}\n",
        &["1!line 1, column 8: a closing bracket of the wrong kind", r#"2:{"b":2}"#],
    );
    check("{\"a\" 1}\n{}", &["1:{\"a\" 1}", "2:{}"]);
}

#[test]
fn truncated_text_gives_what_came_before() {
    check(
        "{\"a\":1}\n{\"b\":",
        &[r#"1:{"a":1}"#, "2!the text ends at byte 13 inside a JSON value that begins here"],
    );
    check("[{\"a\":1},", &[r#"1:{"a":1}"#, "1!the text ends before the list that begins here does"]);
    check(
        r#"{"token":"t","things":[{"n":1},{"n":2},{"n"#,
        &[
            r#"1:things[{"token":"t"}]{"n":1}"#,
            r#"1:things[{"token":"t"}]{"n":2}"#,
            "1!thingsthe text ends at byte 42 inside a JSON value that begins here",
        ],
    );
}

#[test]
fn a_long_document_is_opened_and_its_lists_are_cut() {
    let padding = "x".repeat(1000);
    let elements: Vec<String> =
        (0..10_000).map(|n| format!(r#"{{"thingName":"t{n}","p":"{padding}"}}"#)).collect();
    let text = format!(r#"{{"a":"1", "things": [{}], "nextToken" : null}}"#, elements.join(", "));
    let found = pieces(&mut text.as_bytes(), Between::Error);
    assert_eq!(found.len(), 10_001);
    assert_eq!(found[0], format!(r#"1:things[{{"a":"1"}}]{}"#, elements[0]));
    assert_eq!(found[9_999], format!(r#"1:things[{{"a":"1"}}]{}"#, elements[9_999]));
    assert_eq!(found[10_000], r#"1:{"a":"1","things":[],"nextToken":null}"#);
}

#[test]
fn what_is_too_long_is_said_once_and_passed_over() {
    let long = "x".repeat(RECORD_BYTES_MAX);
    let found = pieces(&mut format!("{{\"a\":\"{long}\"}}\n{{\"b\":1}}").as_bytes(), Between::Error);
    assert_eq!(found, ["1!a JSON object of more than 4194304 bytes: \"a\"", r#"2:{"b":1}"#]);
    let found = pieces(&mut format!("{{\"things\":[\"{long}\",\"t\"]}}").as_bytes(), Between::Error);
    assert_eq!(
        found,
        ["1!thingsan element of more than 4194304 bytes", r#"1:things[{}]"t""#, r#"1:{"things":[]}"#,]
    );
}

#[test]
fn endless_nonsense_ends_quickly() {
    let mut zeros = std::io::repeat(0).take(4 << 30);
    assert_eq!(pieces(&mut zeros, Between::Error), ["1!a NUL byte: not JSON text"]);
    let mut letters = std::io::repeat(b'a').take(4 << 30);
    assert_eq!(pieces(&mut letters, Between::Error), ["1!expected a JSON object or list"]);
    assert!(letters.limit() > 3 << 30);
    let brackets = "[".repeat(100_000);
    assert_eq!(pieces(&mut brackets.as_bytes(), Between::Error), ["1!lists within lists, more than 16 deep"]);
    let braces = "{\"a\":".repeat(100_000);
    assert_eq!(pieces(&mut braces.as_bytes(), Between::Error).len(), 1);
}

#[test]
fn noise_between_log_lines_is_passed_over() {
    let text = "START of log\n{\"a\":1}\nEND\n";
    assert_eq!(pieces(&mut text.as_bytes(), Between::Noise), [r#"2:{"a":1}"#]);
}
