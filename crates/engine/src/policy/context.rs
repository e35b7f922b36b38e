//! What a request brings along: condition keys with their values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::limits::{CERTIFICATE_ATTRIBUTE_VALUES_MAX, VARIABLE_VALUE_CHARS_MAX};

/// The condition keys of one request, each with one or many values. A key that is absent, or present without values, has
/// no value. Keys compare without regard to ASCII case, except for what stands in the brackets of
/// `iot:Connection.Thing.Attributes[name]`.
///
/// Certificate attributes (`iot:Certificate.Subject.*`, `iot:Certificate.Issuer.*`) follow
/// [their page](https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html): the bare name is the
/// first value, `NAME.1` the second, `NAME.List` all of them, and no more than five count. Give them in whichever form is
/// at hand; the others are derived.
///
/// ```
/// use thingwarden_engine::policy::Context;
/// let context = Context::new()
///     .with("iot:ClientId", ["sensor-1"])
///     .with("iot:Certificate.Subject.CommonName", ["sensor", "lab"]);
/// assert_eq!(context.get("iot:clientid"), ["sensor-1"]);
/// assert_eq!(context.get("iot:Certificate.Subject.CommonName.1"), ["lab"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// As given, under normal names.
    given: BTreeMap<String, Vec<String>>,
    /// What decisions look at, sorted by key; each has at least one value.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: String,
    values: Vec<String>,
    substitute: Substitute,
}

/// What stands for `${key}`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Substitute {
    /// The one value as it is.
    Value,
    /// The one value with backslashes.
    Escaped(String),
    /// Nothing: the value may not be substituted.
    Refused,
    /// Nothing: several values cannot stand for one variable.
    Several,
}

/// A variable's value, or why it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolved<'c> {
    Value(&'c str),
    Absent,
    Refused,
}

/// A condition key as a compiled policy holds it: ready to be looked up without any work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    normal: Box<str>,
    written: Box<str>,
}

impl Key {
    pub(super) fn new(written: &str) -> Self {
        Self { normal: normal(written).into(), written: written.into() }
    }

    pub(super) fn normal(&self) -> &str {
        &self.normal
    }

    pub(super) fn written(&self) -> &str {
        &self.written
    }
}

impl Context {
    /// The context without any key, for matching where none can be asked for.
    pub(super) const EMPTY: Self = Self { given: BTreeMap::new(), entries: Vec::new() };

