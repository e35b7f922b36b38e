//! The AWS Query protocol, which IAM, STS and SNS speak: a form comes in, XML goes out.
//!
//! [`Form`] holds what a client sent, [`Text`] says what a parameter may look like, [`Xml`] writes results, and
//! [`answer`] and [`error`] put them into the envelopes that SDKs parse. [`encoded`] and [`respond`] are the way from HTTP
//! and back.

mod envelope;
mod error;
mod exchange;
mod form;
pub(crate) mod service;
mod text;
mod xml;

pub(crate) use envelope::{Reply, Service, answer, error};
pub(crate) use error::QueryError;
pub(crate) use exchange::{encoded, is_query, refuse, respond};
pub(crate) use form::Form;
pub(crate) use text::Text;
pub(crate) use xml::Xml;
