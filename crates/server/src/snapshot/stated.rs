//! What records state in full, for those who keep it: AWS's words in structs, checked against the constraints of AWS's
//! service model for the operation that would make the same thing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use thingwarden_engine::fleet::Tie;
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::CertificateFacts;
use thingwarden_engine::time::Timestamp;
use thingwarden_wire::Operation;
use thingwarden_wire::validate::violations;

use super::json::{Members, Time, without_place};

/// One resource, or one tie between two.
#[derive(Debug)]
pub(crate) enum Stated {
    Certificate(Box<StatedCertificate>),
    Thing(StatedThing),
    ThingType(StatedThingType),
    Group(StatedGroup),
    Member {
        group: String,
        thing: String,
    },
    Principal {
        thing: String,
        principal: String,
        exclusive: bool,
    },
    Policy(StatedPolicy),
    /// The text of a policy document in a file of its own.
    PolicyFile(String),
    Target {
        policy: String,
        target: String,
    },
    RoleAlias(StatedRoleAlias),
    ProvisioningTemplate(Box<StatedProvisioningTemplate>),
    LoggingV1 {
        role_arn: String,
        level: Option<String>,
    },
    LoggingV2(StatedLogging),
    AuditConfiguration(StatedAuditConfiguration),
    Suppression(Box<StatedSuppression>),
    Role(Box<StatedRole>),
    RoleInline {
        role: String,
        policy: String,
        document: String,
    },
    ManagedPolicy(StatedManagedPolicy),
    /// Something of AWS's that is not kept here, in the plural.
    NotKept(&'static str),
}

/// `DescribeCertificate` and `DescribeCACertificate`.
#[derive(Debug)]
pub(crate) struct StatedCertificate {
    /// From a file, without a word of the registry.
    pub(crate) loose: bool,
    pub(crate) id: CertificateId,
    pub(crate) is_authority: bool,
    pub(crate) arn: Option<String>,
    pub(crate) pem: String,
    pub(crate) facts: CertificateFacts,
    pub(crate) status: String,
    pub(crate) mode: Option<String>,
    pub(crate) ca_id: Option<String>,
    pub(crate) previous_owner: Option<String>,
    pub(crate) customer_version: Option<i64>,
    pub(crate) generation_id: Option<String>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) transfer: Option<StatedTransfer>,
    pub(crate) auto_registration: Option<bool>,
    pub(crate) registration: Option<StatedRegistration>,
}

/// `transferData` of a certificate.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedTransfer {
    pub(crate) transfer_message: Option<String>,
    pub(crate) reject_reason: Option<String>,
    #[serde(default)]
    pub(crate) transfer_date: Time,
    #[serde(default)]
    pub(crate) accept_date: Time,
    #[serde(default)]
    pub(crate) reject_date: Time,
}

/// `registrationConfig` of a CA certificate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedRegistration {
    pub(crate) template_body: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) template_name: Option<String>,
}

/// `DescribeThing`, an element of `ListThings`, or a mere name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedThing {
    #[serde(rename = "thingName")]
    pub(crate) name: String,
    #[serde(rename = "thingArn")]
    pub(crate) arn: Option<String>,
    pub(crate) thing_id: Option<String>,
    #[serde(rename = "thingTypeName")]
    pub(crate) type_name: Option<String>,
    pub(crate) attributes: Option<BTreeMap<String, String>>,
    #[serde(rename = "billingGroupName")]
    pub(crate) billing_group: Option<String>,
    pub(crate) version: Option<i64>,
}

