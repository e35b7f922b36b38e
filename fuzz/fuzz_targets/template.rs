//! Any bytes as a plan or template, in YAML and in JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let begins: [&[u8]; 4] = [
        b"",
        b"Resources:\n  P:\n    Type: AWS::IoT::Policy\n    Properties:\n      PolicyDocument: ",
        b"service: s\nprovider: {stage: x}\nresources:\n  Resources:\n    P:\n      Type: AWS::IoT::Policy\n      Properties: ",
        b"{\"Resources\":{\"P\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":",
    ];
    for (begin, name) in begins.into_iter().zip(["a.yaml", "a.yaml", "a.yaml", "a.json"]) {
        thingwarden::fuzzing::load(name, &[begin, bytes].concat());
    }
});
