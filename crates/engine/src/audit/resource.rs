//! What a finding is about, in the shapes of AWS's `ResourceIdentifier`.

use std::fmt;

use crate::fleet::Source;
use crate::ids::CertificateId;

/// AWS's `ResourceType` enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    AccountSettings,
    CaCertificate,
    ClientId,
    CognitoIdentityPool,
    DeviceCertificate,
    IamRole,
    IotPolicy,
    IssuerCertificate,
    RoleAlias,
}

/// One resource. The order is the order of findings in a report: by kind, then by identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    AccountSettings { account: String },
    CaCertificate(CertificateId),
    ClientId(String),
    CognitoIdentityPool(String),
    DeviceCertificate(CertificateId),
    IamRole { arn: String },
    IotPolicy { name: String, version: String },
    IssuerCertificate { id: CertificateId, subject: String, serial: String },
    RoleAlias { arn: String },
}

/// Something a check looks at: it can be named in a finding, and the input it came from can be pointed at.
pub trait Examined {
    fn resource(&self) -> Resource;
    fn source(&self) -> Option<Source>;
}

impl ResourceType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountSettings => "ACCOUNT_SETTINGS",
            Self::CaCertificate => "CA_CERTIFICATE",
            Self::ClientId => "CLIENT_ID",
            Self::CognitoIdentityPool => "COGNITO_IDENTITY_POOL",
            Self::DeviceCertificate => "DEVICE_CERTIFICATE",
            Self::IamRole => "IAM_ROLE",
            Self::IotPolicy => "IOT_POLICY",
            Self::IssuerCertificate => "ISSUER_CERTIFICATE",
            Self::RoleAlias => "ROLE_ALIAS",
        }
    }
}

impl Resource {
    pub const fn resource_type(&self) -> ResourceType {
        match self {
            Self::AccountSettings { .. } => ResourceType::AccountSettings,
            Self::CaCertificate(_) => ResourceType::CaCertificate,
            Self::ClientId(_) => ResourceType::ClientId,
            Self::CognitoIdentityPool(_) => ResourceType::CognitoIdentityPool,
            Self::DeviceCertificate(_) => ResourceType::DeviceCertificate,
            Self::IamRole { .. } => ResourceType::IamRole,
            Self::IotPolicy { .. } => ResourceType::IotPolicy,
            Self::IssuerCertificate { .. } => ResourceType::IssuerCertificate,
            Self::RoleAlias { .. } => ResourceType::RoleAlias,
        }
    }
}

impl fmt::Display for Resource {
    /// The identifier alone, as people write it: `my-policy:3`, a certificate id, an ARN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaCertificate(id) | Self::DeviceCertificate(id) | Self::IssuerCertificate { id, .. } => {
                write!(f, "{id}")
            }
            Self::AccountSettings { account: text }
            | Self::ClientId(text)
            | Self::CognitoIdentityPool(text)
            | Self::IamRole { arn: text }
            | Self::RoleAlias { arn: text } => f.write_str(text),
            Self::IotPolicy { name, version } => write!(f, "{name}:{version}"),
        }
    }
}
