//! The topics of shadows ([Device Shadow MQTT
//! topics](https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html)).

/// Characters of a shadow's name (service model of `iot-data`, `ShadowName`).
const NAME_MAX: usize = 64;
/// Characters of a thing's name (service model, `ThingName`).
const THING_MAX: usize = 128;

/// Which shadow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shadow {
    pub(crate) thing: String,
    /// None for the classic one.
    pub(crate) name: Option<String>,
}

/// What is wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Update,
    Delete,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Shadow {
    /// None when a name is none.
    pub(crate) fn new(thing: &str, name: Option<&str>) -> Option<Self> {
        let plain = |text: &str, more: &[u8], max: usize| {
            let is_good =
                |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte) || more.contains(&byte);
            !text.is_empty() && text.len() <= max && text.bytes().all(is_good)
        };
        let is_good = plain(thing, b"", THING_MAX) && name.is_none_or(|name| plain(name, b"$", NAME_MAX));
        is_good.then(|| Self { thing: thing.to_owned(), name: name.map(str::to_owned) })
    }

    /// The topic of requests of this kind; answers come below it.
    pub(crate) fn topic(&self, verb: Verb) -> String {
        let Self { thing, name } = self;
        let verb = verb.as_str();
        match name {
            None => format!("$aws/things/{thing}/shadow/{verb}"),
            Some(name) => format!("$aws/things/{thing}/shadow/name/{name}/{verb}"),
        }
    }

    /// As messages call it.
    pub(crate) fn shown(&self) -> String {
        match &self.name {
            None => self.thing.clone(),
            Some(name) => format!("{}~{name}", self.thing),
        }
    }
}

/// What a message on this topic asks for; none when it asks no shadow.
pub(crate) fn request(topic: &str) -> Option<(Shadow, Verb)> {
    let (thing, rest) = topic.strip_prefix("$aws/things/")?.split_once('/')?;
    let rest = rest.strip_prefix("shadow/")?;
    let (name, verb) = match rest.strip_prefix("name/") {
        None => (None, rest),
        Some(rest) => rest.split_once('/').map(|(name, verb)| (Some(name), verb))?,
    };
    let verb = [Verb::Get, Verb::Update, Verb::Delete].into_iter().find(|known| known.as_str() == verb)?;
    Some((Shadow::new(thing, name)?, verb))
}

/// Whether devices may publish on this topic of a thing: where answers come, only the service speaks.
pub(crate) fn is_open_to_devices(topic: &str) -> bool {
    let thing = topic.strip_prefix("$aws/things/").and_then(|rest| rest.split_once('/'));
    let is_of_shadow = thing.is_some_and(|(_, rest)| rest == "shadow" || rest.starts_with("shadow/"));
    !is_of_shadow || request(topic).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_answers() {
        let check = |topic: &str, expected: Option<(&str, Option<&str>, Verb)>| {
            let expected = expected.map(|(thing, name, verb)| (Shadow::new(thing, name).unwrap(), verb));
            assert_eq!(request(topic), expected, "{topic}");
            if let Some((shadow, verb)) = expected {
                assert_eq!(shadow.topic(verb), topic);
            }
        };
        check("$aws/things/t/shadow/get", Some(("t", None, Verb::Get)));
        check("$aws/things/a:b_c-1/shadow/update", Some(("a:b_c-1", None, Verb::Update)));
        check("$aws/things/t/shadow/name/$n/delete", Some(("t", Some("$n"), Verb::Delete)));
        for topic in [
            "$aws/things/t/shadow",
            "$aws/things/t/shadow/other",
            "$aws/things/t/shadow/get/accepted",
            "$aws/things/t/shadow/name/get",
            "$aws/things/t/shadow/name/n/get/rejected",
            "$aws/things/t/shadow/name//get",
            "$aws/things//shadow/get",
            "$aws/things/a b/shadow/get",
            "$aws/things/t/jobs/get",
            "things/t/shadow/get",
        ] {
            check(topic, None);
        }
        assert_eq!(Shadow::new("t", Some(&"n".repeat(65))), None);
    }

    #[test]
    fn only_the_service_answers() {
        for (topic, expected) in [
            ("$aws/things/t/shadow/update", true),
            ("$aws/things/t/shadow/update/accepted", false),
            ("$aws/things/t/shadow/name/n/update/delta", false),
            ("$aws/things/t/shadow", false),
            ("$aws/things/t/shadows/x", true),
            ("$aws/things/t/jobs/get", true),
        ] {
            assert_eq!(is_open_to_devices(topic), expected, "{topic}");
        }
    }
}
