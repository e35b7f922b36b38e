//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): constraints and places of all members of inputs. Do not edit.

use super::enums::*;
use super::patterns::*;
use crate::shape::{Location, Shape, make};

pub(crate) static ACCEPT_CERTIFICATE_TRANSFER_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("certificateId")),
    make::member("setAsActive", &SET_AS_ACTIVE).at(Location::Query("setAsActive")),
]);

pub(crate) static ACM_CERTIFICATE_ARN: Shape =
    make::text(make::range(Some(1), Some(2048)), Some(&PATTERN_25));

pub(crate) static ACTION_TYPE: Shape = make::one_of(ActionType::TEXTS);

pub(crate) static ADD_THING_TO_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupArn", &BILLING_GROUP_ARN),
    make::member("billingGroupName", &BILLING_GROUP_NAME),
    make::member("thingArn", &THING_ARN),
    make::member("thingName", &THING_NAME),
]);

pub(crate) static ADD_THING_TO_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("overrideDynamicGroups", &OVERRIDE_DYNAMIC_GROUPS),
    make::member("thingArn", &THING_ARN),
    make::member("thingGroupArn", &THING_GROUP_ARN),
    make::member("thingGroupName", &THING_GROUP_NAME),
    make::member("thingName", &THING_NAME),
]);

pub(crate) static ADD_THINGS_TO_THING_GROUP_PARAMS: Shape = make::structure(&[
    make::member("overrideDynamicGroups", &NULLABLE_BOOLEAN),
    make::member("thingGroupNames", &THING_GROUP_NAMES).required(),
]);

pub(crate) static ALLOW_AUTHORIZER_OVERRIDE: Shape = Shape::Boolean;

pub(crate) static ALLOW_AUTO_REGISTRATION: Shape = Shape::Boolean;

pub(crate) static APPLICATION_PROTOCOL: Shape = make::one_of(ApplicationProtocol::TEXTS);

pub(crate) static ASCENDING_ORDER: Shape = Shape::Boolean;

pub(crate) static ATTACH_POLICY_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("target", &POLICY_TARGET).required(),
]);

pub(crate) static ATTACH_PRINCIPAL_POLICY_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-iot-principal")),
]);

pub(crate) static ATTACH_THING_PRINCIPAL_REQUEST: Shape = make::structure(&[
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-principal")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
    make::member("thingPrincipalType", &THING_PRINCIPAL_TYPE).at(Location::Query("thingPrincipalType")),
]);

pub(crate) static ATTRIBUTE_NAME: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_17));

pub(crate) static ATTRIBUTE_PAYLOAD: Shape =
    make::structure(&[make::member("attributes", &ATTRIBUTES), make::member("merge", &FLAG)]);

pub(crate) static ATTRIBUTE_VALUE: Shape = make::text(make::range(None, Some(800)), Some(&PATTERN_18));

pub(crate) static ATTRIBUTES: Shape = make::map(make::ANY, &ATTRIBUTE_NAME, &ATTRIBUTE_VALUE);

pub(crate) static AUDIT_CHECK_CONFIGURATION: Shape = make::structure(&[
    make::member("configuration", &CHECK_CUSTOM_CONFIGURATION),
    make::member("enabled", &ENABLED),
]);

pub(crate) static AUDIT_CHECK_CONFIGURATIONS: Shape =
    make::map(make::ANY, &AUDIT_CHECK_NAME, &AUDIT_CHECK_CONFIGURATION);

pub(crate) static AUDIT_CHECK_NAME: Shape = make::text(make::ANY, None);

pub(crate) static AUDIT_CHECK_TO_ACTIONS_MAPPING: Shape =
    make::map(make::ANY, &AUDIT_CHECK_NAME, &MITIGATION_ACTION_NAME_LIST);

pub(crate) static AUDIT_CHECK_TO_REASON_CODE_FILTER: Shape =
    make::map(make::ANY, &AUDIT_CHECK_NAME, &REASON_FOR_NON_COMPLIANCE_CODES);

pub(crate) static AUDIT_DESCRIPTION: Shape = make::text(make::range(None, Some(1000)), Some(&PATTERN_4));

pub(crate) static AUDIT_FREQUENCY: Shape = make::one_of(AuditFrequency::TEXTS);

pub(crate) static AUDIT_MITIGATION_ACTIONS_EXECUTION_STATUS: Shape =
    make::one_of(AuditMitigationActionsExecutionStatus::TEXTS);

pub(crate) static AUDIT_MITIGATION_ACTIONS_TASK_STATUS: Shape =
    make::one_of(AuditMitigationActionsTaskStatus::TEXTS);

pub(crate) static AUDIT_MITIGATION_ACTIONS_TASK_TARGET: Shape = make::structure(&[
    make::member("auditCheckToReasonCodeFilter", &AUDIT_CHECK_TO_REASON_CODE_FILTER),
    make::member("auditTaskId", &AUDIT_TASK_ID),
    make::member("findingIds", &FINDING_IDS),
]);

pub(crate) static AUDIT_NOTIFICATION_TARGET: Shape = make::structure(&[
    make::member("enabled", &ENABLED),
    make::member("roleArn", &ROLE_ARN),
    make::member("targetArn", &TARGET_ARN),
]);

pub(crate) static AUDIT_NOTIFICATION_TARGET_CONFIGURATIONS: Shape =
    make::map(make::ANY, &AUDIT_NOTIFICATION_TYPE, &AUDIT_NOTIFICATION_TARGET);

pub(crate) static AUDIT_NOTIFICATION_TYPE: Shape = make::one_of(AuditNotificationType::TEXTS);

pub(crate) static AUDIT_TASK_ID: Shape = make::text(make::range(Some(1), Some(40)), Some(&PATTERN_15));

pub(crate) static AUDIT_TASK_STATUS: Shape = make::one_of(AuditTaskStatus::TEXTS);

pub(crate) static AUDIT_TASK_TYPE: Shape = make::one_of(AuditTaskType::TEXTS);

pub(crate) static AUTH_INFO: Shape = make::structure(&[
    make::member("actionType", &ACTION_TYPE),
    make::member("resources", &RESOURCES).required(),
]);

pub(crate) static AUTH_INFOS: Shape = make::list(make::range(Some(1), Some(10)), &AUTH_INFO);

pub(crate) static AUTHENTICATION_TYPE: Shape = make::one_of(AuthenticationType::TEXTS);

pub(crate) static AUTHORIZER_CONFIG: Shape = make::structure(&[
    make::member("allowAuthorizerOverride", &ALLOW_AUTHORIZER_OVERRIDE),
    make::member("defaultAuthorizerName", &AUTHORIZER_NAME),
]);

pub(crate) static AUTHORIZER_FUNCTION_ARN: Shape =
    make::text(make::range(None, Some(2048)), Some(&PATTERN_5));

pub(crate) static AUTHORIZER_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_9));

pub(crate) static AUTHORIZER_STATUS: Shape = make::one_of(AuthorizerStatus::TEXTS);

pub(crate) static AUTO_REGISTRATION_STATUS: Shape = make::one_of(AutoRegistrationStatus::TEXTS);

pub(crate) static AWS_ACCOUNT_ID: Shape = make::text(make::range(Some(12), Some(12)), Some(&PATTERN_2));

pub(crate) static AWS_ARN: Shape = make::text(make::ANY, None);

pub(crate) static BILLING_GROUP_ARN: Shape = make::text(make::ANY, None);

pub(crate) static BILLING_GROUP_DESCRIPTION: Shape =
    make::text(make::range(None, Some(2028)), Some(&PATTERN_4));

pub(crate) static BILLING_GROUP_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_14));

pub(crate) static BILLING_GROUP_PROPERTIES: Shape =
    make::structure(&[make::member("billingGroupDescription", &BILLING_GROUP_DESCRIPTION)]);

pub(crate) static BOOLEAN_KEY: Shape = Shape::Boolean;

pub(crate) static CA_CERTIFICATE_STATUS: Shape = make::one_of(CACertificateStatus::TEXTS);

pub(crate) static CA_CERTIFICATE_UPDATE_ACTION: Shape = make::one_of(CACertificateUpdateAction::TEXTS);

pub(crate) static CANCEL_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST: Shape =
    make::structure(&[make::member("taskId", &MITIGATION_ACTIONS_TASK_ID)
        .required()
        .at(Location::Uri("taskId"))]);

pub(crate) static CANCEL_AUDIT_TASK_REQUEST: Shape =
    make::structure(&[make::member("taskId", &AUDIT_TASK_ID).required().at(Location::Uri("taskId"))]);

pub(crate) static CANCEL_CERTIFICATE_TRANSFER_REQUEST: Shape =
    make::structure(&[make::member("certificateId", &CERTIFICATE_ID)
        .required()
        .at(Location::Uri("certificateId"))]);

pub(crate) static CERTIFICATE_ARN: Shape = make::text(make::ANY, None);

pub(crate) static CERTIFICATE_ID: Shape = make::text(make::range(Some(64), Some(64)), Some(&PATTERN_0));

pub(crate) static CERTIFICATE_MODE: Shape = make::one_of(CertificateMode::TEXTS);

pub(crate) static CERTIFICATE_PEM: Shape = make::text(make::range(Some(1), Some(65536)), Some(&PATTERN_5));

