//! Attributes of things and thing groups: how a request changes them.

use std::collections::BTreeMap;

use thingwarden_wire::types::AttributePayload;

/// Names and values.
pub(super) type Attributes = BTreeMap<String, String>;

/// The attributes of something new. An attribute without a value is none.
pub(super) fn given(payload: Option<AttributePayload>) -> Attributes {
    changed(Attributes::new(), payload)
}

/// What a payload makes of the attributes: it replaces them, or changes those that it names when it says `merge`. An empty
/// value removes an attribute (AttributePayload of the API reference).
pub(super) fn changed(current: Attributes, payload: Option<AttributePayload>) -> Attributes {
    let Some(AttributePayload { attributes, merge }) = payload else { return current };
    let mut changed = if merge == Some(true) { current } else { Attributes::new() };
    changed.extend(attributes.unwrap_or_default());
    changed.retain(|_, value| !value.is_empty());
    changed
}
