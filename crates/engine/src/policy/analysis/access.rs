//! Which parts of the AWS IoT API a role may use, in the classes of the audit checks on roles.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{ActionClass, classify, covers, iot_actions, matches_action};
use super::automaton::{Budget, Outcome, State, search};
use super::breadth::{any_thing, covering};
use super::condition::Scenario;
use super::rules::Rules;
use super::{STATES_MAX, StatementRef};
use crate::policy::document::{Document, Effect, Pattern, Statement};
use crate::policy::vocabulary::IOT_ACTIONS;

/// Names of actions that a list holds at most; `total` counts the rest.
pub const ACTIONS_LISTED_MAX: usize = 16;

/// The `iot:` actions that a role's policies grant, data plane actions left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiAccess {
    /// Actions that manage things, on any resource.
    pub thing_write: GrantedActions,
    /// Actions that read about a thing, on any resource.
    pub thing_read: GrantedActions,
    /// Those of `thing_read` that are granted for things that the policies do not limit.
    pub thing_read_broad: GrantedActions,
    /// Every other action, also such as this version does not know.
    pub other: GrantedActions,
}

/// Actions of one class and the Allow statements that grant them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantedActions {
    /// Sorted, with prefix, for example `iot:CreateThing`; at most [`ACTIONS_LISTED_MAX`].
    pub actions: Vec<String>,
    /// How many there are in all.
    pub total: usize,
    /// Sorted, without repetition.
    pub statements: Vec<StatementRef>,
}

impl GrantedActions {
    /// Nothing of this class is granted.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn of(found: BTreeMap<String, StatementRef>) -> Self {
        let statements: BTreeSet<StatementRef> = found.values().copied().collect();
        Self {
            total: found.len(),
            statements: statements.into_iter().collect(),
            actions: found.into_keys().take(ACTIONS_LISTED_MAX).collect(),
        }
    }
}

/// The `iot:` actions that the documents grant together on at least one resource.
///
/// An action counts when some resource is left after the Deny statements that apply whatever the request holds.
/// Conditions of an Allow do not excuse it, unless they can never hold.
pub fn iot_api_access(documents: &[&Document]) -> ApiAccess {
    let mut found: [BTreeMap<String, StatementRef>; 4] = Default::default();
    let [write, read, read_broad, other] = &mut found;
    // Actions that the same statements cover share one answer.
    let mut answers: BTreeMap<Vec<StatementRef>, Answer> = BTreeMap::new();
    for name in all_actions(documents) {
        let class = classify(&name);
        if class == ActionClass::DataPlane {
            continue;
        }
        let action = format!("iot:{name}");
        let by = covering(documents, |statement| covers(&statement.actions, &action));
        let Some(first) = by.iter().copied().find(|source| source.allows(documents)) else { continue };
        let answer = answers.entry(by).or_insert_with(|| Answer::of(documents, &action, first));
        let Some(granted) = answer.granted else { continue };
        match class {
            ActionClass::ThingWrite => write.insert(action, granted),
            ActionClass::ThingRead => {
                if let Some(broad) = answer.broad {
                    read_broad.insert(action.clone(), broad);
                }
                read.insert(action, granted)
            }
            ActionClass::Other | ActionClass::DataPlane => other.insert(action, granted),
        };
    }
    let [thing_write, thing_read, thing_read_broad, other] = found.map(GrantedActions::of);
    ApiAccess { thing_write, thing_read, thing_read_broad, other }
}

/// The `iot:` actions that an IoT policy allows although they are no device's: those that change something in AWS IoT itself, which
/// is what IAM policies are for, and such as nobody knows. Reading is left out.
///
/// Of what a wildcard or `NotAction` covers together with actions of devices, only that counts which is allowed on more than the
/// resources of devices: `iot:*` on `thing/lamp` is short for its shadows and jobs.
pub fn administration(document: &Document) -> GrantedActions {
    let documents = &[document];
    let mut found = BTreeMap::new();
    let mut answers: BTreeMap<(Vec<StatementRef>, bool), Option<StatementRef>> = BTreeMap::new();
    for name in all_actions(documents) {
        let action = format!("iot:{name}");
        if is_reading(&name) || is_of_devices(&action) {
            continue;
        }
        let by = covering(documents, |statement| covers(&statement.actions, &action));
        let Some(first) = by.iter().copied().find(|source| source.allows(documents)) else { continue };
        let meant = |source: &StatementRef| {
            let statement = document.statements.get(source.statement);
            statement.is_some_and(|statement| {
                let patterns = &statement.actions.patterns;
                statement.effect == Effect::Allow
                    && !statement.actions.negated
                    && patterns.iter().any(|pattern| is_meant(&pattern.node, &action))
            })
        };
        let is_meant = by.iter().any(meant);
        let granted = answers.entry((by, is_meant)).or_insert_with(|| {
            let relevant = |statement: &Statement| covers(&statement.actions, &action);
            let rules = Rules::compile(documents, Scenario::Unknown, relevant)?;
            let asked =
                if is_meant { some_iot_resource(&rules) } else { some_resource_of(&rules, ADMINISTERED) };
            decided(asked, first)
        });
        if let Some(granted) = *granted {
            found.insert(action, granted);
        }
    }
    GrantedActions::of(found)
}