pub(crate) static CERTIFICATE_SIGNING_REQUEST: Shape =
    make::text(make::range(Some(1), Some(4096)), Some(&PATTERN_5));

pub(crate) static CERTIFICATE_STATUS: Shape = make::one_of(CertificateStatus::TEXTS);

pub(crate) static CHECK_CUSTOM_CONFIGURATION: Shape = make::map(make::ANY, &CONFIG_NAME, &CONFIG_VALUE);

pub(crate) static CLEAR_DEFAULT_AUTHORIZER_REQUEST: Shape = make::structure(&[]);

pub(crate) static CLIENT_CERTIFICATE_CALLBACK_ARN: Shape =
    make::text(make::range(None, Some(2048)), Some(&PATTERN_5));

pub(crate) static CLIENT_CERTIFICATE_CONFIG: Shape =
    make::structure(&[make::member("clientCertificateCallbackArn", &CLIENT_CERTIFICATE_CALLBACK_ARN)]);

pub(crate) static CLIENT_ID: Shape = make::text(make::ANY, None);

pub(crate) static CLIENT_REQUEST_TOKEN: Shape = make::text(make::range(Some(1), Some(64)), Some(&PATTERN_24));

pub(crate) static COGNITO_IDENTITY_POOL_ID: Shape = make::text(make::ANY, None);

pub(crate) static CONFIG_NAME: Shape = make::one_of(ConfigName::TEXTS);

pub(crate) static CONFIG_VALUE: Shape = make::text(make::range(Some(1), Some(64)), None);

pub(crate) static CONFIGURATION: Shape = make::structure(&[make::member("Enabled", &ENABLED)]);

pub(crate) static CONNECTION_ATTRIBUTE_NAME: Shape =
    make::text(make::range(None, Some(128)), Some(&PATTERN_13));

pub(crate) static CREATE_AUDIT_SUPPRESSION_REQUEST: Shape = make::structure(&[
    make::member("checkName", &AUDIT_CHECK_NAME).required(),
    make::member("clientRequestToken", &CLIENT_REQUEST_TOKEN).required().token(),
    make::member("description", &AUDIT_DESCRIPTION),
    make::member("expirationDate", &TIMESTAMP),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER).required(),
    make::member("suppressIndefinitely", &SUPPRESS_INDEFINITELY),
]);

pub(crate) static CREATE_AUTHORIZER_REQUEST: Shape = make::structure(&[
    make::member("authorizerFunctionArn", &AUTHORIZER_FUNCTION_ARN).required(),
    make::member("authorizerName", &AUTHORIZER_NAME).required().at(Location::Uri("authorizerName")),
    make::member("enableCachingForHttp", &ENABLE_CACHING_FOR_HTTP),
    make::member("signingDisabled", &BOOLEAN_KEY),
    make::member("status", &AUTHORIZER_STATUS),
    make::member("tags", &TAG_LIST),
    make::member("tokenKeyName", &TOKEN_KEY_NAME),
    make::member("tokenSigningPublicKeys", &PUBLIC_KEY_MAP),
]);

pub(crate) static CREATE_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupName", &BILLING_GROUP_NAME).required().at(Location::Uri("billingGroupName")),
    make::member("billingGroupProperties", &BILLING_GROUP_PROPERTIES),
    make::member("tags", &TAG_LIST),
]);

pub(crate) static CREATE_CERTIFICATE_FROM_CSR_REQUEST: Shape = make::structure(&[
    make::member("certificateSigningRequest", &CERTIFICATE_SIGNING_REQUEST).required(),
    make::member("setAsActive", &SET_AS_ACTIVE).at(Location::Query("setAsActive")),
]);

pub(crate) static CREATE_DOMAIN_CONFIGURATION_REQUEST: Shape = make::structure(&[
    make::member("applicationProtocol", &APPLICATION_PROTOCOL),
    make::member("authenticationType", &AUTHENTICATION_TYPE),
    make::member("authorizerConfig", &AUTHORIZER_CONFIG),
    make::member("clientCertificateConfig", &CLIENT_CERTIFICATE_CONFIG),
    make::member("domainConfigurationName", &DOMAIN_CONFIGURATION_NAME)
        .required()
        .at(Location::Uri("domainConfigurationName")),
    make::member("domainName", &DOMAIN_NAME),
    make::member("serverCertificateArns", &SERVER_CERTIFICATE_ARNS),
    make::member("serverCertificateConfig", &SERVER_CERTIFICATE_CONFIG),
    make::member("serviceType", &SERVICE_TYPE),
    make::member("tags", &TAG_LIST),
    make::member("tlsConfig", &TLS_CONFIG),
    make::member("validationCertificateArn", &ACM_CERTIFICATE_ARN),
]);

pub(crate) static CREATE_KEYS_AND_CERTIFICATE_REQUEST: Shape =
    make::structure(&[make::member("setAsActive", &SET_AS_ACTIVE).at(Location::Query("setAsActive"))]);

pub(crate) static CREATE_MITIGATION_ACTION_REQUEST: Shape = make::structure(&[
    make::member("actionName", &MITIGATION_ACTION_NAME).required().at(Location::Uri("actionName")),
    make::member("actionParams", &MITIGATION_ACTION_PARAMS).required(),
    make::member("roleArn", &ROLE_ARN).required(),
    make::member("tags", &TAG_LIST),
]);

pub(crate) static CREATE_POLICY_REQUEST: Shape = make::structure(&[
    make::member("policyDocument", &POLICY_DOCUMENT).required(),
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("tags", &TAG_LIST),
]);

pub(crate) static CREATE_POLICY_VERSION_REQUEST: Shape = make::structure(&[
    make::member("policyDocument", &POLICY_DOCUMENT).required(),
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("setAsDefault", &SET_AS_DEFAULT).at(Location::Query("setAsDefault")),
]);

pub(crate) static CREATE_PROVISIONING_CLAIM_REQUEST: Shape =
    make::structure(&[make::member("templateName", &TEMPLATE_NAME)
        .required()
        .at(Location::Uri("templateName"))]);

pub(crate) static CREATE_PROVISIONING_TEMPLATE_REQUEST: Shape = make::structure(&[
    make::member("description", &TEMPLATE_DESCRIPTION),
    make::member("enabled", &ENABLED),
    make::member("preProvisioningHook", &PROVISIONING_HOOK),
    make::member("provisioningRoleArn", &ROLE_ARN).required(),
    make::member("tags", &TAG_LIST),
    make::member("templateBody", &TEMPLATE_BODY).required(),
    make::member("templateName", &TEMPLATE_NAME).required(),
    make::member("type", &TEMPLATE_TYPE),
]);

pub(crate) static CREATE_PROVISIONING_TEMPLATE_VERSION_REQUEST: Shape = make::structure(&[
    make::member("setAsDefault", &SET_AS_DEFAULT).at(Location::Query("setAsDefault")),
    make::member("templateBody", &TEMPLATE_BODY).required(),
    make::member("templateName", &TEMPLATE_NAME).required().at(Location::Uri("templateName")),
]);

pub(crate) static CREATE_ROLE_ALIAS_REQUEST: Shape = make::structure(&[
    make::member("credentialDurationSeconds", &CREDENTIAL_DURATION_SECONDS),
    make::member("roleAlias", &ROLE_ALIAS).required().at(Location::Uri("roleAlias")),
    make::member("roleArn", &ROLE_ARN).required(),
    make::member("tags", &TAG_LIST),
]);

pub(crate) static CREATE_SCHEDULED_AUDIT_REQUEST: Shape = make::structure(&[
    make::member("dayOfMonth", &DAY_OF_MONTH),
    make::member("dayOfWeek", &DAY_OF_WEEK),
    make::member("frequency", &AUDIT_FREQUENCY).required(),
    make::member("scheduledAuditName", &SCHEDULED_AUDIT_NAME)
        .required()
        .at(Location::Uri("scheduledAuditName")),
    make::member("tags", &TAG_LIST),
    make::member("targetCheckNames", &TARGET_AUDIT_CHECK_NAMES).required(),
]);

pub(crate) static CREATE_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("parentGroupName", &THING_GROUP_NAME),
    make::member("tags", &TAG_LIST),
    make::member("thingGroupName", &THING_GROUP_NAME).required().at(Location::Uri("thingGroupName")),
    make::member("thingGroupProperties", &THING_GROUP_PROPERTIES),
]);

pub(crate) static CREATE_THING_REQUEST: Shape = make::structure(&[
    make::member("attributePayload", &ATTRIBUTE_PAYLOAD),
    make::member("billingGroupName", &BILLING_GROUP_NAME),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
    make::member("thingTypeName", &THING_TYPE_NAME),
]);

pub(crate) static CREATE_THING_TYPE_REQUEST: Shape = make::structure(&[
    make::member("tags", &TAG_LIST),
    make::member("thingTypeName", &THING_TYPE_NAME).required().at(Location::Uri("thingTypeName")),
    make::member("thingTypeProperties", &THING_TYPE_PROPERTIES),
]);

pub(crate) static CREDENTIAL_DURATION_SECONDS: Shape = Shape::Integer(make::range(Some(900), Some(43200)));

