//! Names of the model as Rust writes them.

/// `thingName`, `enableOCSPCheck`, `CACertificate` to words in lower case.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![];
    let mut before = None;
    for (index, &character) in characters.iter().enumerate() {
        let next_is_lower = characters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let starts = match before {
            None => true,
            Some(before) if !char::is_ascii_alphanumeric(&before) => true,
            Some(before) if char::is_ascii_uppercase(&before) => {
                character.is_ascii_uppercase() && next_is_lower
            }
            Some(_) => character.is_ascii_uppercase(),
        };
        before = Some(character);
        if !character.is_ascii_alphanumeric() {
            continue;
        }
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words
}

/// A field or module.
pub fn snake(name: &str) -> String {
    words(name).join("_")
}

/// A field, escaped where it would be a keyword.
pub fn field(name: &str) -> String {
    match snake(name).as_str() {
        keyword @ ("type" | "match" | "where" | "use" | "ref" | "in") => format!("r#{keyword}"),
        name => name.to_owned(),
    }
}

/// A static.
pub fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A type: the model's name with a capital first letter.
pub fn type_name(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// A variant: `IN_PROGRESS` to `InProgress`, `LatLon` stays.
pub fn variant(value: &str) -> String {
    words(value).iter().map(|word| type_name(word)).collect()
}

/// The name that `rename_all = "camelCase"` makes of a field.
pub fn camel_of(field: &str) -> String {
    let mut parts = field.trim_start_matches("r#").split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &type_name(part))
}

#[cfg(test)]
mod tests {
    use super::{camel_of, screaming, snake, variant};

    #[test]
    fn names_are_split_where_people_would() {
        for (name, expected) in [
            ("thingName", "thing_name"),
            ("enableOCSPCheck", "enable_ocsp_check"),
            ("mqtt5Configuration", "mqtt5_configuration"),
            ("Key", "key"),
            ("CACertificateStatus", "ca_certificate_status"),
            ("GetV2LoggingOptionsRequest", "get_v2_logging_options_request"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(screaming("errorMessage"), "ERROR_MESSAGE");
        assert_eq!(camel_of("mqtt5_configuration"), "mqtt5Configuration");
    }

    #[test]
    fn values_become_variants() {
        for (value, expected) in [
            ("IN_PROGRESS", "InProgress"),
            ("LatLon", "LatLon"),
            ("AWS_X509", "AwsX509"),
            ("Number", "Number"),
            ("MQTT_WSS", "MqttWss"),
        ] {
            assert_eq!(variant(value), expected);
        }
    }
}