/// `DescribeThingType`, or an element of `ListThingTypes`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedThingType {
    #[serde(rename = "thingTypeName")]
    pub(crate) name: String,
    #[serde(rename = "thingTypeArn")]
    pub(crate) arn: Option<String>,
    #[serde(rename = "thingTypeId")]
    pub(crate) type_id: Option<String>,
    #[serde(rename = "thingTypeProperties")]
    pub(crate) properties: Option<StatedTypeProperties>,
    #[serde(rename = "thingTypeMetadata")]
    pub(crate) metadata: Option<StatedTypeMetadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedTypeProperties {
    #[serde(rename = "thingTypeDescription")]
    pub(crate) description: Option<String>,
    pub(crate) searchable_attributes: Option<Vec<String>>,
    pub(crate) mqtt5_configuration: Option<StatedMqtt5>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedMqtt5 {
    pub(crate) propagating_attributes: Option<Vec<StatedPropagated>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedPropagated {
    pub(crate) user_property_key: String,
    pub(crate) thing_attribute: Option<String>,
    pub(crate) connection_attribute: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedTypeMetadata {
    #[serde(default)]
    pub(crate) deprecated: bool,
    #[serde(default)]
    pub(crate) deprecation_date: Time,
    #[serde(default)]
    pub(crate) creation_date: Time,
}

/// `DescribeThingGroup`, or an element of `ListThingGroups`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedGroup {
    #[serde(rename = "thingGroupName", alias = "groupName")]
    pub(crate) name: String,
    #[serde(rename = "thingGroupArn", alias = "groupArn")]
    pub(crate) arn: Option<String>,
    #[serde(rename = "thingGroupId")]
    pub(crate) group_id: Option<String>,
    pub(crate) version: Option<i64>,
    #[serde(rename = "thingGroupProperties")]
    pub(crate) properties: Option<StatedGroupProperties>,
    #[serde(rename = "thingGroupMetadata")]
    pub(crate) metadata: Option<StatedGroupMetadata>,
    /// Only dynamic groups have one.
    pub(crate) query_string: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedGroupProperties {
    #[serde(rename = "thingGroupDescription")]
    pub(crate) description: Option<String>,
    pub(crate) attribute_payload: Option<StatedAttributes>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StatedAttributes {
    pub(crate) attributes: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedGroupMetadata {
    #[serde(rename = "parentGroupName")]
    pub(crate) parent: Option<String>,
    #[serde(default)]
    pub(crate) creation_date: Time,
}

/// `GetPolicy` or `GetPolicyVersion`. The document was parsed and is good.
#[derive(Debug)]
pub(crate) struct StatedPolicy {
    pub(crate) name: String,
    pub(crate) arn: Option<String>,
    pub(crate) version: i64,
    pub(crate) is_default: bool,
    pub(crate) document: String,
    pub(crate) generation_id: Option<String>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) modified: Option<Timestamp>,
}

/// `roleAliasDescription`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedRoleAlias {
    #[serde(rename = "roleAlias", default)]
    pub(crate) name: String,
    #[serde(rename = "roleAliasArn")]
    pub(crate) arn: String,
    pub(crate) role_arn: String,
    pub(crate) credential_duration_seconds: Option<i64>,
    #[serde(default)]
    pub(crate) creation_date: Time,
    #[serde(default)]
    pub(crate) last_modified_date: Time,
}

/// `DescribeProvisioningTemplate`, or an element of `ListProvisioningTemplates`, which has no body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedProvisioningTemplate {
    #[serde(rename = "templateName")]
    pub(crate) name: String,
    #[serde(rename = "templateArn")]
    pub(crate) arn: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(rename = "provisioningRoleArn")]
    pub(crate) role_arn: Option<String>,
    #[serde(rename = "templateBody")]
    pub(crate) body: Option<String>,
    #[serde(rename = "preProvisioningHook")]
    pub(crate) hook: Option<StatedHook>,
    #[serde(rename = "defaultVersionId")]
    pub(crate) version: Option<i64>,
    #[serde(default)]
    pub(crate) creation_date: Time,
    #[serde(default)]
    pub(crate) last_modified_date: Time,
}

/// `preProvisioningHook`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedHook {
    pub(crate) target_arn: String,
    pub(crate) payload_version: Option<String>,
}

/// `GetV2LoggingOptions`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedLogging {
    pub(crate) role_arn: Option<String>,
    pub(crate) default_log_level: Option<String>,
    #[serde(default)]
    pub(crate) disable_all_logs: bool,
    pub(crate) event_configurations: Option<Value>,
}

/// `DescribeAccountAuditConfiguration`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedAuditConfiguration {
    pub(crate) role_arn: Option<String>,
    #[serde(default)]
    pub(crate) audit_notification_target_configurations: BTreeMap<String, StatedNotification>,
    #[serde(default)]
    pub(crate) audit_check_configurations: BTreeMap<String, StatedCheck>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatedNotification {
    pub(crate) target_arn: Option<String>,
    pub(crate) role_arn: Option<String>,
    #[serde(default)]
    pub(crate) enabled: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StatedCheck {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) configuration: BTreeMap<String, String>,
}

