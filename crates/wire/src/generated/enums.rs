//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): enumerations. Do not edit.

use crate::scalar::string_enum;

string_enum! {
    /// Enumeration `ActionType` of the service model.
    ActionType {
        Publish = "PUBLISH",
        Subscribe = "SUBSCRIBE",
        Receive = "RECEIVE",
        Connect = "CONNECT",
    }
}

string_enum! {
    /// Enumeration `ApplicationProtocol` of the service model.
    ApplicationProtocol {
        SecureMqtt = "SECURE_MQTT",
        MqttWss = "MQTT_WSS",
        Https = "HTTPS",
        Default = "DEFAULT",
    }
}

string_enum! {
    /// Enumeration `AuditCheckRunStatus` of the service model.
    AuditCheckRunStatus {
        InProgress = "IN_PROGRESS",
        WaitingForDataCollection = "WAITING_FOR_DATA_COLLECTION",
        Canceled = "CANCELED",
        CompletedCompliant = "COMPLETED_COMPLIANT",
        CompletedNonCompliant = "COMPLETED_NON_COMPLIANT",
        Failed = "FAILED",
    }
}

string_enum! {
    /// Enumeration `AuditFindingSeverity` of the service model.
    AuditFindingSeverity {
        Critical = "CRITICAL",
        High = "HIGH",
        Medium = "MEDIUM",
        Low = "LOW",
    }
}

string_enum! {
    /// Enumeration `AuditFrequency` of the service model.
    AuditFrequency {
        Daily = "DAILY",
        Weekly = "WEEKLY",
        Biweekly = "BIWEEKLY",
        Monthly = "MONTHLY",
    }
}

string_enum! {
    /// Enumeration `AuditMitigationActionsExecutionStatus` of the service model.
    AuditMitigationActionsExecutionStatus {
        InProgress = "IN_PROGRESS",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Canceled = "CANCELED",
        Skipped = "SKIPPED",
        Pending = "PENDING",
    }
}

string_enum! {
    /// Enumeration `AuditMitigationActionsTaskStatus` of the service model.
    AuditMitigationActionsTaskStatus {
        InProgress = "IN_PROGRESS",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Canceled = "CANCELED",
    }
}

string_enum! {
    /// Enumeration `AuditNotificationType` of the service model.
    AuditNotificationType {
        Sns = "SNS",
    }
}

string_enum! {
    /// Enumeration `AuditTaskStatus` of the service model.
    AuditTaskStatus {
        InProgress = "IN_PROGRESS",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Canceled = "CANCELED",
    }
}

string_enum! {
    /// Enumeration `AuditTaskType` of the service model.
    AuditTaskType {
        OnDemandAuditTask = "ON_DEMAND_AUDIT_TASK",
        ScheduledAuditTask = "SCHEDULED_AUDIT_TASK",
    }
}

string_enum! {
    /// Enumeration `AuthDecision` of the service model.
    AuthDecision {
        Allowed = "ALLOWED",
        ExplicitDeny = "EXPLICIT_DENY",
        ImplicitDeny = "IMPLICIT_DENY",
    }
}

string_enum! {
    /// Enumeration `AuthenticationType` of the service model.
    AuthenticationType {
        CustomAuthX509 = "CUSTOM_AUTH_X509",
        CustomAuth = "CUSTOM_AUTH",
        AwsX509 = "AWS_X509",
        AwsSigv4 = "AWS_SIGV4",
        Default = "DEFAULT",
    }
}

