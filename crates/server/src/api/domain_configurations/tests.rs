//! Domain configurations, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/0a";

fn named(name: &str) -> Value {
    json!({"domainConfigurationName": name})
}

fn custom(name: &str, domain: &str) -> Value {
    json!({"domainConfigurationName": name, "domainName": domain, "serverCertificateArns": [CERTIFICATE]})
}

fn described(api: &Api, name: &str) -> Value {
    api.call("DescribeDomainConfiguration", named(name))
}

#[test]
fn a_configuration_of_the_services_own_domain_needs_a_name_only() {
    let api = Api::new();
    let made = api.call("CreateDomainConfiguration", named("c"));
    let arn = made["domainConfigurationArn"].as_str().unwrap();
    let suffix = arn.strip_prefix("arn:aws:iot:us-east-1:123456789012:domainconfiguration/c/").unwrap();
    assert_eq!(suffix.len(), 5);
    assert_eq!(
        described(&api, "c"),
        json!({
            "domainConfigurationName": "c",
            "domainConfigurationArn": arn,
            "domainName": "iot.example.com:8443",
            "domainType": "AWS_MANAGED",
            "domainConfigurationStatus": "ENABLED",
            "serviceType": "DATA",
            "serverCertificates": [],
            "lastStatusChangeDate": NOW_MS / 1000,
            "tlsConfig": {"securityPolicy": "IoTSecurityPolicy_TLS13_1_2_2022_10"},
            "authenticationType": "DEFAULT",
            "applicationProtocol": "DEFAULT",
        })
    );
    assert_eq!(api.error("CreateDomainConfiguration", named("c")), Code::ResourceAlreadyExistsException);
}

#[test]
fn a_domain_of_ones_own_needs_a_certificate_and_is_configured_once() {
    let api = Api::new();
    api.call("CreateDomainConfiguration", custom("c", "IoT.example.com"));
    let found = described(&api, "c");
    assert_eq!(
        (&found["domainType"], &found["domainName"]),
        (&json!("CUSTOMER_MANAGED"), &json!("iot.example.com"))
    );
    assert_eq!(found["serverCertificates"], json!([{"serverCertificateArn": CERTIFICATE}]));
    let again = custom("d", "iot.example.com");
    assert_eq!(api.error("CreateDomainConfiguration", again), Code::ResourceAlreadyExistsException);
    for refused in [
        json!({"domainConfigurationName": "d", "domainName": "d.example.com"}),
        json!({"domainConfigurationName": "d", "serverCertificateArns": [CERTIFICATE]}),
        json!({"domainConfigurationName": "d", "validationCertificateArn": CERTIFICATE}),
        json!({"domainConfigurationName": "d", "tlsConfig": {"securityPolicy": "none"}}),
        custom("d", "example"),
        custom("d", "-a.example.com"),
        custom("d", "a b.example.com"),
    ] {
        assert_eq!(api.error("CreateDomainConfiguration", refused), Code::InvalidRequestException);
    }
}

#[test]
fn an_update_changes_what_it_gives() {
    let mut api = Api::new();
    let authorizer = json!({"defaultAuthorizerName": "a", "allowAuthorizerOverride": true});
    let asked = json!({
        "domainConfigurationName": "c",
        "authorizerConfig": authorizer,
        "serverCertificateConfig": {"enableOCSPCheck": true},
        "clientCertificateConfig": {"clientCertificateCallbackArn": "arn"},
        "authenticationType": "CUSTOM_AUTH",
        "applicationProtocol": "SECURE_MQTT",
    });
    api.call("CreateDomainConfiguration", asked.clone());
    let found = described(&api, "c");
    for (member, value) in asked.as_object().unwrap() {
        assert_eq!(found[member], *value, "{member}");
    }
    api.advance_seconds(5);
    let both =
        json!({"domainConfigurationName": "c", "authorizerConfig": {}, "removeAuthorizerConfig": true});
    assert_eq!(api.error("UpdateDomainConfiguration", both), Code::InvalidRequestException);
    let changes = json!({
        "domainConfigurationName": "c",
        "removeAuthorizerConfig": true,
        "domainConfigurationStatus": "DISABLED",
        "tlsConfig": {"securityPolicy": "IoTSecurityPolicy_TLS13_1_3_2022_10"},
        "applicationProtocol": "HTTPS",
    });
    let updated = api.call("UpdateDomainConfiguration", changes);
    assert_eq!(updated["domainConfigurationArn"], found["domainConfigurationArn"]);
    let changed = described(&api, "c");
    assert_eq!(changed.get("authorizerConfig"), None);
    assert_eq!(changed["domainConfigurationStatus"], "DISABLED");
    assert_eq!(changed["lastStatusChangeDate"], NOW_MS / 1000 + 5);
    assert_eq!(changed["tlsConfig"]["securityPolicy"], "IoTSecurityPolicy_TLS13_1_3_2022_10");
    assert_eq!(
        (&changed["authenticationType"], &changed["applicationProtocol"]),
        (&json!("CUSTOM_AUTH"), &json!("HTTPS"))
    );
}

#[test]
fn only_a_disabled_configuration_can_be_deleted() {
    let api = Api::new();
    let arn =
        api.call(
            "CreateDomainConfiguration",
            json!({"domainConfigurationName": "c", "tags": [{"Key": "k"}]}),
        )["domainConfigurationArn"]
            .clone();
    let tags = json!({"resourceArn": arn});
    assert_eq!(api.call("ListTagsForResource", tags.clone())["tags"], json!([{"Key": "k", "Value": ""}]));
    assert_eq!(api.error("DeleteDomainConfiguration", named("c")), Code::InvalidRequestException);
    let disable = json!({"domainConfigurationName": "c", "domainConfigurationStatus": "DISABLED"});
    api.call("UpdateDomainConfiguration", disable);
    api.call("DeleteDomainConfiguration", named("c"));
    for operation in ["DeleteDomainConfiguration", "DescribeDomainConfiguration", "UpdateDomainConfiguration"]
    {
        assert_eq!(api.error(operation, named("c")), Code::ResourceNotFoundException);
    }
    assert_eq!(api.error("ListTagsForResource", tags), Code::ResourceNotFoundException);
}

#[test]
fn a_listing_is_by_name_and_there_are_ten_at_most() {
    let api = Api::new();
    for name in ["b", "c", "a"] {
        api.call("CreateDomainConfiguration", named(name));
    }
    api.call("CreateDomainConfiguration", json!({"domainConfigurationName": "j", "serviceType": "JOBS"}));
    let listed = |input: Value| -> Vec<String> {
        let pages = api.pages("ListDomainConfigurations", input).concat();
        pages.iter().map(|found| found["domainConfigurationName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(json!({"pageSize": 1})), ["a", "b", "c", "j"]);
    assert_eq!(listed(json!({"serviceType": "JOBS"})), ["j"]);
    for number in 0..6 {
        api.call("CreateDomainConfiguration", named(&format!("n{number}")));
    }
    assert_eq!(api.error("CreateDomainConfiguration", named("z")), Code::LimitExceededException);
}

#[test]
fn the_services_own_endpoints_are_described_and_stay_as_they_are() {
    let api = Api::new();
    let found = described(&api, "iot:Data-ATS");
    assert_eq!(
        (&found["domainType"], &found["domainName"]),
        (&json!("ENDPOINT"), &json!("iot.example.com:8443"))
    );
    assert_eq!(api.error("UpdateDomainConfiguration", named("iot:Jobs")), Code::InvalidRequestException);
    assert_eq!(api.error("UpdateDomainConfiguration", named("iot:Other")), Code::ResourceNotFoundException);
}
