//! The shapes that handlers have, and how they are called.

use serde_json::Value;
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::Call;

use super::cx::Cx;
use super::error::ApiError;
use crate::http::BoxFuture;

/// The body of a successful answer.
pub(super) type Body = Vec<u8>;

/// What carries out an operation.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// Looks at one moment of the store.
    Read(fn(&Cx, &Reader<'_>, Value) -> Result<Body, ApiError>),
    /// Changes the store, in one transaction.
    Write(fn(&Cx, &Writer<'_>, Value) -> Result<Body, ApiError>),
    /// Computes something that takes a while, then changes the store.
    Prepare(fn(&Cx, Value) -> Result<Finish, ApiError>),
    /// Looks at one moment of the store, and then asks somebody outside.
    Ask(fn(&Cx, &Reader<'_>, Value) -> Result<Asking, ApiError>),
}

/// The second half of [`Handler::Prepare`].
pub(super) type Finish = Box<dyn FnOnce(&Cx, &Writer<'_>) -> Result<Body, ApiError> + Send>;

/// The second half of [`Handler::Ask`].
pub(super) type Asking = BoxFuture<'static, Result<Body, ApiError>>;

/// A handler that reads: `fn(&Cx, &Reader, Input) -> Result<Output, ApiError>`.
macro_rules! read {
    ($function:path) => {
        $crate::api::handler::Handler::Read(|cx, store, input| {
            $crate::api::handler::answer(input, |input| $function(cx, store, input))
        })
    };
}

/// A handler that writes: `fn(&Cx, &Writer, Input) -> Result<Output, ApiError>`.
macro_rules! write {
    ($function:path) => {
        $crate::api::handler::Handler::Write(|cx, store, input| {
            $crate::api::handler::answer(input, |input| $function(cx, store, input))
        })
    };
}

/// A handler in two halves: `fn(&Cx, Input) -> Result<impl FnOnce(&Cx, &Writer) -> Result<Output, ApiError> + use<>, ApiError>`.
macro_rules! prepare {
    ($input:ty, $function:path) => {
        $crate::api::handler::Handler::Prepare(|cx, input| {
            let input = <$input as thingwarden_wire::Call>::parse(input)?;
            let finish = $function(cx, input)?;
            Ok(Box::new(move |cx, store| {
                let output = finish(cx, store)?;
                Ok(<$input as thingwarden_wire::Call>::encode(&output)?)
            }))
        })
    };
}

/// A handler that asks: `fn(&Cx, &Reader, Input) -> Result<impl Future<Output = Result<Output, ApiError>> + use<>, ApiError>`.
macro_rules! ask {
    ($input:ty, $function:path) => {
        $crate::api::handler::Handler::Ask(|cx, store, input| {
            let input = <$input as thingwarden_wire::Call>::parse(input)?;
            let asking = $function(cx, store, input)?;
            Ok(Box::pin(async move { Ok(<$input as thingwarden_wire::Call>::encode(&asking.await?)?) }))
        })
    };
}
pub(super) use {ask, prepare, read, write};

/// Parses the input, calls, writes the output.
pub(super) fn answer<I: Call>(
    input: Value,
    call: impl FnOnce(I) -> Result<I::Output, ApiError>,
) -> Result<Body, ApiError> {
    let output = call(I::parse(input)?)?;
    Ok(I::encode(&output)?)
}
