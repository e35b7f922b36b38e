//! What a device shadow is and how it changes, without I/O: requests in, documents out.
//!
//! After the AWS IoT developer guide, "Device Shadow service documents" and "Device Shadow error messages". A section is
//! there only when it has something; an attribute that is set to `null` is taken away; lists are values as a whole; each
//! attribute has the time of its last change in the metadata.

use serde_json::{Map, Value, json};

/// Bytes of the state that a shadow may have, without metadata (AWS IoT Core quotas, "Device Shadow").
const STATE_BYTES_MAX: usize = 8 << 10;
/// Levels of `desired` or `reported` (AWS IoT Core quotas, "Device Shadow").
const LEVELS_MAX: usize = 8;
/// Bytes of a client token (guide, "Device Shadow error messages").
const CLIENT_TOKEN_BYTES_MAX: usize = 64;

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// As HTTP has it.
    pub(crate) code: u16,
    /// In the guide's words.
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn not_found(name: &str) -> Self {
        Self::new(404, format!("No shadow exists with name: '{name}'"))
    }

    pub(crate) fn failed() -> Self {
        Self::new(500, "Internal service failure")
    }
}

/// The state of a shadow. A part that is not there has no attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Document {
    /// Of the last change; 0 when there never was one. Goes on when the shadow is deleted and made again.
    pub(crate) version: u64,
    pub(crate) desired: Section,
    pub(crate) reported: Section,
}

/// One half of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Section {
    pub(crate) state: Map<String, Value>,
    /// For each attribute, when it was set, in seconds since 1970.
    pub(crate) metadata: Map<String, Value>,
}

/// What a request wants of a section.
#[derive(Clone, Debug, Default, PartialEq)]
enum Patch {
    #[default]
    Nothing,
    /// The whole section goes.
    Clear,
    Merge(Map<String, Value>),
}

/// What every request may say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// Comes back in the answer.
    pub(crate) client_token: Option<String>,
}

/// A change that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Update {
    desired: Patch,
    reported: Patch,
    /// The version that the shadow must have.
    version: Option<u64>,
}

/// What a change has made: a document each for whoever asked, for who waits for differences, and for who follows all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Updated {
    pub(crate) document: Document,
    pub(crate) accepted: Value,
    pub(crate) delta: Option<Value>,
    pub(crate) documents: Value,
}

impl Asked {
    /// Reads what a request says beside its state. An empty payload says nothing.
    ///
    /// # Errors
    /// When it is no JSON object, or its token is none.
    pub(crate) fn parse(payload: &[u8]) -> Result<(Self, Map<String, Value>), Refused> {
        if payload.is_empty() {
            return Ok((Self::default(), Map::new()));
        }
        let encoding = "Unsupported documented encoding; supported encoding is UTF-8";
        let text = std::str::from_utf8(payload).map_err(|_| Refused::new(415, encoding))?;
        let Ok(Value::Object(mut members)) = thingwarden_wire::parse_json(text) else {
            return Err(Refused::new(400, "Invalid JSON"));
        };
        let client_token = match members.remove("clientToken") {
            None => None,
            Some(Value::String(token)) if token.len() <= CLIENT_TOKEN_BYTES_MAX => Some(token),
            Some(_) => return Err(Refused::new(400, "Invalid clientToken")),
        };
        Ok((Self { client_token }, members))
    }
}

