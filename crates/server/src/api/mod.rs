//! The AWS IoT API: from a request whose sender is known to an answer.
//!
//! `pipeline` holds the fixed order in which a request is treated, `dispatch` the table from operations to handlers. A
//! handler is a plain function in the file of its resource. It gets a [`Cx`] and the store, reads or writes, and does
//! nothing else: no clock, no network, no waiting.

mod arn;
mod cx;
mod dispatch;
mod error;
mod handler;
mod paging;
mod pipeline;
mod policies;
mod quotas;
mod tags;
#[cfg(test)]
mod testing;
mod things;

pub(crate) use cx::{App, Cx};
pub(crate) use error::ApiError;
pub(crate) use paging::PagingKey;
pub(crate) use pipeline::answer;
pub(crate) use quotas::Quotas;

/// A UUID for something new.
fn new_uuid() -> Result<String, ApiError> {
    crate::random::uuid().ok_or_else(|| {
        let message = "the system gives no random numbers";
        ApiError::new(thingwarden_wire::Code::InternalFailureException, message)
    })
}