pub(crate) static DAY_OF_MONTH: Shape = make::text(make::ANY, Some(&PATTERN_19));

pub(crate) static DAY_OF_WEEK: Shape = make::one_of(DayOfWeek::TEXTS);

pub(crate) static DELETE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST: Shape =
    make::structure(&[make::member("deleteScheduledAudits", &DELETE_SCHEDULED_AUDITS)
        .at(Location::Query("deleteScheduledAudits"))]);

pub(crate) static DELETE_AUDIT_SUPPRESSION_REQUEST: Shape = make::structure(&[
    make::member("checkName", &AUDIT_CHECK_NAME).required(),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER).required(),
]);

pub(crate) static DELETE_AUTHORIZER_REQUEST: Shape =
    make::structure(&[make::member("authorizerName", &AUTHORIZER_NAME)
        .required()
        .at(Location::Uri("authorizerName"))]);

pub(crate) static DELETE_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupName", &BILLING_GROUP_NAME).required().at(Location::Uri("billingGroupName")),
    make::member("expectedVersion", &OPTIONAL_VERSION).at(Location::Query("expectedVersion")),
]);

pub(crate) static DELETE_CA_CERTIFICATE_REQUEST: Shape =
    make::structure(&[make::member("certificateId", &CERTIFICATE_ID)
        .required()
        .at(Location::Uri("caCertificateId"))]);

pub(crate) static DELETE_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("certificateId")),
    make::member("forceDelete", &FORCE_DELETE).at(Location::Query("forceDelete")),
]);

pub(crate) static DELETE_DOMAIN_CONFIGURATION_REQUEST: Shape =
    make::structure(&[make::member("domainConfigurationName", &DOMAIN_CONFIGURATION_NAME)
        .required()
        .at(Location::Uri("domainConfigurationName"))]);

pub(crate) static DELETE_MITIGATION_ACTION_REQUEST: Shape =
    make::structure(&[make::member("actionName", &MITIGATION_ACTION_NAME)
        .required()
        .at(Location::Uri("actionName"))]);

pub(crate) static DELETE_POLICY_REQUEST: Shape =
    make::structure(&[make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName"))]);

pub(crate) static DELETE_POLICY_VERSION_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("policyVersionId", &POLICY_VERSION_ID).required().at(Location::Uri("policyVersionId")),
]);

pub(crate) static DELETE_PROVISIONING_TEMPLATE_REQUEST: Shape =
    make::structure(&[make::member("templateName", &TEMPLATE_NAME)
        .required()
        .at(Location::Uri("templateName"))]);

pub(crate) static DELETE_PROVISIONING_TEMPLATE_VERSION_REQUEST: Shape = make::structure(&[
    make::member("templateName", &TEMPLATE_NAME).required().at(Location::Uri("templateName")),
    make::member("versionId", &TEMPLATE_VERSION_ID).required().at(Location::Uri("versionId")),
]);

pub(crate) static DELETE_REGISTRATION_CODE_REQUEST: Shape = make::structure(&[]);

pub(crate) static DELETE_ROLE_ALIAS_REQUEST: Shape =
    make::structure(&[make::member("roleAlias", &ROLE_ALIAS).required().at(Location::Uri("roleAlias"))]);

pub(crate) static DELETE_SCHEDULED_AUDIT_REQUEST: Shape =
    make::structure(&[make::member("scheduledAuditName", &SCHEDULED_AUDIT_NAME)
        .required()
        .at(Location::Uri("scheduledAuditName"))]);

pub(crate) static DELETE_SCHEDULED_AUDITS: Shape = Shape::Boolean;

pub(crate) static DELETE_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("expectedVersion", &OPTIONAL_VERSION).at(Location::Query("expectedVersion")),
    make::member("thingGroupName", &THING_GROUP_NAME).required().at(Location::Uri("thingGroupName")),
]);

pub(crate) static DELETE_THING_REQUEST: Shape = make::structure(&[
    make::member("expectedVersion", &OPTIONAL_VERSION).at(Location::Query("expectedVersion")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
]);

pub(crate) static DELETE_THING_TYPE_REQUEST: Shape =
    make::structure(&[make::member("thingTypeName", &THING_TYPE_NAME)
        .required()
        .at(Location::Uri("thingTypeName"))]);

pub(crate) static DELETE_V2_LOGGING_LEVEL_REQUEST: Shape = make::structure(&[
    make::member("targetName", &LOG_TARGET_NAME).required().at(Location::Query("targetName")),
    make::member("targetType", &LOG_TARGET_TYPE).required().at(Location::Query("targetType")),
]);

pub(crate) static DEPRECATE_THING_TYPE_REQUEST: Shape = make::structure(&[
    make::member("thingTypeName", &THING_TYPE_NAME).required().at(Location::Uri("thingTypeName")),
    make::member("undoDeprecate", &UNDO_DEPRECATE),
]);

pub(crate) static DESCRIBE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST: Shape = make::structure(&[]);

pub(crate) static DESCRIBE_AUDIT_FINDING_REQUEST: Shape =
    make::structure(&[make::member("findingId", &FINDING_ID).required().at(Location::Uri("findingId"))]);

pub(crate) static DESCRIBE_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST: Shape =
    make::structure(&[make::member("taskId", &MITIGATION_ACTIONS_TASK_ID)
        .required()
        .at(Location::Uri("taskId"))]);

pub(crate) static DESCRIBE_AUDIT_SUPPRESSION_REQUEST: Shape = make::structure(&[
    make::member("checkName", &AUDIT_CHECK_NAME).required(),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER).required(),
]);

pub(crate) static DESCRIBE_AUDIT_TASK_REQUEST: Shape =
    make::structure(&[make::member("taskId", &AUDIT_TASK_ID).required().at(Location::Uri("taskId"))]);

pub(crate) static DESCRIBE_AUTHORIZER_REQUEST: Shape =
    make::structure(&[make::member("authorizerName", &AUTHORIZER_NAME)
        .required()
        .at(Location::Uri("authorizerName"))]);

pub(crate) static DESCRIBE_BILLING_GROUP_REQUEST: Shape =
    make::structure(&[make::member("billingGroupName", &BILLING_GROUP_NAME)
        .required()
        .at(Location::Uri("billingGroupName"))]);

pub(crate) static DESCRIBE_CA_CERTIFICATE_REQUEST: Shape =
    make::structure(&[make::member("certificateId", &CERTIFICATE_ID)
        .required()
        .at(Location::Uri("caCertificateId"))]);

pub(crate) static DESCRIBE_CERTIFICATE_REQUEST: Shape =
    make::structure(&[make::member("certificateId", &CERTIFICATE_ID)
        .required()
        .at(Location::Uri("certificateId"))]);

pub(crate) static DESCRIBE_DEFAULT_AUTHORIZER_REQUEST: Shape = make::structure(&[]);

pub(crate) static DESCRIBE_DOMAIN_CONFIGURATION_REQUEST: Shape =
    make::structure(&[make::member("domainConfigurationName", &RESERVED_DOMAIN_CONFIGURATION_NAME)
        .required()
        .at(Location::Uri("domainConfigurationName"))]);

pub(crate) static DESCRIBE_ENDPOINT_REQUEST: Shape =
    make::structure(&[make::member("endpointType", &ENDPOINT_TYPE).at(Location::Query("endpointType"))]);

pub(crate) static DESCRIBE_EVENT_CONFIGURATIONS_REQUEST: Shape = make::structure(&[]);

pub(crate) static DESCRIBE_MITIGATION_ACTION_REQUEST: Shape =
    make::structure(&[make::member("actionName", &MITIGATION_ACTION_NAME)
        .required()
        .at(Location::Uri("actionName"))]);

pub(crate) static DESCRIBE_PROVISIONING_TEMPLATE_REQUEST: Shape =
    make::structure(&[make::member("templateName", &TEMPLATE_NAME)
        .required()
        .at(Location::Uri("templateName"))]);

pub(crate) static DESCRIBE_PROVISIONING_TEMPLATE_VERSION_REQUEST: Shape = make::structure(&[
    make::member("templateName", &TEMPLATE_NAME).required().at(Location::Uri("templateName")),
    make::member("versionId", &TEMPLATE_VERSION_ID).required().at(Location::Uri("versionId")),
]);

pub(crate) static DESCRIBE_ROLE_ALIAS_REQUEST: Shape =
    make::structure(&[make::member("roleAlias", &ROLE_ALIAS).required().at(Location::Uri("roleAlias"))]);

pub(crate) static DESCRIBE_SCHEDULED_AUDIT_REQUEST: Shape =
    make::structure(&[make::member("scheduledAuditName", &SCHEDULED_AUDIT_NAME)
        .required()
        .at(Location::Uri("scheduledAuditName"))]);

pub(crate) static DESCRIBE_THING_GROUP_REQUEST: Shape =
    make::structure(&[make::member("thingGroupName", &THING_GROUP_NAME)
        .required()
        .at(Location::Uri("thingGroupName"))]);

pub(crate) static DESCRIBE_THING_REQUEST: Shape =
    make::structure(&[make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName"))]);

pub(crate) static DESCRIBE_THING_TYPE_REQUEST: Shape =
    make::structure(&[make::member("thingTypeName", &THING_TYPE_NAME)
        .required()
        .at(Location::Uri("thingTypeName"))]);

pub(crate) static DETACH_POLICY_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("target", &POLICY_TARGET).required(),
]);

