//! Any bytes as a plan or template, in YAML or in JSON, after a beginning that the first of them chooses.

#![no_main]

use libfuzzer_sys::fuzz_target;

const BEGINS: [(&str, &[u8]); 4] = [
    ("a.yaml", b""),
    ("a.yaml", b"Resources:\n  P:\n    Type: AWS::IoT::Policy\n    Properties:\n      PolicyDocument: "),
    (
        "a.yaml",
        b"service: s\nprovider: {stage: x}\nresources:\n  Resources:\n    P:\n      Type: AWS::IoT::Policy\n      Properties: ",
    ),
    ("a.json", b"{\"Resources\":{\"P\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":"),
];

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let (name, begin) = BEGINS[usize::from(*first) % BEGINS.len()];
    thingwarden::fuzzing::load(name, &[begin, bytes].concat());
});
