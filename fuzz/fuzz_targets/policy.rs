//! Any text as a policy: parsed or refused with a position; what parses can be decided, explained, linted and judged, and
//! `decide` and `explain` agree.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::policy::{
    Context, Dialect, PolicySet, PolicySource, Request, analysis, decide, explain, lint, parse_bytes,
};

fuzz_target!(|text: &[u8]| {
    for dialect in [Dialect::Iot, Dialect::Identity, Dialect::Trust, Dialect::Resource] {
        let Ok(document) = parse_bytes(text, dialect) else { continue };
        let _ = (analysis::broad_data_plane_actions(&document), analysis::misconfigurations(&document));
        if let Ok(text) = std::str::from_utf8(text) {
            let _ = lint(&document, text);
        }
        let source = PolicySource { name: "p".into(), version: "1".into(), document: Arc::new(document) };
        let set = PolicySet::compile([source]);
        let context = Context::new()
            .with("iot:ClientId", ["a"])
            .with("iot:Connection.Thing.IsAttached", ["true"])
            .with("aws:SourceIp", ["10.1.2.3"])
            .with("aws:CurrentTime", ["2027-01-15T08:00:00Z"])
            .with("aws:EpochTime", ["1800000000"])
            .with("aws:TagKeys", ["a", "b"])
            .with("aws:SourceArn", ["arn:aws:iot:eu-west-1:123456789012:thing/a"]);
        for (action, resource) in [("iot:Connect", "arn:aws:iot:r:1:client/a"), ("iot:Publish", "arn:aws:iot:r:1:topic/a/b")] {
            let request = Request { action, resource, context: &context };
            assert_eq!(decide(&set, &request), explain(&set, &request).decision);
        }
    }
});