pub(crate) static DETACH_PRINCIPAL_POLICY_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-iot-principal")),
]);

pub(crate) static DETACH_THING_PRINCIPAL_REQUEST: Shape = make::structure(&[
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-principal")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
]);

pub(crate) static DEVICE_CERTIFICATE_UPDATE_ACTION: Shape =
    make::one_of(DeviceCertificateUpdateAction::TEXTS);

pub(crate) static DEVICE_DEFENDER_INDEXING_MODE: Shape = make::one_of(DeviceDefenderIndexingMode::TEXTS);

pub(crate) static DISABLE_ALL_LOGS: Shape = Shape::Boolean;

pub(crate) static DOMAIN_CONFIGURATION_NAME: Shape =
    make::text(make::range(Some(1), Some(128)), Some(&PATTERN_7));

pub(crate) static DOMAIN_CONFIGURATION_STATUS: Shape = make::one_of(DomainConfigurationStatus::TEXTS);

pub(crate) static DOMAIN_NAME: Shape = make::text(make::range(Some(1), Some(253)), Some(&PATTERN_5));

pub(crate) static ENABLE_CACHING_FOR_HTTP: Shape = Shape::Boolean;

pub(crate) static ENABLE_IO_T_LOGGING_PARAMS: Shape = make::structure(&[
    make::member("logLevel", &LOG_LEVEL).required(),
    make::member("roleArnForLogging", &ROLE_ARN).required(),
]);

pub(crate) static ENABLE_OCSP_CHECK: Shape = Shape::Boolean;

pub(crate) static ENABLED: Shape = Shape::Boolean;

pub(crate) static ENDPOINT_TYPE: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_5));

pub(crate) static EVENT_CONFIGURATIONS: Shape = make::map(make::ANY, &EVENT_TYPE, &CONFIGURATION);

pub(crate) static EVENT_TYPE: Shape = make::one_of(EventType::TEXTS);

pub(crate) static FIELD: Shape =
    make::structure(&[make::member("name", &FIELD_NAME), make::member("type", &FIELD_TYPE)]);

pub(crate) static FIELD_NAME: Shape = make::text(make::ANY, None);

pub(crate) static FIELD_TYPE: Shape = make::one_of(FieldType::TEXTS);

pub(crate) static FIELDS: Shape = make::list(make::ANY, &FIELD);

pub(crate) static FINDING_ID: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_16));

pub(crate) static FINDING_IDS: Shape = make::list(make::range(Some(1), Some(25)), &FINDING_ID);

pub(crate) static FLAG: Shape = Shape::Boolean;

pub(crate) static FORCE_DELETE: Shape = Shape::Boolean;

pub(crate) static GEO_LOCATION_TARGET: Shape =
    make::structure(&[make::member("name", &TARGET_FIELD_NAME), make::member("order", &TARGET_FIELD_ORDER)]);

pub(crate) static GEO_LOCATIONS_FILTER: Shape = make::list(make::ANY, &GEO_LOCATION_TARGET);

pub(crate) static GET_EFFECTIVE_POLICIES_REQUEST: Shape = make::structure(&[
    make::member("cognitoIdentityPoolId", &COGNITO_IDENTITY_POOL_ID),
    make::member("principal", &PRINCIPAL),
    make::member("thingName", &THING_NAME).at(Location::Query("thingName")),
]);

pub(crate) static GET_INDEXING_CONFIGURATION_REQUEST: Shape = make::structure(&[]);

pub(crate) static GET_LOGGING_OPTIONS_REQUEST: Shape = make::structure(&[]);

pub(crate) static GET_POLICY_REQUEST: Shape =
    make::structure(&[make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName"))]);

pub(crate) static GET_POLICY_VERSION_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("policyVersionId", &POLICY_VERSION_ID).required().at(Location::Uri("policyVersionId")),
]);

pub(crate) static GET_REGISTRATION_CODE_REQUEST: Shape = make::structure(&[]);

pub(crate) static GET_V2_LOGGING_OPTIONS_REQUEST: Shape =
    make::structure(&[make::member("verbose", &VERBOSE_FLAG).at(Location::Query("verbose"))]);

pub(crate) static HTTP_CONTEXT: Shape = make::structure(&[
    make::member("headers", &HTTP_HEADERS),
    make::member("queryString", &HTTP_QUERY_STRING),
]);

pub(crate) static HTTP_HEADER_NAME: Shape = make::text(make::range(Some(1), Some(8192)), Some(&PATTERN_5));

pub(crate) static HTTP_HEADER_VALUE: Shape = make::text(make::range(Some(1), Some(8192)), Some(&PATTERN_5));

pub(crate) static HTTP_HEADERS: Shape = make::map(make::ANY, &HTTP_HEADER_NAME, &HTTP_HEADER_VALUE);

pub(crate) static HTTP_QUERY_STRING: Shape = make::text(make::range(Some(1), Some(4096)), Some(&PATTERN_5));

pub(crate) static INDEXING_FILTER: Shape = make::structure(&[
    make::member("geoLocations", &GEO_LOCATIONS_FILTER),
    make::member("namedShadowNames", &NAMED_SHADOW_NAMES_FILTER),
]);

pub(crate) static ISSUER_CERTIFICATE_IDENTIFIER: Shape = make::structure(&[
    make::member("issuerCertificateSerialNumber", &ISSUER_CERTIFICATE_SERIAL_NUMBER),
    make::member("issuerCertificateSubject", &ISSUER_CERTIFICATE_SUBJECT),
    make::member("issuerId", &ISSUER_ID),
]);

pub(crate) static ISSUER_CERTIFICATE_SERIAL_NUMBER: Shape =
    make::text(make::range(None, Some(20)), Some(&PATTERN_11));

pub(crate) static ISSUER_CERTIFICATE_SUBJECT: Shape =
    make::text(make::range(None, Some(1000)), Some(&PATTERN_4));

pub(crate) static ISSUER_ID: Shape = make::text(make::range(None, Some(64)), Some(&PATTERN_0));

pub(crate) static KEY_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_14));

pub(crate) static KEY_VALUE: Shape = make::text(make::range(None, Some(5120)), Some(&PATTERN_5));

pub(crate) static LIST_ATTACHED_POLICIES_REQUEST: Shape = make::structure(&[
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("recursive", &RECURSIVE).at(Location::Query("recursive")),
    make::member("target", &POLICY_TARGET).required().at(Location::Uri("target")),
]);

pub(crate) static LIST_AUDIT_FINDINGS_REQUEST: Shape = make::structure(&[
    make::member("checkName", &AUDIT_CHECK_NAME),
    make::member("endTime", &TIMESTAMP),
    make::member("listSuppressedFindings", &LIST_SUPPRESSED_FINDINGS),
    make::member("maxResults", &MAX_RESULTS),
    make::member("nextToken", &NEXT_TOKEN),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER),
    make::member("startTime", &TIMESTAMP),
    make::member("taskId", &AUDIT_TASK_ID),
]);

pub(crate) static LIST_AUDIT_MITIGATION_ACTIONS_EXECUTIONS_REQUEST: Shape = make::structure(&[
    make::member("actionStatus", &AUDIT_MITIGATION_ACTIONS_EXECUTION_STATUS)
        .at(Location::Query("actionStatus")),
    make::member("findingId", &FINDING_ID).required().at(Location::Query("findingId")),
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("taskId", &MITIGATION_ACTIONS_TASK_ID).required().at(Location::Query("taskId")),
]);

pub(crate) static LIST_AUDIT_MITIGATION_ACTIONS_TASKS_REQUEST: Shape = make::structure(&[
    make::member("auditTaskId", &AUDIT_TASK_ID).at(Location::Query("auditTaskId")),
    make::member("endTime", &TIMESTAMP).required().at(Location::Query("endTime")),
    make::member("findingId", &FINDING_ID).at(Location::Query("findingId")),
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("startTime", &TIMESTAMP).required().at(Location::Query("startTime")),
    make::member("taskStatus", &AUDIT_MITIGATION_ACTIONS_TASK_STATUS).at(Location::Query("taskStatus")),
]);

pub(crate) static LIST_AUDIT_SUPPRESSIONS_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER),
    make::member("checkName", &AUDIT_CHECK_NAME),
    make::member("maxResults", &MAX_RESULTS),
    make::member("nextToken", &NEXT_TOKEN),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER),
]);

pub(crate) static LIST_AUDIT_TASKS_REQUEST: Shape = make::structure(&[
    make::member("endTime", &TIMESTAMP).required().at(Location::Query("endTime")),
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("startTime", &TIMESTAMP).required().at(Location::Query("startTime")),
    make::member("taskStatus", &AUDIT_TASK_STATUS).at(Location::Query("taskStatus")),
    make::member("taskType", &AUDIT_TASK_TYPE).at(Location::Query("taskType")),
]);

pub(crate) static LIST_AUTHORIZERS_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("status", &AUTHORIZER_STATUS).at(Location::Query("status")),
]);

