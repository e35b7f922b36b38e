//! Settings in the configuration file: `[section]` tables with the keys of `keys.rs`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::audit::{Problem, Reader};
use super::keys::{KEYS, Key};
use super::nearest;
use super::value::Kind;

/// A setting of the file, whose text its key accepts.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) key: &'static Key,
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

/// Whether settings have such a section.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.section == name)
}

impl Reader<'_> {
    pub(super) fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            self.setting(section, name, value);
        }
    }

    pub(super) fn setting<K: AsRef<str>>(
        &mut self,
        section: &str,
        name: &Spanned<K>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let path = format!("{section}.{}", name.get_ref().as_ref());
        let Some(key) = KEYS.iter().find(|key| key.path() == path) else {
            let near = nearest(&path, KEYS.iter().map(Key::path));
            return self.problem(name.span().start, Problem::UnknownSetting { key: path, near });
        };
        let Some(text) = text_of(key.kind, value.get_ref()) else {
            let expected = match key.kind {
                Kind::Text => "a string",
                Kind::Number => "a whole number",
                Kind::Boolean => "true or false",
                Kind::List => "a list of strings",
                Kind::Map => "a table of strings",
            };
            return self.wrong_type(value, &path, expected);
        };
        match (key.check)(&text) {
            Ok(()) => {
                let line = self.line(name.span().start);
                self.config.settings.push(Given { key, text, line });
            }
            Err(expected) => {
                self.problem(value.span().start, Problem::BadSetting { key: path, value: text, expected });
            }
        }
    }
}

/// The value as text, if it is of this kind.
fn text_of(kind: Kind, value: &DeValue<'_>) -> Option<String> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(text.to_string()),
        (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Some(number.as_str().trim_start_matches('+').to_owned())
        }
        (Kind::Boolean, DeValue::Boolean(value)) => Some(value.to_string()),
        (Kind::List, DeValue::Array(items)) => {
            let items = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) if !text.contains(',') => Some(text.as_ref()),
                _ => None,
            });
            Some(items.collect::<Option<Vec<&str>>>()?.join(","))
        }
        (Kind::Map, DeValue::Table(table)) => {
            let items = table.iter().map(|(key, value)| match (key.get_ref(), value.get_ref()) {
                (key, DeValue::String(text)) if !key.contains([',', '=']) && !text.contains(',') => {
                    Some(format!("{key}={text}"))
                }
                _ => None,
            });
            Some(items.collect::<Option<Vec<String>>>()?.join(","))
        }
        _ => None,
    }
}