/// What resources are that devices do not act on, as their ARNs begin behind the account (Service Authorization Reference, resource
/// types defined by AWS IoT).
const ADMINISTERED: &[&str] = &[
    "authorizer/",
    "billinggroup/",
    "cacert/",
    "cert/",
    "domainconfiguration/",
    "fleetmetric/",
    "index/",
    "job/",
    "jobtemplate/",
    "mitigationaction/",
    "otaupdate/",
    "policy/",
    "provisioningtemplate/",
    "rule/",
    "scheduledaudit/",
    "securityprofile/",
    "stream/",
    "thinggroup/",
    "thingtype/",
    "tunnel/",
];

/// Whether a request for the action changes nothing, by its name.
fn is_reading(name: &str) -> bool {
    const READING: [&str; 6] = ["describe", "get", "list", "search", "test", "validate"];
    let name = name.to_ascii_lowercase();
    READING.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether devices ask for the action.
fn is_of_devices(action: &str) -> bool {
    IOT_ACTIONS.iter().any(|known| known.name.eq_ignore_ascii_case(action))
}

/// Whether the pattern covers the action and none of devices.
fn is_meant(pattern: &Pattern, action: &str) -> bool {
    matches_action(pattern, action) && !IOT_ACTIONS.iter().any(|known| matches_action(pattern, known.name))
}

/// Every action that there is, and those that the documents name.
fn all_actions(documents: &[&Document]) -> impl Iterator<Item = String> {
    iot_actions().map(str::to_owned).chain(unknown_actions(documents))
}

/// Actions under `iot:` that a statement names in full and the catalog does not hold.
fn unknown_actions(documents: &[&Document]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for statement in documents.iter().flat_map(|document| &document.statements) {
        if statement.actions.negated {
            continue;
        }
        for pattern in &statement.actions.patterns {
            let Some((service, name)) = pattern.node.as_literal().and_then(|text| text.split_once(':'))
            else {
                continue;
            };
            let is_known = |known: &str| known.eq_ignore_ascii_case(name);
            if service.eq_ignore_ascii_case("iot")
                && !iot_actions().any(is_known)
                && !names.iter().any(|known| is_known(known))
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

struct Answer {
    /// An Allow that grants the action on some resource.
    granted: Option<StatementRef>,
    /// An Allow that grants it for unlimited things.
    broad: Option<StatementRef>,
}

impl Answer {
    fn of(documents: &[&Document], action: &str, first: StatementRef) -> Self {
        let rules =
            Rules::compile(documents, Scenario::Unknown, |statement| covers(&statement.actions, action));
        let Some(rules) = rules else { return Self { granted: None, broad: None } };
        Self {
            granted: decided(some_iot_resource(&rules), first),
            broad: decided(any_thing(&rules).map(|(_, by)| by), first),
        }
    }
}

/// Who grants something; what could not be decided counts as granted, by `first`.
fn decided(outcome: Outcome<StatementRef>, first: StatementRef) -> Option<StatementRef> {
    match outcome {
        Outcome::Found(by) => Some(by),
        Outcome::Undecided => Some(first),
        Outcome::Nothing => None,
    }
}

/// Whether the rules grant a request on any IoT resource, or one of those that have none and are authorized on `*`.
fn some_iot_resource(rules: &Rules) -> Outcome<StatementRef> {
    some_resource_of(rules, &[""])
}

/// As above, of resources that begin so behind the account.
fn some_resource_of(rules: &Rules, kinds: &[&str]) -> Outcome<StatementRef> {
    let start = rules.set.start();
    if let Some(by) = rules.granted(&rules.read(&start, "*")) {
        return Outcome::Found(by);
    }
    let mut outcome = Outcome::Nothing;
    for prefix in rules.prefixes() {
        let prefixed = rules.read_prefix(&start, prefix);
        for kind in kinds {
            outcome = outcome.or_else(|| some_resource(rules, &rules.read(&prefixed, kind)));
        }
    }
    outcome
}

/// Whether anything is granted after what has been read.
pub(super) fn some_resource(rules: &Rules, from: &State) -> Outcome<StatementRef> {
    let found = search(
        from.clone(),
        &mut Budget(STATES_MAX / 10),
        |state, next| {
            for symbol in rules.alphabet.symbols() {
                let after = rules.set.step(state, symbol);
                if !rules.is_dead(&after) {
                    next.push(((), after));
                }
            }
        },
        |state| rules.granted(state),
    );
    found.map(|(_, by)| by)
}