pub(crate) static LIST_BILLING_GROUPS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("namePrefixFilter", &BILLING_GROUP_NAME).at(Location::Query("namePrefixFilter")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_CA_CERTIFICATES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("templateName", &TEMPLATE_NAME).at(Location::Query("templateName")),
]);

pub(crate) static LIST_CERTIFICATES_BY_CA_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("caCertificateId", &CERTIFICATE_ID).required().at(Location::Uri("caCertificateId")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
]);

pub(crate) static LIST_CERTIFICATES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
]);

pub(crate) static LIST_DOMAIN_CONFIGURATIONS_REQUEST: Shape = make::structure(&[
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("serviceType", &SERVICE_TYPE).at(Location::Query("serviceType")),
]);

pub(crate) static LIST_MITIGATION_ACTIONS_REQUEST: Shape = make::structure(&[
    make::member("actionType", &MITIGATION_ACTION_TYPE).at(Location::Query("actionType")),
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_OUTGOING_CERTIFICATES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
]);

pub(crate) static LIST_POLICIES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
]);

pub(crate) static LIST_POLICY_PRINCIPALS_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("policyName", &POLICY_NAME).required().at(Location::Header("x-amzn-iot-policy")),
]);

pub(crate) static LIST_POLICY_VERSIONS_REQUEST: Shape =
    make::structure(&[make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName"))]);

pub(crate) static LIST_PRINCIPAL_POLICIES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-iot-principal")),
]);

pub(crate) static LIST_PRINCIPAL_THINGS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-principal")),
]);

pub(crate) static LIST_PRINCIPAL_THINGS_V2_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("principal", &PRINCIPAL).required().at(Location::Header("x-amzn-principal")),
    make::member("thingPrincipalType", &THING_PRINCIPAL_TYPE).at(Location::Query("thingPrincipalType")),
]);

pub(crate) static LIST_PROVISIONING_TEMPLATE_VERSIONS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("templateName", &TEMPLATE_NAME).required().at(Location::Uri("templateName")),
]);

pub(crate) static LIST_PROVISIONING_TEMPLATES_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_RELATED_RESOURCES_FOR_AUDIT_FINDING_REQUEST: Shape = make::structure(&[
    make::member("findingId", &FINDING_ID).required().at(Location::Query("findingId")),
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_ROLE_ALIASES_REQUEST: Shape = make::structure(&[
    make::member("ascendingOrder", &ASCENDING_ORDER).at(Location::Query("isAscendingOrder")),
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
]);

pub(crate) static LIST_SCHEDULED_AUDITS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_SUPPRESSED_FINDINGS: Shape = Shape::Boolean;

pub(crate) static LIST_TAGS_FOR_RESOURCE_REQUEST: Shape = make::structure(&[
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("resourceArn", &RESOURCE_ARN).required().at(Location::Query("resourceArn")),
]);

pub(crate) static LIST_TARGETS_FOR_POLICY_REQUEST: Shape = make::structure(&[
    make::member("marker", &MARKER).at(Location::Query("marker")),
    make::member("pageSize", &PAGE_SIZE).at(Location::Query("pageSize")),
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
]);

pub(crate) static LIST_THING_GROUPS_FOR_THING_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
]);

pub(crate) static LIST_THING_GROUPS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("namePrefixFilter", &THING_GROUP_NAME).at(Location::Query("namePrefixFilter")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("parentGroup", &THING_GROUP_NAME).at(Location::Query("parentGroup")),
    make::member("recursive", &RECURSIVE_WITHOUT_DEFAULT).at(Location::Query("recursive")),
]);

pub(crate) static LIST_THING_PRINCIPALS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
]);

pub(crate) static LIST_THING_PRINCIPALS_V2_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
    make::member("thingPrincipalType", &THING_PRINCIPAL_TYPE).at(Location::Query("thingPrincipalType")),
]);

pub(crate) static LIST_THING_TYPES_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("thingTypeName", &THING_TYPE_NAME).at(Location::Query("thingTypeName")),
]);

pub(crate) static LIST_THINGS_IN_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupName", &BILLING_GROUP_NAME).required().at(Location::Uri("billingGroupName")),
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
]);

pub(crate) static LIST_THINGS_IN_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("recursive", &RECURSIVE).at(Location::Query("recursive")),
    make::member("thingGroupName", &THING_GROUP_NAME).required().at(Location::Uri("thingGroupName")),
]);

pub(crate) static LIST_THINGS_REQUEST: Shape = make::structure(&[
    make::member("attributeName", &ATTRIBUTE_NAME).at(Location::Query("attributeName")),
    make::member("attributeValue", &ATTRIBUTE_VALUE).at(Location::Query("attributeValue")),
    make::member("maxResults", &REGISTRY_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("thingTypeName", &THING_TYPE_NAME).at(Location::Query("thingTypeName")),
    make::member("usePrefixAttributeValue", &USE_PREFIX_ATTRIBUTE_VALUE)
        .at(Location::Query("usePrefixAttributeValue")),
]);

pub(crate) static LIST_V2_LOGGING_LEVELS_REQUEST: Shape = make::structure(&[
    make::member("maxResults", &SKYFALL_MAX_RESULTS).at(Location::Query("maxResults")),
    make::member("nextToken", &NEXT_TOKEN).at(Location::Query("nextToken")),
    make::member("targetType", &LOG_TARGET_TYPE).at(Location::Query("targetType")),
]);

pub(crate) static LOG_DESTINATION: Shape = make::text(make::range(Some(1), Some(512)), Some(&PATTERN_21));

pub(crate) static LOG_EVENT_CONFIGURATION: Shape = make::structure(&[
    make::member("eventType", &LOG_EVENT_TYPE).required(),
    make::member("logDestination", &LOG_DESTINATION),
    make::member("logLevel", &LOG_LEVEL),
]);

pub(crate) static LOG_EVENT_CONFIGURATIONS: Shape = make::list(make::ANY, &LOG_EVENT_CONFIGURATION);

pub(crate) static LOG_EVENT_TYPE: Shape = make::text(make::range(Some(1), Some(512)), None);

pub(crate) static LOG_LEVEL: Shape = make::one_of(LogLevel::TEXTS);

pub(crate) static LOG_TARGET: Shape = make::structure(&[
    make::member("targetName", &LOG_TARGET_NAME),
    make::member("targetType", &LOG_TARGET_TYPE).required(),
]);

pub(crate) static LOG_TARGET_NAME: Shape = make::text(make::ANY, None);

pub(crate) static LOG_TARGET_TYPE: Shape = make::one_of(LogTargetType::TEXTS);

pub(crate) static LOGGING_OPTIONS_PAYLOAD: Shape =
    make::structure(&[make::member("logLevel", &LOG_LEVEL), make::member("roleArn", &AWS_ARN).required()]);

pub(crate) static MARKER: Shape = make::text(make::range(None, Some(1024)), Some(&PATTERN_3));

pub(crate) static MAX_RESULTS: Shape = Shape::Integer(make::range(Some(1), Some(250)));

pub(crate) static MESSAGE: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_5));

pub(crate) static MITIGATION_ACTION_NAME: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_16));

pub(crate) static MITIGATION_ACTION_NAME_LIST: Shape =
    make::list(make::range(Some(1), Some(5)), &MITIGATION_ACTION_NAME);

pub(crate) static MITIGATION_ACTION_PARAMS: Shape = make::structure(&[
    make::member("addThingsToThingGroupParams", &ADD_THINGS_TO_THING_GROUP_PARAMS),
    make::member("enableIoTLoggingParams", &ENABLE_IO_T_LOGGING_PARAMS),
    make::member("publishFindingToSnsParams", &PUBLISH_FINDING_TO_SNS_PARAMS),
    make::member("replaceDefaultPolicyVersionParams", &REPLACE_DEFAULT_POLICY_VERSION_PARAMS),
    make::member("updateCACertificateParams", &UPDATE_CA_CERTIFICATE_PARAMS),
    make::member("updateDeviceCertificateParams", &UPDATE_DEVICE_CERTIFICATE_PARAMS),
]);

pub(crate) static MITIGATION_ACTION_TYPE: Shape = make::one_of(MitigationActionType::TEXTS);

pub(crate) static MITIGATION_ACTIONS_TASK_ID: Shape =
    make::text(make::range(Some(1), Some(128)), Some(&PATTERN_16));

pub(crate) static MQTT5_CONFIGURATION: Shape =
    make::structure(&[make::member("propagatingAttributes", &PROPAGATING_ATTRIBUTE_LIST)]);

pub(crate) static MQTT_CLIENT_ID: Shape = make::text(make::range(Some(1), Some(65535)), Some(&PATTERN_5));

pub(crate) static MQTT_CONTEXT: Shape = make::structure(&[
    make::member("clientId", &MQTT_CLIENT_ID),
    make::member("password", &MQTT_PASSWORD),
    make::member("username", &MQTT_USERNAME),
]);

pub(crate) static MQTT_PASSWORD: Shape = Shape::Blob(make::range(Some(1), Some(65535)));

pub(crate) static MQTT_USERNAME: Shape = make::text(make::range(Some(1), Some(65535)), Some(&PATTERN_5));

pub(crate) static NAMED_SHADOW_INDEXING_MODE: Shape = make::one_of(NamedShadowIndexingMode::TEXTS);

