//! Between HTTP and the Query protocol.

use http::Method;

use super::envelope::{self, Reply, Service};
use super::error::QueryError;
use crate::http::{Request, Response};

/// The media type of requests.
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether a request speaks the Query protocol, whatever it is about: its errors are XML.
pub(crate) fn is_query(request: &Request) -> bool {
    is_form(request)
        || (request.path == "/" && request.query.split('&').any(|pair| pair.starts_with("Action=")))
}

fn is_form(request: &Request) -> bool {
    let content_type = request.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case(FORM))
}

/// The encoded form: the body of a POST, together with what the query has. A parameter that is in both is there twice,
/// and refused as such.
///
/// # Errors
/// When method, path or media type are not those of the protocol.
pub(crate) fn encoded(request: &Request) -> Result<Vec<u8>, QueryError> {
    if request.path != "/" {
        return Err(QueryError::new(404, "InvalidAction", "requests of this service go to the path `/`"));
    }
    if request.method == Method::POST {
        if !request.body.is_empty() && !is_form(request) {
            return Err(QueryError::new(
                400,
                "MalformedHttpRequest",
                format!("the body must be of the type {FORM}"),
            ));
        }
    } else if request.method != Method::GET || !request.body.is_empty() {
        let message = "a request of this service is a POST, or a GET without body";
        return Err(QueryError::new(400, "MalformedHttpRequest", message));
    }
    Ok([request.query.as_bytes(), &*request.body].join(&b'&'))
}

/// The answer over HTTP.
pub(crate) fn respond(reply: Reply) -> Response {
    Response {
        status: reply.status,
        headers: vec![("content-type", "text/xml".to_owned())],
        body: reply.body.into(),
        operation: reply.operation,
    }
}

/// The answer to a request that failed before its action was known; any service's namespace will do.
pub(crate) fn refuse(service: Service, request: &Request, error: &QueryError) -> Response {
    respond(envelope::error(service, "", error, request.id.as_str()))
}
