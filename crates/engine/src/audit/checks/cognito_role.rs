//! What the checks of authenticated and unauthenticated Cognito roles share: reading a pool's role.

use super::super::prelude::*;
use crate::fleet::IdentityPool;
use crate::policy::document::Document;

/// Judges the policies of each pool's roles, or notes what is missing.
pub(super) fn each_pool_role(
    fleet: &dyn FleetView,
    found: &mut Findings,
    roles_of: fn(&IdentityPool) -> &[String],
    judge: fn(&IdentityPool, &str, &[&Document], &mut Findings),
) {
    fleet.each_identity_pool(&mut |pool| {
        let roles = roles_of(pool);
        found.examined();
        let mut judged = true;
        for arn in roles {
            let Some(role) = fleet.role(arn) else {
                found.gap(format!("no data: IAM role `{arn}`"), Some(&pool.resource()));
                judged = false;
                continue;
            };
            for missing in &role.missing {
                found.gap(format!("no data: {missing}"), Some(&pool.resource()));
                judged = false;
            }
            let documents: Vec<&Document> = role.documents.iter().map(|document| &**document).collect();
            judge(pool, arn, &documents, found);
        }
        if !judged {
            found.unexamined();
        }
    });
}

/// The finding of one reason, with the actions that caused it, if there are any.
pub(super) fn report(
    pool: &IdentityPool,
    role: &str,
    reason: Reason,
    actions: &[String],
    found: &mut Findings,
) {
    if actions.is_empty() {
        return;
    }
    let sentence = format!("{} [{}].", reason.text.trim_end_matches('.'), actions.join(", "));
    let finding = found.push(pool, reason).saying(sentence);
    finding.related_to(Related { resource: Resource::IamRole { arn: role.to_owned() }, additional: vec![] });
}