string_enum! {
    /// Enumeration `AuthorizerStatus` of the service model.
    AuthorizerStatus {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}

string_enum! {
    /// Enumeration `AutoRegistrationStatus` of the service model.
    AutoRegistrationStatus {
        Enable = "ENABLE",
        Disable = "DISABLE",
    }
}

string_enum! {
    /// Enumeration `CACertificateStatus` of the service model.
    CACertificateStatus {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}

string_enum! {
    /// Enumeration `CACertificateUpdateAction` of the service model.
    CACertificateUpdateAction {
        Deactivate = "DEACTIVATE",
    }
}

string_enum! {
    /// Enumeration `CertificateMode` of the service model.
    CertificateMode {
        Default = "DEFAULT",
        SniOnly = "SNI_ONLY",
    }
}

string_enum! {
    /// Enumeration `CertificateStatus` of the service model.
    CertificateStatus {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
        Revoked = "REVOKED",
        PendingTransfer = "PENDING_TRANSFER",
        RegisterInactive = "REGISTER_INACTIVE",
        PendingActivation = "PENDING_ACTIVATION",
    }
}

string_enum! {
    /// Enumeration `ConfigName` of the service model.
    ConfigName {
        CertAgeThresholdInDays = "CERT_AGE_THRESHOLD_IN_DAYS",
        CertExpirationThresholdInDays = "CERT_EXPIRATION_THRESHOLD_IN_DAYS",
    }
}

string_enum! {
    /// Enumeration `DayOfWeek` of the service model.
    DayOfWeek {
        Sun = "SUN",
        Mon = "MON",
        Tue = "TUE",
        Wed = "WED",
        Thu = "THU",
        Fri = "FRI",
        Sat = "SAT",
    }
}

string_enum! {
    /// Enumeration `DeviceCertificateUpdateAction` of the service model.
    DeviceCertificateUpdateAction {
        Deactivate = "DEACTIVATE",
    }
}

string_enum! {
    /// Enumeration `DeviceDefenderIndexingMode` of the service model.
    DeviceDefenderIndexingMode {
        Off = "OFF",
        Violations = "VIOLATIONS",
    }
}

string_enum! {
    /// Enumeration `DomainConfigurationStatus` of the service model.
    DomainConfigurationStatus {
        Enabled = "ENABLED",
        Disabled = "DISABLED",
    }
}

string_enum! {
    /// Enumeration `DomainType` of the service model.
    DomainType {
        Endpoint = "ENDPOINT",
        AwsManaged = "AWS_MANAGED",
        CustomerManaged = "CUSTOMER_MANAGED",
    }
}

string_enum! {
    /// Enumeration `DynamicGroupStatus` of the service model.
    DynamicGroupStatus {
        Active = "ACTIVE",
        Building = "BUILDING",
        Rebuilding = "REBUILDING",
    }
}

string_enum! {
    /// Enumeration `EventType` of the service model.
    EventType {
        Thing = "THING",
        ThingGroup = "THING_GROUP",
        ThingType = "THING_TYPE",
        ThingGroupMembership = "THING_GROUP_MEMBERSHIP",
        ThingGroupHierarchy = "THING_GROUP_HIERARCHY",
        ThingTypeAssociation = "THING_TYPE_ASSOCIATION",
        Job = "JOB",
        JobExecution = "JOB_EXECUTION",
        Policy = "POLICY",
        Certificate = "CERTIFICATE",
        CaCertificate = "CA_CERTIFICATE",
    }
}

string_enum! {
    /// Enumeration `FieldType` of the service model.
    FieldType {
        Number = "Number",
        String = "String",
        Boolean = "Boolean",
    }
}

string_enum! {
    /// Enumeration `LogLevel` of the service model.
    LogLevel {
        Debug = "DEBUG",
        Info = "INFO",
        Error = "ERROR",
        Warn = "WARN",
        Disabled = "DISABLED",
    }
}

string_enum! {
    /// Enumeration `LogTargetType` of the service model.
    LogTargetType {
        Default = "DEFAULT",
        ThingGroup = "THING_GROUP",
        ClientId = "CLIENT_ID",
        SourceIp = "SOURCE_IP",
        PrincipalId = "PRINCIPAL_ID",
    }
}

string_enum! {
    /// Enumeration `MitigationActionType` of the service model.
    MitigationActionType {
        UpdateDeviceCertificate = "UPDATE_DEVICE_CERTIFICATE",
        UpdateCaCertificate = "UPDATE_CA_CERTIFICATE",
        AddThingsToThingGroup = "ADD_THINGS_TO_THING_GROUP",
        ReplaceDefaultPolicyVersion = "REPLACE_DEFAULT_POLICY_VERSION",
        EnableIotLogging = "ENABLE_IOT_LOGGING",
        PublishFindingToSns = "PUBLISH_FINDING_TO_SNS",
    }
}

string_enum! {
    /// Enumeration `NamedShadowIndexingMode` of the service model.
    NamedShadowIndexingMode {
        Off = "OFF",
        On = "ON",
    }
}

string_enum! {
    /// Enumeration `PolicyTemplateName` of the service model.
    PolicyTemplateName {
        BlankPolicy = "BLANK_POLICY",
        LeastPrivilege = "LEAST_PRIVILEGE",
    }
}

string_enum! {
    /// Enumeration `ResourceType` of the service model.
    ResourceType {
        DeviceCertificate = "DEVICE_CERTIFICATE",
        CaCertificate = "CA_CERTIFICATE",
        IotPolicy = "IOT_POLICY",
        CognitoIdentityPool = "COGNITO_IDENTITY_POOL",
        ClientId = "CLIENT_ID",
        AccountSettings = "ACCOUNT_SETTINGS",
        RoleAlias = "ROLE_ALIAS",
        IamRole = "IAM_ROLE",
        IssuerCertificate = "ISSUER_CERTIFICATE",
    }
}

string_enum! {
    /// Enumeration `ServerCertificateStatus` of the service model.
    ServerCertificateStatus {
        Invalid = "INVALID",
        Valid = "VALID",
    }
}

string_enum! {
    /// Enumeration `ServiceType` of the service model.
    ServiceType {
        Data = "DATA",
        CredentialProvider = "CREDENTIAL_PROVIDER",
        Jobs = "JOBS",
    }
}

string_enum! {
    /// Enumeration `TargetFieldOrder` of the service model.
    TargetFieldOrder {
        LatLon = "LatLon",
        LonLat = "LonLat",
    }
}

string_enum! {
    /// Enumeration `TemplateType` of the service model.
    TemplateType {
        FleetProvisioning = "FLEET_PROVISIONING",
        Jitp = "JITP",
    }
}

string_enum! {
    /// Enumeration `ThingConnectivityIndexingMode` of the service model.
    ThingConnectivityIndexingMode {
        Off = "OFF",
        Status = "STATUS",
    }
}

string_enum! {
    /// Enumeration `ThingGroupIndexingMode` of the service model.
    ThingGroupIndexingMode {
        Off = "OFF",
        On = "ON",
    }
}

string_enum! {
    /// Enumeration `ThingIndexingMode` of the service model.
    ThingIndexingMode {
        Off = "OFF",
        Registry = "REGISTRY",
        RegistryAndShadow = "REGISTRY_AND_SHADOW",
    }
}

string_enum! {
    /// Enumeration `ThingPrincipalType` of the service model.
    ThingPrincipalType {
        ExclusiveThing = "EXCLUSIVE_THING",
        NonExclusiveThing = "NON_EXCLUSIVE_THING",
    }
}
