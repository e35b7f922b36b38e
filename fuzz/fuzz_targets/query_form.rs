//! Any bytes as a form of the Query protocol: refused, or read exactly as the URL Standard reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some(parameters) = thingwarden::fuzzing::form(input) else { return };
    let lenient = form_urlencoded::parse(input).into_owned();
    let is_signature = |name: &str| name.to_ascii_lowercase().starts_with("x-amz-");
    let mut expected: Vec<_> = lenient.filter(|(name, _)| !is_signature(name)).collect();
    expected.sort();
    assert_eq!(parameters, expected);
});
