//! Meaning of policies.
use super::Document;
#[derive(Debug, Clone)]
pub struct BroadGrant {
    pub action: &'static str,
    pub witness: String,
    pub statement: usize,
}
pub fn broad_data_plane_actions(_: &Document) -> Vec<BroadGrant> {
    vec![]
}
pub fn broad_data_plane_actions_of(_: &[&Document]) -> Vec<BroadGrant> {
    vec![]
}
#[derive(Debug, Clone)]
pub struct Misconfiguration {
    pub kind: MisconfigurationKind,
    pub statement: usize,
}
#[derive(Debug, Clone)]
pub enum MisconfigurationKind {
    MqttWildcardInDeny { resource: String },
    DeniedFilterReachable { filter: String, topic: String },
}
pub fn misconfigurations(_: &Document) -> Vec<Misconfiguration> {
    vec![]
}
#[derive(Debug, Clone, Default)]
pub struct Granted;
impl Granted {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}
#[derive(Debug, Clone, Default)]
pub struct ApiAccess {
    pub thing_write: Granted,
    pub thing_read: Granted,
    pub thing_read_broad: Granted,
    pub other: Granted,
}
pub fn iot_api_access(_: &[&Document]) -> ApiAccess {
    ApiAccess::default()
}
#[derive(Debug, Clone, Default)]
pub struct ServiceGrants;
impl ServiceGrants {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    pub fn administrative(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    pub fn all(&self) -> bool {
        false
    }
    pub fn all_administrative(&self) -> bool {
        false
    }
    pub fn security_auditing(&self) -> Vec<&str> {
        vec![]
    }
}
pub fn services(_: &[&Document]) -> ServiceGrants {
    ServiceGrants
}
