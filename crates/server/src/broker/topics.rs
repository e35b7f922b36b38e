//! Topics that are not everybody's: those that begin with `$`.

use thingwarden_mqtt::Topic;

use crate::{provisioning, shadows};

/// Where devices may publish although the name is reserved ([reserved
/// topics](https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html)), if their policies allow it. Events
/// are the server's own; what nobody serves is refused.
const OPEN_TO_DEVICES: &[&str] = &["$aws/things/"];

/// Whether a device may publish here at all. Policies decide after that.
pub(super) fn may_publish(topic: &Topic, retain: bool) -> bool {
    if !topic.is_reserved() {
        return true;
    }
    // Reserved topics take no retained messages (AWS IoT guide, "MQTT retained messages").
    let topic = topic.as_str();
    let is_open = || {
        shadows::is_open_to_devices(topic) && OPEN_TO_DEVICES.iter().any(|prefix| topic.starts_with(prefix))
    };
    !retain && (is_open() || provisioning::request(topic).is_some())
}

#[cfg(test)]
mod tests {
    use thingwarden_mqtt::Limits;

    use super::*;

    #[test]
    fn reserved_topics_are_for_what_they_are_for() {
        let check = |text, retain, expected| {
            let topic = Topic::parse(text, &Limits::default()).unwrap();
            assert_eq!(may_publish(&topic, retain), expected, "{text}");
        };
        check("a", true, true);
        check("$aws/things/t/shadow/update", false, true);
        check("$aws/things/t/shadow/update", true, false);
        check("$aws/things/t/shadow/update/accepted", false, false);
        check("$aws/certificates/create/json", false, true);
        check("$aws/certificates/create/json", true, false);
        check("$aws/certificates/create/json/accepted", false, false);
        check("$aws/provisioning-templates/t/provision/cbor", false, true);
        check("$aws/provisioning-templates/t/provision/cbor/rejected", false, false);
        check("$aws/events/presence/connected/a", false, false);
        check("$aws/rules/r/a", false, false);
        check("$SYS/x", false, false);
    }
}
