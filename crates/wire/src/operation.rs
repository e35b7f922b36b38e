//! What is known about an operation before a request comes.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Code, WireError};
pub use crate::generated::operations::Operation;
use crate::shape::{Location, Member, Shape};

/// The facts about one served operation.
#[derive(Debug)]
pub struct OperationInfo {
    /// Its name, e.g. `CreateThing`.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path with labels, e.g. `/things/{thingName}`.
    pub uri: &'static str,
    /// The permission it needs, e.g. `iot:CreateThing`. Nearly always the operation's name (service authorization
    /// reference of AWS IoT).
    pub action: &'static str,
    /// The shape of its input, a structure.
    pub input: &'static Shape,
    /// The exceptions that the model lists for it. Any other code reaches a typed client as an unknown error.
    pub errors: &'static [Code],
    /// How it pages, if it does.
    pub paginator: Option<Paginator>,
}

impl OperationInfo {
    /// The members of its input.
    pub fn members(&self) -> &'static [Member] {
        match self.input {
            Shape::Structure(structure) => structure.members,
            _ => &[],
        }
    }

    /// Whether a client knows this exception of it.
    pub fn may_answer(&self, code: Code) -> bool {
        self.errors.contains(&code)
    }

    /// Whether any member travels in the body.
    pub fn has_body(&self) -> bool {
        self.members().iter().any(|member| matches!(member.location, Location::Body | Location::Payload))
    }

    /// The member that makes a repeated request harmless, if there is one.
    pub fn idempotency_token(&self) -> Option<&'static str> {
        self.members().iter().find(|member| member.idempotency_token).map(|member| member.name)
    }
}

/// The members that page through a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paginator {
    /// Input member with the token of the page.
    pub input_token: &'static str,
    /// Output member with the token of the next page; absent on the last page.
    pub output_token: &'static str,
    /// Input member with the greatest number of results on a page.
    pub limit: Option<&'static str>,
    /// Output member with the results.
    pub result: &'static str,
}

/// An input, tied to its operation and its output. The methods are compiled here, once, and not in each caller.
pub trait Call: Sized {
    /// The operation.
    const OPERATION: Operation;
    /// What answers it.
    type Output: Serialize;

    /// The typed input of a decoded and validated one.
    ///
    /// # Errors
    /// `SerializationException` if the value was not validated and does not have the input's shape.
    fn parse(input: Value) -> Result<Self, WireError>;

    /// The body of a successful answer.
    ///
    /// # Errors
    /// `InternalFailureException` if the output has no form in JSON, such as a number that is not finite.
    fn encode(output: &Self::Output) -> Result<Vec<u8>, WireError>;
}

/// Ties an input to its operation and output.
macro_rules! call {
    ($operation:ident, $input:ty, $output:ty) => {
        impl Call for $input {
            const OPERATION: Operation = Operation::$operation;
            type Output = $output;

            fn parse(input: serde_json::Value) -> Result<Self, WireError> {
                serde_json::from_value(input).map_err(|_| crate::operation::unreadable(Self::OPERATION))
            }

            fn encode(output: &Self::Output) -> Result<Vec<u8>, WireError> {
                serde_json::to_vec(output).map_err(|_| crate::operation::unwritable(Self::OPERATION))
            }
        }
    };
}
pub(crate) use call;

#[cold]
pub(crate) fn unreadable(operation: Operation) -> WireError {
    WireError::serialization(format!("the input of {} cannot be read", operation.info().name))
}

#[cold]
pub(crate) fn unwritable(operation: Operation) -> WireError {
    let message = format!("the output of {} cannot be written", operation.info().name);
    WireError::new(Code::InternalFailureException, message)
}

/// The output of an operation that answers nothing but success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Empty {}