impl Update {
    /// Reads what is to be changed.
    ///
    /// # Errors
    /// When it is not what the guide says.
    pub(crate) fn parse(mut members: Map<String, Value>) -> Result<Self, Refused> {
        let bad = |message: &str| Refused::new(400, message);
        let mut state = match members.remove("state") {
            None => return Err(bad("Missing required node: state")),
            Some(Value::Object(state)) => state,
            Some(_) => return Err(bad("State node must be an object")),
        };
        let mut section = |name: &str, message: &str| match state.remove(name) {
            None => Ok(Patch::Nothing),
            Some(Value::Null) => Ok(Patch::Clear),
            Some(Value::Object(patch)) => {
                check(&patch, 1)?;
                Ok(Patch::Merge(patch))
            }
            Some(_) => Err(bad(message)),
        };
        let desired = section("desired", "Desired node must be an object")?;
        let reported = section("reported", "Reported node must be an object")?;
        if let Some(name) = state.keys().next() {
            return Err(bad(&format!("State contains an invalid node: '{}'", crate::api::shown(name))));
        }
        let version = match members.remove("version") {
            None | Some(Value::Null) => None,
            Some(version) => Some(version.as_u64().ok_or_else(|| bad("Invalid version"))?),
        };
        Ok(Self { desired, reported, version })
    }
}

/// Whether what a section shall get may be in one; `level` is that of its attributes.
fn check(patch: &Map<String, Value>, level: usize) -> Result<(), Refused> {
    patch.values().try_for_each(|value| check_value(value, level))
}

fn check_value(value: &Value, level: usize) -> Result<(), Refused> {
    if level > LEVELS_MAX {
        let message = format!("JSON contains too many levels of nesting; maximum is {LEVELS_MAX}");
        return Err(Refused::new(400, message));
    }
    match value {
        Value::Object(members) => check(members, level + 1),
        Value::Array(values) => values.iter().try_for_each(|value| match value {
            Value::Null => Err(Refused::new(400, "State contains an invalid node: a list with null")),
            value => check_value(value, level + 1),
        }),
        _ => Ok(()),
    }
}

impl Section {
    fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    fn apply(&mut self, patch: &Patch, now_s: i64) {
        match patch {
            Patch::Nothing => {}
            Patch::Clear => *self = Self::default(),
            Patch::Merge(patch) => merge(&mut self.state, &mut self.metadata, patch, now_s),
        }
    }
}

fn merge(
    state: &mut Map<String, Value>,
    metadata: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    now_s: i64,
) {
    for (name, value) in patch {
        let Value::Object(inner) = value else {
            match value {
                Value::Null => {
                    state.remove(name);
                    metadata.remove(name);
                }
                value => {
                    state.insert(name.clone(), value.clone());
                    metadata.insert(name.clone(), times(value, now_s));
                }
            }
            continue;
        };
        let take = |from: &mut Map<String, Value>| match from.remove(name) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let is_merged = state.get(name).is_some_and(Value::is_object);
        let (mut below, mut below_metadata) = (take(state), take(metadata));
        if !is_merged {
            below_metadata.clear();
        }
        merge(&mut below, &mut below_metadata, inner, now_s);
        if !below.is_empty() {
            state.insert(name.clone(), Value::Object(below));
            metadata.insert(name.clone(), Value::Object(below_metadata));
        }
    }
}

/// The metadata of something that is set now.
fn times(value: &Value, now_s: i64) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(present.map(|(name, value)| (name.clone(), times(value, now_s))).collect())
        }
        Value::Array(values) => values.iter().map(|value| times(value, now_s)).collect(),
        _ => json!({ "timestamp": now_s }),
    }
}

/// What is desired and not reported so, with the times at which it was desired.
fn difference(desired: &Section, reported: &Map<String, Value>) -> Section {
    let mut delta = Section::default();
    for (name, wanted) in &desired.state {
        let metadata = desired.metadata.get(name).cloned().unwrap_or_default();
        match (wanted, reported.get(name)) {
            (wanted, Some(found)) if wanted == found => {}
            (Value::Object(wanted), Some(Value::Object(found))) => {
                let metadata = metadata.as_object().cloned().unwrap_or_default();
                let below = difference(&Section { state: wanted.clone(), metadata }, found);
                if !below.is_empty() {
                    delta.state.insert(name.clone(), Value::Object(below.state));
                    delta.metadata.insert(name.clone(), Value::Object(below.metadata));
                }
            }
            _ => {
                delta.state.insert(name.clone(), wanted.clone());
                delta.metadata.insert(name.clone(), metadata);
            }
        }
    }
    delta
}

