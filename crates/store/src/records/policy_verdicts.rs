//! What is wrong with versions of policies, worked out when they are written, so that no audit reads a document.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thingwarden_engine::policy::analysis::{
    self, BroadGrant, DeniedButReachable, DenyMistakes, broad_data_plane_actions, data_plane_action,
};
use thingwarden_engine::policy::document::{Dialect, Document};
use thingwarden_engine::policy::parse;
use thingwarden_engine::prove::{self, Lengths, PolicyProofs, shown_grants, shown_mistakes};

use crate::error::StoreError;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;
use crate::records::PolicyVersion;

/// What there is to say of a version of a policy. Every version has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVerdict {
    /// The policy's name.
    pub policy: String,
    /// The version's number.
    pub version: i64,
    /// Whether it is the policy's default version.
    pub in_force: bool,
    /// What is wrong with it.
    pub flaws: PolicyFlaws,
}

/// What a policy document allows too broadly or denies in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFlaws {
    /// The [`revision`] that says so; 0 when nobody has looked yet.
    pub revision: u32,
    /// Data plane actions that are broadly allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    broad: Vec<StoredGrant>,
    /// A denied resource with an MQTT wildcard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mqtt_wildcard: Option<String>,
    /// A request on it that is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    still_allowed: Option<String>,
    /// A denied filter that is reachable: the allowed filter and a topic; only an empty text without an example; nothing when
    /// undecided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reachable: Option<Vec<String>>,
    /// The Deny statements of both, from 0.
    #[serde(default)]
    mistaken_statements: [Option<usize>; 2],
    /// Ways to touch other devices, each with requests that do it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    crossings: Vec<(String, Vec<String>)>,
    /// The statements that allow them, from 0.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    crossing_statements: BTreeSet<usize>,
    /// A client id of another device under which it lets a device connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connects_as: Option<String>,
    /// The statements that allow it, from 0.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    connect_statements: BTreeSet<usize>,
    /// Deny statements without effect, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dead_denies: Vec<(usize, String)>,
    /// Actions that it allows and that are no device's; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    administers: Vec<String>,
    /// How many there are in all.
    #[serde(default)]
    administers_total: usize,
    /// The statements that allow them, from 0.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    administer_statements: BTreeSet<usize>,
    /// What could not be proved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    out_of_bounds: Vec<String>,
    /// Why this revision cannot read the document, which an earlier one could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// What verdicts are good for where names may be so long: the analysis's revision, with a mark of lengths that are not AWS's.
pub fn revision(lengths: Lengths) -> u32 {
    const REVISION_BITS: u32 = 10;
    let Lengths { client_id_bytes, topic_bytes, topic_slashes } = lengths;
    // FNV-1a: stays what it is from one program to the next.
    let mark = [client_id_bytes, topic_bytes, topic_slashes]
        .into_iter()
        .flat_map(u16::to_le_bytes)
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mark = if lengths == Lengths::AWS { 0 } else { mark << REVISION_BITS };
    mark | analysis::REVISION
}

/// One action that a policy allows broadly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredGrant {
    action: String,
    /// A resource that is allowed; empty when undecided.
    witness: String,
    undecided: bool,
}

impl PolicyFlaws {
    /// [`PolicyFlaws::bits`] of a document that allows something broadly.
    pub const BROAD: i64 = 1;
    /// Of one with a likely mistake in a Deny statement.
    pub const MISTAKEN: i64 = 2;
    /// Of one that cannot be read.
    pub const UNREADABLE: i64 = 4;
    /// Of one with something proved, or that could not be.
    pub const PROVEN: i64 = 8;