/// An element of `ListAuditSuppressions`, which names a resource and says until when.
#[derive(Debug)]
pub(crate) struct StatedSuppression {
    pub(crate) check: String,
    /// AWS's `ResourceIdentifier`.
    pub(crate) identifier: Value,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) description: Option<String>,
}

/// A role of IAM without its policies.
#[derive(Debug)]
pub(crate) struct StatedRole {
    pub(crate) name: String,
    pub(crate) arn: Option<String>,
    pub(crate) role_id: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) boundary: Option<String>,
    pub(crate) trust_policy: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) max_session_seconds: Option<i64>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
}

/// One version of a managed policy.
#[derive(Debug)]
pub(crate) struct StatedManagedPolicy {
    pub(crate) arn: String,
    pub(crate) policy_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) version: u32,
    pub(crate) is_default: bool,
    pub(crate) document: String,
    pub(crate) created: Option<Timestamp>,
}

impl Stated {
    /// What it says of who is in which group, and of what policies are attached to.
    pub(super) fn tie(&self) -> Option<Tie<'_>> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        Some(match self {
            Self::Thing(thing) => Tie::Thing {
                name: &thing.name,
                type_name: thing.type_name.as_deref(),
                attributes: thing.attributes.as_ref().unwrap_or(&NONE),
            },
            Self::Group(group) => Tie::Group {
                name: &group.name,
                is_described: group.metadata.is_some(),
                parent: group.metadata.as_ref().and_then(|metadata| metadata.parent.as_deref()),
            },
            Self::Member { group, thing } => Tie::Member { group, thing },
            Self::Principal { thing, principal, exclusive } => {
                Tie::Principal { thing, principal, exclusive: *exclusive }
            }
            Self::Target { policy, target } => Tie::Target { policy, target },
            _ => return None,
        })
    }
}

pub(super) fn thing(raw: &str) -> Result<Stated, String> {
    thing_named(parse(raw, "thing")?)
}

pub(super) fn thing_named(thing: StatedThing) -> Result<Stated, String> {
    let input = json!({
        "thingName": thing.name,
        "thingTypeName": thing.type_name,
        "billingGroupName": thing.billing_group,
        "attributePayload": {"attributes": thing.attributes},
    });
    check(Operation::CreateThing, &input, "thing", &thing.name)?;
    Ok(Stated::Thing(thing))
}

pub(super) fn thing_type(raw: &str) -> Result<Stated, String> {
    let stated: StatedThingType = parse(raw, "thing type")?;
    let properties: Value = parse::<BTreeMap<String, Value>>(raw, "thing type")?
        .remove("thingTypeProperties")
        .unwrap_or_default();
    let input = json!({"thingTypeName": stated.name, "thingTypeProperties": properties});
    check(Operation::CreateThingType, &input, "thing type", &stated.name)?;
    Ok(Stated::ThingType(stated))
}

pub(super) fn group(raw: &str) -> Result<Stated, String> {
    let group: StatedGroup = parse(raw, "thing group")?;
    if group.query_string.is_some() {
        return Ok(Stated::NotKept("dynamic thing groups"));
    }
    let metadata = group.metadata.as_ref();
    let properties = group.properties.as_ref();
    let attributes = properties.and_then(|properties| properties.attribute_payload.as_ref());
    let input = json!({
        "thingGroupName": group.name,
        "parentGroupName": metadata.and_then(|metadata| metadata.parent.as_ref()),
        "thingGroupProperties": {
            "thingGroupDescription": properties.and_then(|properties| properties.description.as_ref()),
            "attributePayload": {"attributes": attributes.and_then(|payload| payload.attributes.as_ref())},
        },
    });
    check(Operation::CreateThingGroup, &input, "thing group", &group.name)?;
    Ok(Stated::Group(group))
}

pub(super) fn member(group: &str, thing: &str) -> Result<Stated, String> {
    let input = json!({"thingGroupName": group, "thingName": thing});
    check(Operation::AddThingToThingGroup, &input, "membership of", thing)?;
    Ok(Stated::Member { group: group.to_owned(), thing: thing.to_owned() })
}

pub(super) fn principal(thing: &str, principal: &str, kind: Option<&str>) -> Result<Stated, String> {
    let input = json!({"thingName": thing, "principal": principal, "thingPrincipalType": kind});
    check(Operation::AttachThingPrincipal, &input, "attachment to thing", thing)?;
    let exclusive = kind == Some("EXCLUSIVE_THING");
    Ok(Stated::Principal { thing: thing.to_owned(), principal: principal.to_owned(), exclusive })
}

