//! The topics on which devices provision themselves ([device provisioning MQTT
//! API](https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html)).

use super::payload::Format;

/// Characters of a template's name (service model, `TemplateName`).
const TEMPLATE_MAX: usize = 36;

/// What a device asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) what: What,
    pub(crate) format: Format,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    CreateKeysAndCertificate,
    CreateCertificateFromCsr,
    /// By the template of this name.
    RegisterThing(String),
}

impl Asked {
    /// The topic of the request; answers come below it.
    pub(crate) fn topic(&self) -> String {
        let format = self.format.as_str();
        match &self.what {
            What::CreateKeysAndCertificate => format!("$aws/certificates/create/{format}"),
            What::CreateCertificateFromCsr => format!("$aws/certificates/create-from-csr/{format}"),
            What::RegisterThing(name) => format!("$aws/provisioning-templates/{name}/provision/{format}"),
        }
    }
}

/// What a message on this topic asks for; none when it asks for nothing here.
pub(crate) fn request(topic: &str) -> Option<Asked> {
    let (rest, format) = topic.strip_prefix("$aws/")?.rsplit_once('/')?;
    let format = Format::ALL.into_iter().find(|known| known.as_str() == format)?;
    let what = match rest {
        "certificates/create" => What::CreateKeysAndCertificate,
        "certificates/create-from-csr" => What::CreateCertificateFromCsr,
        _ => {
            let name = rest.strip_prefix("provisioning-templates/")?.strip_suffix("/provision")?;
            let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            if !(1..=TEMPLATE_MAX).contains(&name.len()) || !name.bytes().all(is_good) {
                return None;
            }
            What::RegisterThing(name.to_owned())
        }
    };
    Some(Asked { what, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_answers() {
        for topic in [
            "$aws/certificates/create/json",
            "$aws/certificates/create/cbor",
            "$aws/certificates/create-from-csr/json",
            "$aws/provisioning-templates/a-B_1/provision/cbor",
        ] {
            assert_eq!(request(topic).unwrap().topic(), topic);
        }
        for topic in [
            "$aws/certificates/create/json/accepted",
            "$aws/certificates/create",
            "$aws/certificates/create/xml",
            "$aws/provisioning-templates//provision/json",
            "$aws/provisioning-templates/a/b/provision/json",
            "$aws/provisioning-templates/a/json",
            "certificates/create/json",
        ] {
            assert_eq!(request(topic), None, "{topic}");
        }
        let long = format!("$aws/provisioning-templates/{}/provision/json", "x".repeat(37));
        assert_eq!(request(&long), None);
    }
}
