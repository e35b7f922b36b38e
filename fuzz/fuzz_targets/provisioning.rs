//! Any text as the body of a provisioning template, with any parameter.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, String)| {
    let (body, parameter) = input;
    for body in [body.clone(), format!(r#"{{"Parameters":{{"p":{{"Type":"String"}}}},"Resources":{body}}}"#)] {
        thingwarden::fuzzing::provisioning_template(&body, &parameter);
    }
});