pub(crate) static NAMED_SHADOW_NAMES_FILTER: Shape = make::list(make::ANY, &SHADOW_NAME);

pub(crate) static NEXT_TOKEN: Shape = make::text(make::ANY, None);

pub(crate) static NULLABLE_BOOLEAN: Shape = Shape::Boolean;

pub(crate) static OCSP_LAMBDA_ARN: Shape = make::text(make::range(None, Some(140)), None);

pub(crate) static OPTIONAL_VERSION: Shape = Shape::Long(make::ANY);

pub(crate) static OVERRIDE_DYNAMIC_GROUPS: Shape = Shape::Boolean;

pub(crate) static PAGE_SIZE: Shape = Shape::Integer(make::range(Some(1), Some(250)));

pub(crate) static PARAMETER: Shape = make::text(make::range(Some(0), Some(2048)), Some(&PATTERN_5));

pub(crate) static PARAMETERS: Shape = make::map(make::ANY, &PARAMETER, &VALUE);

pub(crate) static PAYLOAD_VERSION: Shape = make::text(make::range(Some(10), Some(32)), Some(&PATTERN_22));

pub(crate) static POLICY_DOCUMENT: Shape = make::text(make::range(Some(0), Some(404600)), Some(&PATTERN_5));

pub(crate) static POLICY_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_6));

pub(crate) static POLICY_NAMES: Shape = make::list(make::ANY, &POLICY_NAME);

pub(crate) static POLICY_TARGET: Shape = make::text(make::ANY, None);

pub(crate) static POLICY_TEMPLATE_NAME: Shape = make::one_of(PolicyTemplateName::TEXTS);

pub(crate) static POLICY_VERSION_ID: Shape = make::text(make::ANY, Some(&PATTERN_2));

pub(crate) static POLICY_VERSION_IDENTIFIER: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME),
    make::member("policyVersionId", &POLICY_VERSION_ID),
]);

pub(crate) static PRINCIPAL: Shape = make::text(make::ANY, None);

pub(crate) static PROPAGATING_ATTRIBUTE: Shape = make::structure(&[
    make::member("connectionAttribute", &CONNECTION_ATTRIBUTE_NAME),
    make::member("thingAttribute", &ATTRIBUTE_NAME),
    make::member("userPropertyKey", &USER_PROPERTY_KEY_NAME),
]);

pub(crate) static PROPAGATING_ATTRIBUTE_LIST: Shape = make::list(make::ANY, &PROPAGATING_ATTRIBUTE);

pub(crate) static PROVISIONING_HOOK: Shape = make::structure(&[
    make::member("payloadVersion", &PAYLOAD_VERSION),
    make::member("targetArn", &TARGET_ARN).required(),
]);

pub(crate) static PUBLIC_KEY_MAP: Shape = make::map(make::ANY, &KEY_NAME, &KEY_VALUE);

pub(crate) static PUBLISH_FINDING_TO_SNS_PARAMS: Shape =
    make::structure(&[make::member("topicArn", &SNS_TOPIC_ARN).required()]);

pub(crate) static REASON_FOR_NON_COMPLIANCE_CODE: Shape = make::text(make::ANY, None);

pub(crate) static REASON_FOR_NON_COMPLIANCE_CODES: Shape =
    make::list(make::range(Some(1), Some(25)), &REASON_FOR_NON_COMPLIANCE_CODE);

pub(crate) static RECURSIVE: Shape = Shape::Boolean;

pub(crate) static RECURSIVE_WITHOUT_DEFAULT: Shape = Shape::Boolean;

pub(crate) static REGISTER_CA_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("allowAutoRegistration", &ALLOW_AUTO_REGISTRATION)
        .at(Location::Query("allowAutoRegistration")),
    make::member("caCertificate", &CERTIFICATE_PEM).required(),
    make::member("certificateMode", &CERTIFICATE_MODE),
    make::member("registrationConfig", &REGISTRATION_CONFIG),
    make::member("setAsActive", &SET_AS_ACTIVE).at(Location::Query("setAsActive")),
    make::member("tags", &TAG_LIST),
    make::member("verificationCertificate", &CERTIFICATE_PEM),
]);

pub(crate) static REGISTER_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("caCertificatePem", &CERTIFICATE_PEM),
    make::member("certificatePem", &CERTIFICATE_PEM).required(),
    make::member("setAsActive", &SET_AS_ACTIVE_FLAG).at(Location::Query("setAsActive")),
    make::member("status", &CERTIFICATE_STATUS),
]);

pub(crate) static REGISTER_CERTIFICATE_WITHOUT_CA_REQUEST: Shape = make::structure(&[
    make::member("certificatePem", &CERTIFICATE_PEM).required(),
    make::member("status", &CERTIFICATE_STATUS),
]);

pub(crate) static REGISTER_THING_REQUEST: Shape = make::structure(&[
    make::member("parameters", &PARAMETERS),
    make::member("templateBody", &TEMPLATE_BODY).required(),
]);

pub(crate) static REGISTRATION_CONFIG: Shape = make::structure(&[
    make::member("roleArn", &ROLE_ARN),
    make::member("templateBody", &TEMPLATE_BODY),
    make::member("templateName", &TEMPLATE_NAME),
]);

pub(crate) static REGISTRY_MAX_RESULTS: Shape = Shape::Integer(make::range(Some(1), Some(250)));

pub(crate) static REJECT_CERTIFICATE_TRANSFER_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("certificateId")),
    make::member("rejectReason", &MESSAGE),
]);

pub(crate) static REMOVE_AUTHORIZER_CONFIG: Shape = Shape::Boolean;

pub(crate) static REMOVE_AUTO_REGISTRATION: Shape = Shape::Boolean;

pub(crate) static REMOVE_HOOK: Shape = Shape::Boolean;

pub(crate) static REMOVE_THING_FROM_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupArn", &BILLING_GROUP_ARN),
    make::member("billingGroupName", &BILLING_GROUP_NAME),
    make::member("thingArn", &THING_ARN),
    make::member("thingName", &THING_NAME),
]);

pub(crate) static REMOVE_THING_FROM_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("thingArn", &THING_ARN),
    make::member("thingGroupArn", &THING_GROUP_ARN),
    make::member("thingGroupName", &THING_GROUP_NAME),
    make::member("thingName", &THING_NAME),
]);

pub(crate) static REMOVE_THING_TYPE: Shape = Shape::Boolean;

pub(crate) static REPLACE_DEFAULT_POLICY_VERSION_PARAMS: Shape =
    make::structure(&[make::member("templateName", &POLICY_TEMPLATE_NAME).required()]);

pub(crate) static RESERVED_DOMAIN_CONFIGURATION_NAME: Shape =
    make::text(make::range(Some(1), Some(128)), Some(&PATTERN_8));

pub(crate) static RESOURCE: Shape = make::text(make::range(None, Some(2048)), Some(&PATTERN_5));

pub(crate) static RESOURCE_ARN: Shape = make::text(make::ANY, None);

pub(crate) static RESOURCE_IDENTIFIER: Shape = make::structure(&[
    make::member("account", &AWS_ACCOUNT_ID),
    make::member("caCertificateId", &CERTIFICATE_ID),
    make::member("clientId", &CLIENT_ID),
    make::member("cognitoIdentityPoolId", &COGNITO_IDENTITY_POOL_ID),
    make::member("deviceCertificateArn", &CERTIFICATE_ARN),
    make::member("deviceCertificateId", &CERTIFICATE_ID),
    make::member("iamRoleArn", &ROLE_ARN),
    make::member("issuerCertificateIdentifier", &ISSUER_CERTIFICATE_IDENTIFIER),
    make::member("policyVersionIdentifier", &POLICY_VERSION_IDENTIFIER),
    make::member("roleAliasArn", &ROLE_ALIAS_ARN),
]);

pub(crate) static RESOURCES: Shape = make::list(make::ANY, &RESOURCE);

pub(crate) static ROLE_ALIAS: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_9));

pub(crate) static ROLE_ALIAS_ARN: Shape = make::text(make::range(Some(1), Some(2048)), None);

pub(crate) static ROLE_ARN: Shape = make::text(make::range(Some(20), Some(2048)), None);

pub(crate) static SCHEDULED_AUDIT_NAME: Shape =
    make::text(make::range(Some(1), Some(128)), Some(&PATTERN_16));

pub(crate) static SEARCHABLE_ATTRIBUTES: Shape = make::list(make::ANY, &ATTRIBUTE_NAME);

pub(crate) static SECURITY_POLICY: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_5));

pub(crate) static SERVER_CERTIFICATE_ARNS: Shape =
    make::list(make::range(Some(0), Some(1)), &ACM_CERTIFICATE_ARN);

pub(crate) static SERVER_CERTIFICATE_CONFIG: Shape = make::structure(&[
    make::member("enableOCSPCheck", &ENABLE_OCSP_CHECK),
    make::member("ocspAuthorizedResponderArn", &ACM_CERTIFICATE_ARN),
    make::member("ocspLambdaArn", &OCSP_LAMBDA_ARN),
]);

pub(crate) static SERVER_NAME: Shape = make::text(make::range(Some(1), Some(253)), Some(&PATTERN_5));

