//! Where devices and tools find the server.

use thingwarden_store::Reader;
use thingwarden_wire::types::{DescribeEndpointInput, DescribeEndpointOutput};

use super::cx::Cx;
use super::error::ApiError;

/// The types of endpoints (DescribeEndpoint, and the guides of the services).
const ENDPOINT_TYPES: &[&str] =
    &["iot:Data", "iot:Data-ATS", "iot:CredentialProvider", "iot:Jobs", "iot:DeviceAdvisor", "iot:Data-Beta"];

/// One server is all endpoints.
pub(super) fn describe(
    cx: &Cx,
    _store: &Reader<'_>,
    input: DescribeEndpointInput,
) -> Result<DescribeEndpointOutput, ApiError> {
    if let Some(asked) = input.endpoint_type
        && !ENDPOINT_TYPES.contains(&asked.as_str())
    {
        let known = ENDPOINT_TYPES.join(", ");
        return Err(ApiError::invalid(format!("there is no endpoint type `{asked}`; there are {known}")));
    }
    Ok(DescribeEndpointOutput { endpoint_address: Some(cx.app.endpoint.clone()) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingwarden_wire::Code;

    use crate::api::testing::Api;

    #[test]
    fn every_endpoint_is_this_server() {
        let api = Api::new();
        for input in [json!({}), json!({"endpointType": "iot:Data-ATS"}), json!({"endpointType": "iot:Jobs"})]
        {
            let answer = api.call("DescribeEndpoint", input);
            assert_eq!(answer, json!({"endpointAddress": "iot.example.com:8443"}));
        }
        assert_eq!(
            api.error("DescribeEndpoint", json!({"endpointType": "x"})),
            Code::InvalidRequestException
        );
    }
}
