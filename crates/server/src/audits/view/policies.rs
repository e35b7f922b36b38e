//! Policies with the verdicts on them, which are worked out once per document.

use std::sync::Arc;

use thingwarden_engine::fleet::PolicyInForce;
use thingwarden_engine::ids::{encode_hex, sha256};
use thingwarden_engine::policy::analysis::{
    self, BroadGrant, DeniedButReachable, DenyMistakes, broad_data_plane_actions, data_plane_action,
};
use thingwarden_engine::policy::document::{Dialect, Document};
use thingwarden_engine::policy::parse;
use thingwarden_store::Query;
use thingwarden_store::records::{Policy, PolicyVerdict, PolicyVersion, StoredGrant};

use super::StoreView;

/// A policy and what is to be said of its default version.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) policy: PolicyInForce,
    pub(super) broad: Vec<BroadGrant>,
    pub(super) mistakes: DenyMistakes,
}

impl StoreView<'_> {
    pub(super) fn judged(&self) -> &[Judged] {
        self.judged.get_or_init(|| {
            let mut judged = vec![];
            self.stream(&Query::default(), &mut |policy: Policy| judged.extend(self.judge(&policy)));
            judged
        })
    }

    fn judge(&self, policy: &Policy) -> Option<Judged> {
        let id = PolicyVersion::id_of(&policy.name, policy.default_version);
        let version = self.attempt(self.reader.get::<PolicyVersion>(&id))?;
        let document = encode_hex(&sha256(version.document.as_bytes()));
        let stored = self.attempt(self.reader.get::<PolicyVerdict>(&policy.name));
        let known = stored
            .filter(|one| one.document == document && one.revision == analysis::REVISION)
            .as_ref()
            .and_then(read);
        let (broad, mistakes) = match known {
            Some(known) => known,
            None => {
                // No policy is stored that cannot be read.
                let parsed = parse(&version.document, Dialect::Iot).ok()?;
                let (broad, mistakes) = work_out(&parsed);
                let verdict = write(&policy.name, document, &broad, &mistakes);
                self.new_verdicts.borrow_mut().push(verdict);
                (broad, mistakes)
            }
        };
        let (name, version) = (policy.name.as_str().into(), version.version.to_string());
        let policy = PolicyInForce { name, version: Arc::from(version), source: None };
        Some(Judged { policy, broad, mistakes })
    }
}

fn work_out(document: &Document) -> (Vec<BroadGrant>, DenyMistakes) {
    (broad_data_plane_actions(document), DenyMistakes::of(document))
}

fn write(policy: &str, document: String, broad: &[BroadGrant], mistakes: &DenyMistakes) -> PolicyVerdict {
    let grant = |grant: &BroadGrant| StoredGrant {
        action: grant.action.to_owned(),
        witness: grant.witness.clone(),
        undecided: grant.undecided,
    };
    PolicyVerdict {
        policy: policy.to_owned(),
        document,
        revision: analysis::REVISION,
        broad: broad.iter().map(grant).collect(),
        mqtt_wildcard: mistakes.mqtt_wildcard.clone(),
        reachable: mistakes.reachable.as_ref().map(|reachable| match reachable {
            DeniedButReachable::Through { filter, topic } => vec![filter.clone(), topic.clone()],
            DeniedButReachable::Undecided => vec![],
        }),
    }
}

/// None when it names an action that nobody knows.
fn read(verdict: &PolicyVerdict) -> Option<(Vec<BroadGrant>, DenyMistakes)> {
    let grant = |stored: &StoredGrant| {
        Some(BroadGrant {
            action: data_plane_action(&stored.action)?,
            witness: stored.witness.clone(),
            document: 0,
            statement: 0,
            undecided: stored.undecided,
        })
    };
    let broad = verdict.broad.iter().map(grant).collect::<Option<Vec<_>>>()?;
    let reachable = verdict.reachable.as_ref().map(|texts| match texts.as_slice() {
        [filter, topic] => DeniedButReachable::Through { filter: filter.clone(), topic: topic.clone() },
        _ => DeniedButReachable::Undecided,
    });
    Some((broad, DenyMistakes { mqtt_wildcard: verdict.mqtt_wildcard.clone(), reachable }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str) {
        let (broad, mistakes) = work_out(&parse(document, Dialect::Iot).unwrap());
        let (read_broad, read_mistakes) = read(&write("p", String::new(), &broad, &mistakes)).unwrap();
        assert_eq!(read_mistakes, mistakes, "{document}");
        let said = |grants: &[BroadGrant]| -> Vec<_> {
            grants.iter().map(|one| (one.action, one.witness.clone(), one.undecided)).collect()
        };
        assert_eq!(said(&read_broad), said(&broad), "{document}");
    }

    #[test]
    fn a_verdict_reads_back_as_it_was() {
        check(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#);
        check(
            r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"iot:Subscribe","Resource":"*"},
                {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/a/#"},
                {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/b/*"}]}"#,
        );
        check(r#"{"Version":"2012-10-17","Statement":[]}"#);
    }
}