pub(crate) static SERVICE_TYPE: Shape = make::one_of(ServiceType::TEXTS);

pub(crate) static SET_AS_ACTIVE: Shape = Shape::Boolean;

pub(crate) static SET_AS_ACTIVE_FLAG: Shape = Shape::Boolean;

pub(crate) static SET_AS_DEFAULT: Shape = Shape::Boolean;

pub(crate) static SET_DEFAULT_AUTHORIZER_REQUEST: Shape =
    make::structure(&[make::member("authorizerName", &AUTHORIZER_NAME).required()]);

pub(crate) static SET_DEFAULT_POLICY_VERSION_REQUEST: Shape = make::structure(&[
    make::member("policyName", &POLICY_NAME).required().at(Location::Uri("policyName")),
    make::member("policyVersionId", &POLICY_VERSION_ID).required().at(Location::Uri("policyVersionId")),
]);

pub(crate) static SET_LOGGING_OPTIONS_REQUEST: Shape =
    make::structure(&[make::member("loggingOptionsPayload", &LOGGING_OPTIONS_PAYLOAD)
        .required()
        .at(Location::Payload)]);

pub(crate) static SET_V2_LOGGING_LEVEL_REQUEST: Shape = make::structure(&[
    make::member("logLevel", &LOG_LEVEL).required(),
    make::member("logTarget", &LOG_TARGET).required(),
]);

pub(crate) static SET_V2_LOGGING_OPTIONS_REQUEST: Shape = make::structure(&[
    make::member("defaultLogLevel", &LOG_LEVEL),
    make::member("disableAllLogs", &DISABLE_ALL_LOGS),
    make::member("eventConfigurations", &LOG_EVENT_CONFIGURATIONS),
    make::member("roleArn", &AWS_ARN),
]);

pub(crate) static SHADOW_NAME: Shape = make::text(make::range(Some(1), Some(64)), Some(&PATTERN_1));

pub(crate) static SKYFALL_MAX_RESULTS: Shape = Shape::Integer(make::range(Some(1), Some(250)));

pub(crate) static SNS_TOPIC_ARN: Shape = make::text(make::range(None, Some(350)), None);

pub(crate) static START_AUDIT_MITIGATION_ACTIONS_TASK_REQUEST: Shape = make::structure(&[
    make::member("auditCheckToActionsMapping", &AUDIT_CHECK_TO_ACTIONS_MAPPING).required(),
    make::member("clientRequestToken", &CLIENT_REQUEST_TOKEN).required().token(),
    make::member("target", &AUDIT_MITIGATION_ACTIONS_TASK_TARGET).required(),
    make::member("taskId", &MITIGATION_ACTIONS_TASK_ID).required().at(Location::Uri("taskId")),
]);

pub(crate) static START_ON_DEMAND_AUDIT_TASK_REQUEST: Shape =
    make::structure(&[make::member("targetCheckNames", &TARGET_AUDIT_CHECK_NAMES).required()]);

pub(crate) static SUPPRESS_INDEFINITELY: Shape = Shape::Boolean;

pub(crate) static TAG: Shape =
    make::structure(&[make::member("Key", &TAG_KEY).required(), make::member("Value", &TAG_VALUE)]);

pub(crate) static TAG_KEY: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_20));

pub(crate) static TAG_KEY_LIST: Shape = make::list(make::ANY, &TAG_KEY);

pub(crate) static TAG_LIST: Shape = make::list(make::ANY, &TAG);

pub(crate) static TAG_RESOURCE_REQUEST: Shape = make::structure(&[
    make::member("resourceArn", &RESOURCE_ARN).required(),
    make::member("tags", &TAG_LIST).required(),
]);

pub(crate) static TAG_VALUE: Shape = make::text(make::range(Some(0), Some(256)), None);

pub(crate) static TARGET_ARN: Shape = make::text(make::range(None, Some(2048)), None);

pub(crate) static TARGET_AUDIT_CHECK_NAMES: Shape = make::list(make::ANY, &AUDIT_CHECK_NAME);

pub(crate) static TARGET_FIELD_NAME: Shape = make::text(make::ANY, None);

pub(crate) static TARGET_FIELD_ORDER: Shape = make::one_of(TargetFieldOrder::TEXTS);

pub(crate) static TEMPLATE_BODY: Shape = make::text(make::range(Some(0), Some(10240)), Some(&PATTERN_5));

pub(crate) static TEMPLATE_DESCRIPTION: Shape =
    make::text(make::range(Some(0), Some(500)), Some(&PATTERN_10));

pub(crate) static TEMPLATE_NAME: Shape = make::text(make::range(Some(1), Some(36)), Some(&PATTERN_23));

pub(crate) static TEMPLATE_TYPE: Shape = make::one_of(TemplateType::TEXTS);

pub(crate) static TEMPLATE_VERSION_ID: Shape = Shape::Integer(make::ANY);

pub(crate) static TEST_AUTHORIZATION_REQUEST: Shape = make::structure(&[
    make::member("authInfos", &AUTH_INFOS).required(),
    make::member("clientId", &CLIENT_ID).at(Location::Query("clientId")),
    make::member("cognitoIdentityPoolId", &COGNITO_IDENTITY_POOL_ID),
    make::member("policyNamesToAdd", &POLICY_NAMES),
    make::member("policyNamesToSkip", &POLICY_NAMES),
    make::member("principal", &PRINCIPAL),
]);

pub(crate) static TEST_INVOKE_AUTHORIZER_REQUEST: Shape = make::structure(&[
    make::member("authorizerName", &AUTHORIZER_NAME).required().at(Location::Uri("authorizerName")),
    make::member("httpContext", &HTTP_CONTEXT),
    make::member("mqttContext", &MQTT_CONTEXT),
    make::member("tlsContext", &TLS_CONTEXT),
    make::member("token", &TOKEN),
    make::member("tokenSignature", &TOKEN_SIGNATURE),
]);

pub(crate) static THING_ARN: Shape = make::text(make::ANY, None);

pub(crate) static THING_CONNECTIVITY_INDEXING_MODE: Shape =
    make::one_of(ThingConnectivityIndexingMode::TEXTS);

pub(crate) static THING_GROUP_ARN: Shape = make::text(make::ANY, None);

pub(crate) static THING_GROUP_DESCRIPTION: Shape =
    make::text(make::range(None, Some(2028)), Some(&PATTERN_4));

pub(crate) static THING_GROUP_INDEXING_CONFIGURATION: Shape = make::structure(&[
    make::member("customFields", &FIELDS),
    make::member("managedFields", &FIELDS),
    make::member("thingGroupIndexingMode", &THING_GROUP_INDEXING_MODE).required(),
]);

pub(crate) static THING_GROUP_INDEXING_MODE: Shape = make::one_of(ThingGroupIndexingMode::TEXTS);

pub(crate) static THING_GROUP_LIST: Shape = make::list(make::ANY, &THING_GROUP_NAME);

pub(crate) static THING_GROUP_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_14));

pub(crate) static THING_GROUP_NAMES: Shape = make::list(make::range(Some(1), Some(10)), &THING_GROUP_NAME);

pub(crate) static THING_GROUP_PROPERTIES: Shape = make::structure(&[
    make::member("attributePayload", &ATTRIBUTE_PAYLOAD),
    make::member("thingGroupDescription", &THING_GROUP_DESCRIPTION),
]);

pub(crate) static THING_INDEXING_CONFIGURATION: Shape = make::structure(&[
    make::member("customFields", &FIELDS),
    make::member("deviceDefenderIndexingMode", &DEVICE_DEFENDER_INDEXING_MODE),
    make::member("filter", &INDEXING_FILTER),
    make::member("managedFields", &FIELDS),
    make::member("namedShadowIndexingMode", &NAMED_SHADOW_INDEXING_MODE),
    make::member("thingConnectivityIndexingMode", &THING_CONNECTIVITY_INDEXING_MODE),
    make::member("thingIndexingMode", &THING_INDEXING_MODE).required(),
]);

pub(crate) static THING_INDEXING_MODE: Shape = make::one_of(ThingIndexingMode::TEXTS);

pub(crate) static THING_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_14));

pub(crate) static THING_PRINCIPAL_TYPE: Shape = make::one_of(ThingPrincipalType::TEXTS);

pub(crate) static THING_TYPE_DESCRIPTION: Shape = make::text(make::range(None, Some(2028)), Some(&PATTERN_4));

pub(crate) static THING_TYPE_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_14));

pub(crate) static THING_TYPE_PROPERTIES: Shape = make::structure(&[
    make::member("mqtt5Configuration", &MQTT5_CONFIGURATION),
    make::member("searchableAttributes", &SEARCHABLE_ATTRIBUTES),
    make::member("thingTypeDescription", &THING_TYPE_DESCRIPTION),
]);

pub(crate) static TIMESTAMP: Shape = Shape::Timestamp;

pub(crate) static TLS_CONFIG: Shape = make::structure(&[make::member("securityPolicy", &SECURITY_POLICY)]);

pub(crate) static TLS_CONTEXT: Shape = make::structure(&[make::member("serverName", &SERVER_NAME)]);

pub(crate) static TOKEN: Shape = make::text(make::range(Some(1), Some(6144)), Some(&PATTERN_5));