    /// Of a document, with examples that hold in this place. Takes a millisecond or two as a rule, and seconds for one
    /// that is made to be hard.
    pub fn of(document: &Document, place: &prove::Scope) -> Self {
        let mistakes = shown_mistakes(document, DenyMistakes::of(document), place);
        let proofs = PolicyProofs::of(document, place.lengths);
        let broad = shown_grants(document, broad_data_plane_actions(document), Some(&proofs), place);
        let grant = |grant: BroadGrant| StoredGrant {
            action: grant.action.to_owned(),
            witness: grant.witness,
            undecided: grant.undecided,
        };
        Self {
            revision: revision(place.lengths),
            broad: broad.into_iter().map(grant).collect(),
            mqtt_wildcard: mistakes.mqtt_wildcard,
            still_allowed: mistakes.still_allowed,
            reachable: mistakes.reachable.map(|reachable| match reachable {
                DeniedButReachable::Through { filter, topic } => vec![filter, topic],
                DeniedButReachable::WithoutExample => vec![String::new()],
                DeniedButReachable::Undecided => vec![],
            }),
            mistaken_statements: mistakes.statements,
            crossings: proofs.crossings,
            crossing_statements: proofs.crossing_statements,
            connects_as: proofs.connects_as,
            connect_statements: proofs.connect_statements,
            dead_denies: proofs.dead_denies,
            administers: proofs.administers,
            administers_total: proofs.administers_total,
            administer_statements: proofs.administer_statements,
            out_of_bounds: proofs.out_of_bounds,
            unreadable: None,
        }
    }

    /// Of a document's text; [`PolicyFlaws::unreadable`] when it is none.
    pub fn of_text(text: &str, place: &prove::Scope) -> Self {
        match parse(text, Dialect::Iot) {
            Ok(document) => Self::of(&document, place),
            Err(error) => {
                let revision = revision(place.lengths);
                Self { revision, unreadable: Some(error.to_string()), ..Self::default() }
            }
        }
    }

    /// Which kinds of flaws there are; 0 when there are none.
    pub fn bits(&self) -> i64 {
        let mistaken = self.mqtt_wildcard.is_some() || self.reachable.is_some();
        let bit = |is_set: bool, bit| if is_set { bit } else { 0 };
        bit(!self.broad.is_empty(), Self::BROAD)
            | bit(mistaken, Self::MISTAKEN)
            | bit(self.unreadable.is_some(), Self::UNREADABLE)
            | bit(!self.proofs().is_empty(), Self::PROVEN)
    }

    /// Actions that are broadly allowed. Which statement allows them is not kept.
    ///
    /// # Errors
    /// `Corrupt` when an action has a name that the revision that judged cannot have written.
    pub fn broad(&self) -> Result<Vec<BroadGrant>, StoreError> {
        let grant = |stored: &StoredGrant| {
            let action = data_plane_action(&stored.action).ok_or_else(|| StoreError::Corrupt {
                what: "a verdict on a policy".to_owned(),
                why: format!("there is no action `{}`", stored.action),
            })?;
            let (witness, undecided) = (stored.witness.clone(), stored.undecided);
            Ok(BroadGrant { action, witness, document: 0, statement: 0, undecided })
        };
        self.broad.iter().map(grant).collect()
    }

    /// What was proved of it.
    pub fn proofs(&self) -> PolicyProofs {
        PolicyProofs {
            crossings: self.crossings.clone(),
            crossing_statements: self.crossing_statements.clone(),
            connects_as: self.connects_as.clone(),
            connect_statements: self.connect_statements.clone(),
            dead_denies: self.dead_denies.clone(),
            administers: self.administers.clone(),
            administers_total: self.administers_total,
            administer_statements: self.administer_statements.clone(),
            out_of_bounds: self.out_of_bounds.clone(),
        }
    }

    /// Likely mistakes in Deny statements.
    pub fn mistakes(&self) -> DenyMistakes {
        let reachable = self.reachable.as_ref().map(|texts| match texts.as_slice() {
            [filter, topic] => DeniedButReachable::Through { filter: filter.clone(), topic: topic.clone() },
            [_] => DeniedButReachable::WithoutExample,
            _ => DeniedButReachable::Undecided,
        });
        let (mqtt_wildcard, still_allowed) = (self.mqtt_wildcard.clone(), self.still_allowed.clone());
        DenyMistakes { mqtt_wildcard, still_allowed, reachable, statements: self.mistaken_statements }
    }
}