pub(super) fn policy(
    name: &str,
    version: &str,
    is_default: bool,
    document: &str,
    members: &Members<'_>,
) -> Result<Stated, String> {
    let input = json!({"policyName": name, "policyDocument": document});
    check(Operation::CreatePolicy, &input, "policy", name)?;
    let version = version.parse().ok().filter(|number| *number >= 1);
    let version = version.ok_or_else(|| format!("policy `{name}`: a version that is no number"))?;
    Ok(Stated::Policy(StatedPolicy {
        name: name.to_owned(),
        arn: owned(members, "policyArn"),
        version,
        is_default,
        document: document.to_owned(),
        generation_id: owned(members, "generationId"),
        created: time(members, "creationDate"),
        modified: time(members, "lastModifiedDate"),
    }))
}

pub(super) fn target(policy: &str, target: &str) -> Result<Stated, String> {
    check(
        Operation::AttachPolicy,
        &json!({"policyName": policy, "target": target}),
        "target of policy",
        policy,
    )?;
    Ok(Stated::Target { policy: policy.to_owned(), target: target.to_owned() })
}

pub(super) fn role_alias(raw: &str) -> Result<Stated, String> {
    let mut alias: StatedRoleAlias = parse(raw, "role alias")?;
    if alias.name.is_empty() {
        alias.name = alias.arn.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let input = json!({
        "roleAlias": alias.name,
        "roleArn": alias.role_arn,
        "credentialDurationSeconds": alias.credential_duration_seconds,
    });
    check(Operation::CreateRoleAlias, &input, "role alias", &alias.name)?;
    Ok(Stated::RoleAlias(alias))
}

pub(super) fn provisioning_template(raw: &str) -> Result<Stated, String> {
    let template: StatedProvisioningTemplate = parse(raw, "provisioning template")?;
    if template.body.is_some() {
        let hook = template.hook.as_ref();
        let hook =
            hook.map(|hook| json!({"targetArn": hook.target_arn, "payloadVersion": hook.payload_version}));
        let input = json!({
            "templateName": template.name,
            "description": template.description,
            "templateBody": template.body,
            "provisioningRoleArn": template.role_arn,
            "preProvisioningHook": hook,
            "type": template.kind,
        });
        check(Operation::CreateProvisioningTemplate, &input, "provisioning template", &template.name)?;
    }
    Ok(Stated::ProvisioningTemplate(Box::new(template)))
}

pub(super) fn logging_v1(members: &Members<'_>) -> Result<Stated, String> {
    let (role_arn, level) = (owned(members, "roleArn"), owned(members, "logLevel"));
    let input = json!({"loggingOptionsPayload": {"roleArn": role_arn, "logLevel": level}});
    check(Operation::SetLoggingOptions, &input, "logging options", "")?;
    Ok(Stated::LoggingV1 { role_arn: role_arn.unwrap_or_default(), level })
}

pub(super) fn logging_v2(raw: &str) -> Result<Stated, String> {
    let stated: StatedLogging = parse(raw, "logging options")?;
    let input = json!({
        "roleArn": stated.role_arn,
        "defaultLogLevel": stated.default_log_level,
        "eventConfigurations": stated.event_configurations,
    });
    check(Operation::SetV2LoggingOptions, &input, "logging options", "")?;
    Ok(Stated::LoggingV2(stated))
}

pub(super) fn audit_configuration(raw: &str) -> Result<Stated, String> {
    let what = "audit configuration";
    let input: Value = parse(raw, what)?;
    check(Operation::UpdateAccountAuditConfiguration, &input, what, "")?;
    Ok(Stated::AuditConfiguration(parse(raw, what)?))
}

pub(super) fn suppression(
    check_name: &str,
    identifier: &str,
    expires: Option<Timestamp>,
    description: &str,
) -> Result<Stated, String> {
    let identifier: Value = parse(identifier, "suppression")?;
    let description = Some(description.to_owned()).filter(|description| !description.is_empty());
    let input = json!({
        "checkName": check_name,
        "resourceIdentifier": identifier,
        "description": description,
        "clientRequestToken": "import",
    });
    check(Operation::CreateAuditSuppression, &input, "suppression of", check_name)?;
    let check = check_name.to_owned();
    Ok(Stated::Suppression(Box::new(StatedSuppression { check, identifier, expires, description })))
}

/// IAM's model is not the wire's; its names and paths are checked here (IAM API reference, `CreateRole`).
pub(super) fn role(name: &str, members: &Members<'_>) -> Result<Stated, String> {
    iam_name("role", name)?;
    let path = owned(members, "Path");
    if path.as_deref().is_some_and(|path| !is_iam_path(path)) {
        return Err(format!("role `{name}`: a path that is none"));
    }
    let boundary = members.raw("PermissionsBoundary").and_then(|raw| Members::parse(raw.as_bytes()).ok());
    Ok(Stated::Role(Box::new(StatedRole {
        name: name.to_owned(),
        arn: owned(members, "Arn"),
        role_id: owned(members, "RoleId"),
        path,
        created: time(members, "CreateDate"),
        boundary: boundary.and_then(|boundary| owned(&boundary, "PermissionsBoundaryArn")),
        trust_policy: super::iam::document_text(members, "AssumeRolePolicyDocument"),
        description: owned(members, "Description"),
        max_session_seconds: number(members, "MaxSessionDuration"),
        tags: tags(members),
    })))
}

pub(super) fn role_inline(role: &str, policy: &str, document: &str) -> Result<Stated, String> {
    iam_name("role", role)?;
    iam_name("inline policy", policy)?;
    let (role, policy, document) = (role.to_owned(), policy.to_owned(), document.to_owned());
    Ok(Stated::RoleInline { role, policy, document })
}

/// `version` is an element of `PolicyVersionList` or the answer of IAM's GetPolicyVersion, `policy` what is around it.
pub(super) fn managed_policy(
    arn: &str,
    policy: &Members<'_>,
    version: &Members<'_>,
    is_default: bool,
    document: &str,
) -> Result<Stated, String> {
    let number = owned(version, "VersionId");
    let number = number.as_deref().unwrap_or("v1").strip_prefix('v').and_then(|digits| digits.parse().ok());
    let number = number.filter(|number: &u32| *number >= 1);
    let number = number.ok_or_else(|| format!("managed policy `{arn}`: a version that is no `vN`"))?;
    Ok(Stated::ManagedPolicy(StatedManagedPolicy {
        arn: arn.to_owned(),
        policy_id: owned(policy, "PolicyId"),
        description: owned(policy, "Description"),
        version: number,
        is_default,
        document: document.to_owned(),
        created: time(version, "CreateDate"),
    }))
}

fn tags(members: &Members<'_>) -> Option<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tag {
        key: String,
        value: String,
    }
    let tags: Vec<Tag> = serde_json::from_str(members.raw("Tags")?).ok()?;
    Some(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// IAM API reference: `[\w+=,.@-]+`, at most 64 characters of roles and 128 of policies.
fn iam_name(what: &str, name: &str) -> Result<(), String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let is_name = (1..=128).contains(&name.len()) && name.chars().all(fits);
    if is_name { Ok(()) } else { Err(format!("`{name}` is no name of an IAM {what}")) }
}

/// IAM API reference: `/`, or printable ASCII between slashes, at most 512 characters.
fn is_iam_path(path: &str) -> bool {
    path == "/"
        || (path.len() <= 512
            && path.starts_with('/')
            && path.ends_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic()))
}

fn parse<'de, T: Deserialize<'de>>(raw: &'de str, what: &str) -> Result<T, String> {
    serde_json::from_str(raw).map_err(|error| format!("{what}: {}", without_place(&error)))
}

/// What AWS would refuse is not taken.
fn check(operation: Operation, input: &Value, what: &str, name: &str) -> Result<(), String> {
    let broken = violations(operation, input);
    if broken.count == 0 {
        return Ok(());
    }
    let shown: String = name.chars().take(128).collect();
    let which = if name.is_empty() { what.to_owned() } else { format!("{what} `{shown}`") };
    Err(format!("{which}: {broken}"))
}

fn owned(members: &Members<'_>, name: &str) -> Option<String> {
    members.text(name).map(|text| text.into_owned())
}

fn time(members: &Members<'_>, name: &str) -> Option<Timestamp> {
    serde_json::from_str::<Time>(members.raw(name)?).ok()?.0
}

fn number(members: &Members<'_>, name: &str) -> Option<i64> {
    serde_json::from_str(members.raw(name)?).ok()
}
