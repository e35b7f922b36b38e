//! Provisioning: from a template and what a device brings to a thing, a certificate and policies ([AWS IoT guide,
//! "Provisioning templates"](https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html)).
//!
//! `template.rs` reads a body, `functions.rs` works out its functions, `plan.rs` says what is to be there; all of that is
//! pure. `apply.rs` makes it so, through operations of the registry. `outline.rs` tells what a template makes before values are said,
//! for proofs.
//!
//! `fleet.rs` carries out what devices ask for by message (`topics.rs`, `payload.rs`): certificates that wait, with a token
//! that shows whose they are (`ownership.rs`), and provisioning, if a function allows it (`hook.rs`). `claim.rs` says what a
//! short-lived claim may do, `expiry.rs` ends what was not used in time. `just_in_time.rs` is for devices of registered CAs.
//!
//! Invariants: what a device says never becomes a wildcard, a variable or another level of a topic in a policy; a template
//! makes nothing that the rights of whoever provisions do not allow; all of it or nothing is made, in one transaction.

mod apply;
mod claim;
mod expiry;
mod fleet;
mod functions;
mod hook;
pub(crate) mod just_in_time;
mod outline;
mod ownership;
mod payload;
mod plan;
mod subject;
mod template;
mod topics;

pub(crate) use apply::Provisioner;
pub(crate) use claim::policies as claim_policies;
pub(crate) use expiry::start;
pub(crate) use fleet::{Claimant, Rejected, carry_out};
pub(crate) use functions::Given;
pub(crate) use outline::{Made, MadeThing, Outline};
#[cfg(fuzzing)]
pub use payload::fuzz as fuzz_payload;
pub(crate) use template::{Purpose, Template, TemplateError};
pub(crate) use topics::{Asked, request};

/// Reads any text as a template and works it out with this value of every parameter that it may have. What a device may say
/// means what it means when an operator says it.
#[cfg(fuzzing)]
pub fn fuzz(body: &str, value: &str) {
    if let Ok(template) = Template::parse(body) {
        let plan = |by_device| {
            let given = Given { text: value.to_owned(), by_device };
            let parameters = ["p", "AWS::IoT::Certificate::Id"].map(|name| (name.to_owned(), given.clone()));
            template.plan(&functions::Parameters::from(parameters))
        };
        let (by_device, by_operator) = (plan(true), plan(false));
        assert!(by_device.is_err() || by_device == by_operator);
    }
}

#[cfg(test)]
mod tests;