pub(crate) static TOKEN_KEY_NAME: Shape = make::text(make::range(Some(1), Some(128)), Some(&PATTERN_16));

pub(crate) static TOKEN_SIGNATURE: Shape = make::text(make::range(Some(1), Some(2560)), Some(&PATTERN_3));

pub(crate) static TRANSFER_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("certificateId")),
    make::member("targetAwsAccount", &AWS_ACCOUNT_ID).required().at(Location::Query("targetAwsAccount")),
    make::member("transferMessage", &MESSAGE),
]);

pub(crate) static UNDO_DEPRECATE: Shape = Shape::Boolean;

pub(crate) static UNTAG_RESOURCE_REQUEST: Shape = make::structure(&[
    make::member("resourceArn", &RESOURCE_ARN).required(),
    make::member("tagKeys", &TAG_KEY_LIST).required(),
]);

pub(crate) static UPDATE_ACCOUNT_AUDIT_CONFIGURATION_REQUEST: Shape = make::structure(&[
    make::member("auditCheckConfigurations", &AUDIT_CHECK_CONFIGURATIONS),
    make::member("auditNotificationTargetConfigurations", &AUDIT_NOTIFICATION_TARGET_CONFIGURATIONS),
    make::member("roleArn", &ROLE_ARN),
]);

pub(crate) static UPDATE_AUDIT_SUPPRESSION_REQUEST: Shape = make::structure(&[
    make::member("checkName", &AUDIT_CHECK_NAME).required(),
    make::member("description", &AUDIT_DESCRIPTION),
    make::member("expirationDate", &TIMESTAMP),
    make::member("resourceIdentifier", &RESOURCE_IDENTIFIER).required(),
    make::member("suppressIndefinitely", &SUPPRESS_INDEFINITELY),
]);

pub(crate) static UPDATE_AUTHORIZER_REQUEST: Shape = make::structure(&[
    make::member("authorizerFunctionArn", &AUTHORIZER_FUNCTION_ARN),
    make::member("authorizerName", &AUTHORIZER_NAME).required().at(Location::Uri("authorizerName")),
    make::member("enableCachingForHttp", &ENABLE_CACHING_FOR_HTTP),
    make::member("status", &AUTHORIZER_STATUS),
    make::member("tokenKeyName", &TOKEN_KEY_NAME),
    make::member("tokenSigningPublicKeys", &PUBLIC_KEY_MAP),
]);

pub(crate) static UPDATE_BILLING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("billingGroupName", &BILLING_GROUP_NAME).required().at(Location::Uri("billingGroupName")),
    make::member("billingGroupProperties", &BILLING_GROUP_PROPERTIES).required(),
    make::member("expectedVersion", &OPTIONAL_VERSION),
]);

pub(crate) static UPDATE_CA_CERTIFICATE_PARAMS: Shape =
    make::structure(&[make::member("action", &CA_CERTIFICATE_UPDATE_ACTION).required()]);

pub(crate) static UPDATE_CA_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("caCertificateId")),
    make::member("newAutoRegistrationStatus", &AUTO_REGISTRATION_STATUS)
        .at(Location::Query("newAutoRegistrationStatus")),
    make::member("newStatus", &CA_CERTIFICATE_STATUS).at(Location::Query("newStatus")),
    make::member("registrationConfig", &REGISTRATION_CONFIG),
    make::member("removeAutoRegistration", &REMOVE_AUTO_REGISTRATION),
]);

pub(crate) static UPDATE_CERTIFICATE_REQUEST: Shape = make::structure(&[
    make::member("certificateId", &CERTIFICATE_ID).required().at(Location::Uri("certificateId")),
    make::member("newStatus", &CERTIFICATE_STATUS).required().at(Location::Query("newStatus")),
]);

pub(crate) static UPDATE_DEVICE_CERTIFICATE_PARAMS: Shape =
    make::structure(&[make::member("action", &DEVICE_CERTIFICATE_UPDATE_ACTION).required()]);

pub(crate) static UPDATE_DOMAIN_CONFIGURATION_REQUEST: Shape = make::structure(&[
    make::member("applicationProtocol", &APPLICATION_PROTOCOL),
    make::member("authenticationType", &AUTHENTICATION_TYPE),
    make::member("authorizerConfig", &AUTHORIZER_CONFIG),
    make::member("clientCertificateConfig", &CLIENT_CERTIFICATE_CONFIG),
    make::member("domainConfigurationName", &RESERVED_DOMAIN_CONFIGURATION_NAME)
        .required()
        .at(Location::Uri("domainConfigurationName")),
    make::member("domainConfigurationStatus", &DOMAIN_CONFIGURATION_STATUS),
    make::member("removeAuthorizerConfig", &REMOVE_AUTHORIZER_CONFIG),
    make::member("serverCertificateConfig", &SERVER_CERTIFICATE_CONFIG),
    make::member("tlsConfig", &TLS_CONFIG),
]);

pub(crate) static UPDATE_EVENT_CONFIGURATIONS_REQUEST: Shape =
    make::structure(&[make::member("eventConfigurations", &EVENT_CONFIGURATIONS)]);

pub(crate) static UPDATE_INDEXING_CONFIGURATION_REQUEST: Shape = make::structure(&[
    make::member("thingGroupIndexingConfiguration", &THING_GROUP_INDEXING_CONFIGURATION),
    make::member("thingIndexingConfiguration", &THING_INDEXING_CONFIGURATION),
]);

pub(crate) static UPDATE_MITIGATION_ACTION_REQUEST: Shape = make::structure(&[
    make::member("actionName", &MITIGATION_ACTION_NAME).required().at(Location::Uri("actionName")),
    make::member("actionParams", &MITIGATION_ACTION_PARAMS),
    make::member("roleArn", &ROLE_ARN),
]);

pub(crate) static UPDATE_PROVISIONING_TEMPLATE_REQUEST: Shape = make::structure(&[
    make::member("defaultVersionId", &TEMPLATE_VERSION_ID),
    make::member("description", &TEMPLATE_DESCRIPTION),
    make::member("enabled", &ENABLED),
    make::member("preProvisioningHook", &PROVISIONING_HOOK),
    make::member("provisioningRoleArn", &ROLE_ARN),
    make::member("removePreProvisioningHook", &REMOVE_HOOK),
    make::member("templateName", &TEMPLATE_NAME).required().at(Location::Uri("templateName")),
]);

pub(crate) static UPDATE_ROLE_ALIAS_REQUEST: Shape = make::structure(&[
    make::member("credentialDurationSeconds", &CREDENTIAL_DURATION_SECONDS),
    make::member("roleAlias", &ROLE_ALIAS).required().at(Location::Uri("roleAlias")),
    make::member("roleArn", &ROLE_ARN),
]);

pub(crate) static UPDATE_SCHEDULED_AUDIT_REQUEST: Shape = make::structure(&[
    make::member("dayOfMonth", &DAY_OF_MONTH),
    make::member("dayOfWeek", &DAY_OF_WEEK),
    make::member("frequency", &AUDIT_FREQUENCY),
    make::member("scheduledAuditName", &SCHEDULED_AUDIT_NAME)
        .required()
        .at(Location::Uri("scheduledAuditName")),
    make::member("targetCheckNames", &TARGET_AUDIT_CHECK_NAMES),
]);

pub(crate) static UPDATE_THING_GROUP_REQUEST: Shape = make::structure(&[
    make::member("expectedVersion", &OPTIONAL_VERSION),
    make::member("thingGroupName", &THING_GROUP_NAME).required().at(Location::Uri("thingGroupName")),
    make::member("thingGroupProperties", &THING_GROUP_PROPERTIES).required(),
]);

pub(crate) static UPDATE_THING_GROUPS_FOR_THING_REQUEST: Shape = make::structure(&[
    make::member("overrideDynamicGroups", &OVERRIDE_DYNAMIC_GROUPS),
    make::member("thingGroupsToAdd", &THING_GROUP_LIST),
    make::member("thingGroupsToRemove", &THING_GROUP_LIST),
    make::member("thingName", &THING_NAME),
]);

pub(crate) static UPDATE_THING_REQUEST: Shape = make::structure(&[
    make::member("attributePayload", &ATTRIBUTE_PAYLOAD),
    make::member("expectedVersion", &OPTIONAL_VERSION),
    make::member("removeThingType", &REMOVE_THING_TYPE),
    make::member("thingName", &THING_NAME).required().at(Location::Uri("thingName")),
    make::member("thingTypeName", &THING_TYPE_NAME),
]);

pub(crate) static UPDATE_THING_TYPE_REQUEST: Shape = make::structure(&[
    make::member("thingTypeName", &THING_TYPE_NAME).required().at(Location::Uri("thingTypeName")),
    make::member("thingTypeProperties", &THING_TYPE_PROPERTIES),
]);

pub(crate) static USER_PROPERTY_KEY_NAME: Shape = make::text(make::range(None, Some(128)), Some(&PATTERN_12));

pub(crate) static VALUE: Shape = make::text(make::range(Some(0), Some(4096)), Some(&PATTERN_5));

pub(crate) static VERBOSE_FLAG: Shape = Shape::Boolean;

pub(crate) static USE_PREFIX_ATTRIBUTE_VALUE: Shape = Shape::Boolean;