impl Document {
    /// What there is to know: the answer to a request to get it.
    pub(crate) fn shown(&self, asked: &Asked, now_s: i64) -> Value {
        let (mut state, metadata) = self.parts();
        let delta = self.difference();
        if !delta.is_empty() {
            state.insert("delta".to_owned(), Value::Object(delta.state));
        }
        said(
            asked,
            json!({ "state": state, "metadata": metadata, "version": self.version, "timestamp": now_s }),
        )
    }

    /// The answer to who has deleted it.
    pub(crate) fn deleted(&self, asked: &Asked, now_s: i64) -> Value {
        said(asked, json!({ "version": self.version, "timestamp": now_s }))
    }

    /// Changes it.
    ///
    /// # Errors
    /// When it has another version than was expected, or would be too large.
    pub(crate) fn update(&self, update: &Update, asked: &Asked, now_s: i64) -> Result<Updated, Refused> {
        if update.version.is_some_and(|version| version != self.version) {
            return Err(Refused::new(409, "Version conflict"));
        }
        let mut document = self.clone();
        document.version = document.version.saturating_add(1);
        document.desired.apply(&update.desired, now_s);
        document.reported.apply(&update.reported, now_s);
        let (state, metadata) = document.parts();
        let state = Value::Object(state);
        if state.to_string().len() > STATE_BYTES_MAX {
            return Err(Refused::new(413, "The payload exceeds the maximum size allowed"));
        }
        let (mut given, mut given_metadata) = (Map::new(), Map::new());
        for (name, patch) in [("desired", &update.desired), ("reported", &update.reported)] {
            let (value, times) = match patch {
                Patch::Nothing => continue,
                Patch::Clear => (Value::Null, Value::Object(Map::new())),
                Patch::Merge(patch) => {
                    let patch = Value::Object(patch.clone());
                    let times = times(&patch, now_s);
                    (patch, times)
                }
            };
            given.insert(name.to_owned(), value);
            given_metadata.insert(name.to_owned(), times);
        }
        let version = document.version;
        let accepted =
            json!({ "state": given, "metadata": given_metadata, "version": version, "timestamp": now_s });
        let delta = document.difference();
        let delta = (!delta.is_empty()).then(|| {
            let Section { state, metadata } = delta;
            said(
                asked,
                json!({ "state": state, "metadata": metadata, "version": version, "timestamp": now_s }),
            )
        });
        let (old_state, old_metadata) = self.parts();
        let documents = json!({
            "previous": { "state": old_state, "metadata": old_metadata, "version": self.version },
            "current": { "state": state, "metadata": metadata, "version": version },
            "timestamp": now_s,
        });
        let (accepted, documents) = (said(asked, accepted), said(asked, documents));
        Ok(Updated { document, accepted, delta, documents })
    }

    fn difference(&self) -> Section {
        difference(&self.desired, &self.reported.state)
    }

    /// State and metadata, with the sections that are there.
    fn parts(&self) -> (Map<String, Value>, Map<String, Value>) {
        let (mut state, mut metadata) = (Map::new(), Map::new());
        for (name, section) in [("desired", &self.desired), ("reported", &self.reported)] {
            if !section.is_empty() {
                state.insert(name.to_owned(), Value::Object(section.state.clone()));
                metadata.insert(name.to_owned(), Value::Object(section.metadata.clone()));
            }
        }
        (state, metadata)
    }
}

/// With the token of whoever asked.
fn said(asked: &Asked, mut answer: Value) -> Value {
    if let (Some(token), Value::Object(members)) = (&asked.client_token, &mut answer) {
        members.insert("clientToken".to_owned(), token.as_str().into());
    }
    answer
}

#[cfg(fuzzing)]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;