    /// A request that brings nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, replacing what it had.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.insert(key, values);
        self
    }

    /// Sets the values of a key, replacing what it had. No values is the same as no key.
    pub fn insert<V: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let key = normal(key).into_owned();
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            self.given.remove(&key);
        } else {
            self.given.insert(key.clone(), values);
        }
        self.derive(&key);
    }

    /// Takes a key away; for a certificate attribute, this form of it only.
    pub fn remove(&mut self, key: &str) {
        self.insert(key, std::iter::empty::<String>());
    }

    /// The values that conditions compare; empty when the key has none.
    pub fn get(&self, key: &str) -> &[String] {
        self.entry(&normal(key)).map_or(&[], |entry| &entry.values)
    }

    /// The keys that were given, in lower case where case does not matter, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }

    /// As [`Context::get`], without preparing the key.
    pub(super) fn values(&self, key: &Key) -> &[String] {
        self.entry(&key.normal).map_or(&[], |entry| &entry.values)
    }

    /// What stands for the variable `${key}`.
    pub(super) fn variable(&self, key: &Key) -> Resolved<'_> {
        let Some(entry) = self.entry(&key.normal) else { return Resolved::Absent };
        match (&entry.substitute, entry.values.first()) {
            (Substitute::Value, Some(value)) => Resolved::Value(value),
            (Substitute::Escaped(value), _) => Resolved::Value(value),
            _ => Resolved::Refused,
        }
    }

    fn entry(&self, normal: &str) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.key.as_str().cmp(normal));
        self.entries.get(found.ok()?)
    }

    /// Brings `entries` up to date after `given` changed at `key`.
    fn derive(&mut self, key: &str) {
        let Some(base) = attribute_base(key) else {
            let values = self.given.get(key).cloned().unwrap_or_default();
            self.set(key.to_owned(), values);
            return;
        };
        let list_key = format!("{base}.list");
        let given = |key: &str| self.given.get(key).map(Vec::as_slice).unwrap_or_default();
        let nth_key = |index: usize| if index == 0 { base.to_owned() } else { format!("{base}.{index}") };
        let indices = 0..CERTIFICATE_ATTRIBUTE_VALUES_MAX;
        let single = |index: usize| {
            let own = if index == 0 { None } else { given(&nth_key(index)).first() };
            own.or_else(|| given(base).get(index)).or_else(|| given(&list_key).get(index)).cloned()
        };
        let singles: Vec<Option<String>> = indices.map(single).collect();
        let list: Vec<String> = match given(&list_key) {
            [] => singles.iter().flatten().cloned().collect(),
            values => values.iter().take(CERTIFICATE_ATTRIBUTE_VALUES_MAX).cloned().collect(),
        };
        let keys: Vec<String> = (0..singles.len()).map(nth_key).collect();
        for (key, value) in keys.into_iter().zip(singles) {
            self.set(key, value.into_iter().collect());
        }
        self.set(list_key, list);
    }

    fn set(&mut self, key: String, values: Vec<String>) {
        let place = self.entries.binary_search_by(|entry| entry.key.cmp(&key));
        if let Ok(index) = place {
            self.entries.remove(index);
        }
        if !values.is_empty() {
            let substitute = substitute(&key, &values);
            let (Ok(index) | Err(index)) = place;
            self.entries.insert(index, Entry { key, values, substitute });
        }
    }
}

impl<K: AsRef<str>, V: Into<String>, I: IntoIterator<Item = V>> FromIterator<(K, I)> for Context {
    fn from_iter<T: IntoIterator<Item = (K, I)>>(pairs: T) -> Self {
        let mut context = Self::new();
        for (key, values) in pairs {
            context.insert(key.as_ref(), values);
        }
        context
    }
}

/// The form of a key under which it is looked up.
fn normal(key: &str) -> Cow<'_, str> {
    const ATTRIBUTES: &str = "iot:Connection.Thing.Attributes[";
    let (head, tail) = match key.split_at_checked(ATTRIBUTES.len()) {
        Some((head, tail)) if head.eq_ignore_ascii_case(ATTRIBUTES) => (head, tail),
        _ => (key, ""),
    };
    if head.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(format!("{}{tail}", head.to_ascii_lowercase()))
    } else {
        Cow::Borrowed(key)
    }
}

/// Of a normal key that is a certificate attribute, the bare name: without `.list` and `.N`.
fn attribute_base(key: &str) -> Option<&str> {
    let name =
        ["iot:certificate.subject.", "iot:certificate.issuer."].iter().find_map(|p| key.strip_prefix(p))?;
    match name.rsplit_once('.') {
        Some((_, suffix))
            if suffix == "list" || (!suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit())) =>
        {
            key.strip_suffix(suffix)?.strip_suffix('.')
        }
        _ => Some(key),
    }
}

