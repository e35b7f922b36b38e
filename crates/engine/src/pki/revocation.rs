//! stub
use super::{NameDigest, KeyIdDigest, SerialNumber};
use crate::time::Timestamp;
#[derive(Debug, Clone, Default)]
pub struct Revocations;
#[derive(Debug, Clone)]
pub enum RevocationStatus { Revoked { at: Timestamp, reason: Option<&'static str>, crl_stale: bool }, Good, Unknown(UnknownRevocation) }
#[derive(Debug, Clone, thiserror::Error)]
#[error("none")]
pub enum UnknownRevocation { NoCrl }
impl Revocations {
    pub fn status(&self, _: &NameDigest, _: Option<KeyIdDigest>, _: &SerialNumber, _: bool, _: Timestamp) -> RevocationStatus { RevocationStatus::Unknown(UnknownRevocation::NoCrl) }
}
#[derive(Debug, Clone)]
pub struct SharedFactor { pub index: usize, pub partners: Vec<usize> }
pub fn batch_gcd(_: &[&[u8]], _: usize, _: &dyn Fn(u64, u64)) -> Vec<SharedFactor> { vec![] }
