//! The envelopes around results and errors.

use super::error::QueryError;
use super::xml::Xml;

/// A service that speaks the Query protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// The namespace of its answers.
    pub(crate) namespace: &'static str,
    /// What clients send as `Version`.
    pub(crate) version: &'static str,
}

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Of the type `text/xml`.
    pub(crate) body: String,
    /// The action as logs and metrics name it; empty when it is none that is served.
    pub(crate) operation: &'static str,
}

/// The answer to an action that succeeded. Without a result there is no element for it, which is not the same as an
/// empty one: SDKs expect what the model says.
pub(crate) fn answer(
    service: Service,
    action: &'static str,
    result: Option<&Xml>,
    request_id: &str,
) -> Reply {
    let mut xml = Xml::new();
    xml.root(&format!("{action}Response"), service.namespace, |xml| {
        if let Some(result) = result {
            xml.element(&format!("{action}Result"), |xml| {
                xml.append(result);
            });
        }
        xml.element("ResponseMetadata", |xml| {
            xml.text("RequestId", request_id);
        });
    });
    Reply { status: 200, body: xml.into_string(), operation: action }
}

/// The answer to a request that failed.
pub(crate) fn error(service: Service, action: &'static str, error: &QueryError, request_id: &str) -> Reply {
    let mut xml = Xml::new();
    xml.root("ErrorResponse", service.namespace, |xml| {
        xml.element("Error", |xml| {
            xml.text("Type", if error.status < 500 { "Sender" } else { "Receiver" });
            xml.text("Code", error.code).text("Message", &error.message);
        });
        xml.text("RequestId", request_id);
    });
    Reply { status: error.status, body: xml.into_string(), operation: action }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service { namespace: "urn:s", version: "1" };

    #[test]
    fn envelopes() {
        let mut result = Xml::new();
        result.text("A", "1");
        assert_eq!(
            answer(SERVICE, "Get", Some(&result), "id").body,
            "<GetResponse xmlns=\"urn:s\"><GetResult><A>1</A></GetResult>\
             <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetResponse>"
        );
        assert_eq!(
            answer(SERVICE, "Put", None, "id").body,
            "<PutResponse xmlns=\"urn:s\"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PutResponse>"
        );
        let reply = error(SERVICE, "", &QueryError::new(404, "NoSuchEntity", "no `<a>`"), "id");
        assert_eq!(reply.status, 404);
        assert_eq!(
            reply.body,
            "<ErrorResponse xmlns=\"urn:s\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>\
             <Message>no `&lt;a&gt;`</Message></Error><RequestId>id</RequestId></ErrorResponse>"
        );
    }
}