impl Record for PolicyVerdict {
    const KIND: Kind = Kind {
        table: "policy_verdict",
        columns: &[
            Column::text("policy"),
            Column::integer("in_force"),
            Column::integer("flaws"),
            Column::integer("revision"),
        ],
        indexes: &[
            Index::on(&["policy"]),
            Index::on(&["revision"]),
            Index::where_not_zero("flaws", &["in_force"]),
        ],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(PolicyVersion::id_of(&self.policy, self.version))
    }

    fn columns(&self) -> Vec<Value> {
        let flaws = &self.flaws;
        vec![
            self.policy.as_str().into(),
            self.in_force.into(),
            flaws.bits().into(),
            i64::from(flaws.revision).into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, bits: i64) {
        let document = parse(text, Dialect::Iot).unwrap();
        let place = prove::Scope::example();
        let flaws = PolicyFlaws::of(&document, &place);
        assert_eq!(flaws.bits(), bits, "{text}");
        let stored = serde_json::to_string(&flaws).unwrap();
        let flaws: PolicyFlaws = serde_json::from_str(&stored).unwrap();
        let mistakes = shown_mistakes(&document, DenyMistakes::of(&document), &place);
        assert_eq!(flaws.mistakes(), mistakes, "{text}");
        assert_eq!(flaws.proofs(), PolicyProofs::of(&document, Lengths::AWS), "{text}");
        let said = |grants: &[BroadGrant]| -> Vec<_> {
            grants.iter().map(|one| (one.action, one.witness.clone(), one.undecided)).collect()
        };
        let broad = shown_grants(&document, broad_data_plane_actions(&document), None, &place);
        assert_eq!(said(&flaws.broad().unwrap()), said(&broad), "{text}");
    }

    #[test]
    fn what_is_kept_is_what_the_analysis_says() {
        let document = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let deny = |filter: &str| {
            format!(
                r#"{{"Effect":"Deny","Action":"iot:Subscribe",
                "Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/{filter}"}}"#
            )
        };
        let all = |action: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#);
        check(&document(""), 0);
        check(&document(&all("iot:*")), PolicyFlaws::BROAD | PolicyFlaws::PROVEN);
        check(&document(&deny("a/#")), PolicyFlaws::MISTAKEN);
        let both = [all("iot:Subscribe"), deny("a/#"), deny("b/*")].join(",");
        check(&document(&both), PolicyFlaws::BROAD | PolicyFlaws::MISTAKEN | PolicyFlaws::PROVEN);
    }

    #[test]
    fn what_cannot_be_read_is_a_flaw() {
        let flaws = PolicyFlaws::of_text("{", &prove::Scope::example());
        assert_eq!((flaws.bits(), flaws.revision), (PolicyFlaws::UNREADABLE, analysis::REVISION));
        assert!(flaws.unreadable.is_some_and(|why| why.contains("line 1")));
    }

    #[test]
    fn verdicts_are_good_for_lengths() {
        assert_eq!(revision(Lengths::AWS), analysis::REVISION);
        let other = Lengths { topic_slashes: 8, ..Lengths::AWS };
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:123456789012:topic/1/2/3/4/5/6/7/8/9"}]}"#;
        let of = |lengths| PolicyFlaws::of_text(text, &prove::Scope { lengths, ..prove::Scope::example() });
        let (of_aws, of_other) = (of(Lengths::AWS), of(other));
        assert_eq!((of_aws.dead_denies.len(), of_other.dead_denies.len()), (1, 0));
        assert_ne!(of_aws.revision, of_other.revision);
        assert!(of_other.revision > 0);
    }
}
