//! What the two role alias checks share: the role behind the alias, and what it used.

use std::collections::BTreeSet;

use super::super::prelude::*;
use crate::fleet::RoleAlias;
use crate::policy::document::Document;

/// "In the past year" of the guide.
const USE_WINDOW: Duration = Duration::days(365);

/// A role alias with the policies of its role.
pub(super) struct RoleUnderAlias<'a> {
    alias: &'a RoleAlias,
    pub(super) role_arn: &'a str,
    pub(super) documents: Vec<&'a Document>,
}

/// Judges each alias whose role is in the picture, and notes what is missing of the others.
pub(super) fn each_role_alias(
    fleet: &dyn FleetView,
    found: &mut Findings,
    mut judge: impl FnMut(&RoleUnderAlias<'_>, &mut Findings),
) {
    fleet.each_role_alias(&mut |alias| {
        let Some(role) = fleet.role(&alias.role_arn) else {
            return found.gap(format!("no data: IAM role `{}`", alias.role_arn), Some(&alias.resource()));
        };
        if role.missing.is_empty() {
            found.examined();
        }
        for missing in &role.missing {
            found.gap(format!("no data: {missing}"), Some(&alias.resource()));
        }
        let documents = role.documents.iter().map(|document| &**document).collect();
        judge(&RoleUnderAlias { alias, role_arn: &alias.role_arn, documents }, found);
    });
}

/// Services that the role was used for in the year before the audit; `None` when nobody asked IAM.
pub(super) fn services_used(fleet: &dyn FleetView, role_arn: &str) -> Option<BTreeSet<String>> {
    let since = fleet.now() - USE_WINDOW;
    let used = &fleet.service_use(role_arn)?.last_authenticated;
    Some(
        used.iter()
            .filter(|(_, last)| last.is_some_and(|last| last >= since))
            .map(|(name, _)| name.clone())
            .collect(),
    )
}

impl RoleUnderAlias<'_> {
    /// The finding of one reason, if there is anything to name.
    pub(super) fn report(&self, reason: Reason, names: &[String], found: &mut Findings) {
        if names.is_empty() {
            return;
        }
        let sentence = format!("{} [{}].", reason.text.trim_end_matches('.'), names.join(", "));
        let finding = found.push(self.alias, reason).saying(sentence);
        let resource = Resource::IamRole { arn: self.role_arn.to_owned() };
        finding.related_to(Related { resource, additional: vec![] });
    }

    pub(super) fn gap_of_use(&self, found: &mut Findings) {
        let why = format!("no data: service-last-accessed details of role `{}`", self.role_arn);
        found.gap(why, Some(&self.alias.resource()));
    }
}