/// Values of certificates are written by whoever made the certificate, so AWS refuses to substitute those that would act
/// as wildcards in a policy or a topic filter, and escapes what has a meaning in a distinguished name. Other values are
/// substituted as they are.
fn substitute(key: &str, values: &[String]) -> Substitute {
    let [value] = values else { return Substitute::Several };
    if !key.starts_with("iot:certificate.") {
        return Substitute::Value;
    }
    if value.contains(['*', '$', '+', '?', '#']) || value.chars().nth(VARIABLE_VALUE_CHARS_MAX).is_some() {
        return Substitute::Refused;
    }
    const ESCAPED: [char; 8] = [',', '"', '\\', '+', '=', '<', '>', ';'];
    if !value.contains(ESCAPED) {
        return Substitute::Value;
    }
    let backslash = |c: char| ESCAPED.contains(&c).then_some('\\').into_iter().chain([c]);
    Substitute::Escaped(value.chars().flat_map(backslash).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "iot:Certificate.Subject.CommonName";

    fn check(context: &Context, key: &str, values: &[&str], variable: Option<&str>) {
        assert_eq!(context.get(key), values, "values of {key}");
        let resolved = match context.variable(&Key::new(key)) {
            Resolved::Value(value) => Some(value),
            Resolved::Absent | Resolved::Refused => None,
        };
        assert_eq!(resolved, variable, "variable {key}");
    }

    #[test]
    fn keys_ignore_case_except_attribute_names() {
        let context =
            Context::new().with("IOT:ClientID", ["A"]).with("iot:connection.thing.ATTRIBUTES[Env]", ["b"]);
        check(&context, "iot:clientId", &["A"], Some("A"));
        check(&context, "iot:Connection.Thing.Attributes[Env]", &["b"], Some("b"));
        check(&context, "iot:Connection.Thing.Attributes[env]", &[], None);
    }

    #[test]
    fn the_forms_of_a_certificate_attribute_follow_from_each_other() {
        let from_bare = Context::new().with(NAME, ["a", "b", "c", "d", "e", "f"]);
        let from_list = Context::new().with(&format!("{NAME}.List"), ["a", "b", "c", "d", "e", "f"]);
        for context in [from_bare, from_list] {
            check(&context, NAME, &["a"], Some("a"));
            check(&context, &format!("{NAME}.1"), &["b"], Some("b"));
            check(&context, &format!("{NAME}.4"), &["e"], Some("e"));
            check(&context, &format!("{NAME}.5"), &[], None);
            check(&context, &format!("{NAME}.0"), &[], None);
            check(&context, &format!("{NAME}.list"), &["a", "b", "c", "d", "e"], None);
        }
        let mixed = Context::new().with(&format!("{NAME}.2"), ["z"]).with(NAME, ["a"]);
        check(&mixed, &format!("{NAME}.1"), &[], None);
        check(&mixed, &format!("{NAME}.List"), &["a", "z"], None);
    }

    #[test]
    fn removing_a_key_removes_what_was_derived_from_it() {
        let mut context = Context::new().with(NAME, ["a", "b"]).with("k", ["v"]);
        context.remove(NAME);
        check(&context, &format!("{NAME}.List"), &[], None);
        context.remove("K");
        assert_eq!(context, Context::new());
    }

    #[test]
    fn certificate_values_are_escaped_or_refused_others_are_not() {
        for (value, variable) in [
            ("Acme, Inc.", Some("Acme\\, Inc.")),
            ("a\"b\\c=d<e>f;g", Some("a\\\"b\\\\c\\=d\\<e\\>f\\;g")),
            ("a*", None),
            ("$a", None),
            ("a+b", None),
            ("a?", None),
            ("#", None),
        ] {
            check(&Context::new().with(NAME, [value]), NAME, &[value], variable);
            check(&Context::new().with("iot:ClientId", [value]), "iot:ClientId", &[value], Some(value));
        }
        let longest = "é".repeat(VARIABLE_VALUE_CHARS_MAX);
        check(&Context::new().with(NAME, [&longest]), NAME, &[&longest], Some(&longest));
        let longer = format!("{longest}x");
        check(&Context::new().with(NAME, [&longer]), NAME, &[&longer], None);
    }

    #[test]
    fn several_values_cannot_stand_for_a_variable() {
        check(&Context::new().with("k", ["a", "b"]), "k", &["a", "b"], None);
        check(&Context::new().with("k", [""; 0]), "k", &[], None);
        check(&Context::new().with("k", [""]), "k", &[""], Some(""));
    }
}
