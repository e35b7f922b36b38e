//! Who may do something with a topic: the caller's policies and the topic's own decide together
//! ([policy evaluation](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)).
//! In the topic's account, either may allow; from another account, both must. A deny in either is a deny.

use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::Topic;
use thingwarden_store::{Reader, StoreError};

use super::arn::TopicArn;
use super::error::{denied, invalid, topic_arn};
use super::policy::{self, Verdict};
use crate::api::Stored;
use crate::auth::authorize::{Access, Refusal, RequestFacts, access_context, authorize_access};
use crate::auth::{Caller, Kind};
use crate::iam::{Cx, tags};
use crate::query::service::Action;
use crate::query::{Form, QueryError};
use crate::sts::trust::Asker;

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The topic whose ARN is in this parameter.
    Topic(&'static str),
    /// The topic of the parameter `TopicArn` or `TargetArn`.
    Published,
    /// The topic that is about to be made.
    NewTopic,
    /// No particular resource: `*`.
    Anything,
}

/// What lets an account back in whose policy denies it everything: the account itself may always do this.
const NEVER_LOCKED: &[&str] = &[
    "sns:GetTopicAttributes",
    "sns:SetTopicAttributes",
    "sns:AddPermission",
    "sns:RemovePermission",
    "sns:DeleteTopic",
];

/// Who asks for what.
struct Asked<'a> {
    caller: &'a Caller,
    /// The service that acts through the caller.
    service: Option<&'a str>,
    access: Access<'a>,
    facts: RequestFacts<'a>,
}

/// Looks whether the caller of a request may do this.
///
/// # Errors
/// `AuthorizationError` when it may not, `InvalidParameter` when an ARN is none.
pub(super) fn authorize(
    cx: &Cx,
    store: &Reader<'_>,
    action: &Action<Target>,
    form: &Form,
) -> Result<(), QueryError> {
    let permission = match action.permission {
        "sns:PublishBatch" => "sns:Publish",
        permission => permission,
    };
    let arn = match action.target {
        Target::Topic(parameter) => Some(topic_arn(cx, parameter, form.peek(parameter).unwrap_or_default())?),
        Target::Published => {
            let text = form.peek("TopicArn").or_else(|| form.peek("TargetArn"));
            let text =
                text.ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
            Some(topic_arn(cx, "TopicArn", text)?)
        }
        Target::NewTopic => {
            let name = form.peek("Name").filter(|name| super::arn::is_name(name));
            let name = name.ok_or_else(|| invalid("Topic Name"))?;
            Some(TopicArn::new(&super::scope(cx), name))
        }
        Target::Anything => None,
    };
    let request_tags = tags::take(&mut form.clone())?;
    let mut keys = vec![];
    if permission == "sns:Subscribe" {
        for (key, parameter) in [("sns:Protocol", "Protocol"), ("sns:Endpoint", "Endpoint")] {
            keys.push((key, form.peek(parameter).map(str::to_owned).into_iter().collect()));
        }
    }
    if let Ok(untagged) = tags::take_keys(&mut form.clone()) {
        keys.push(("aws:TagKeys", untagged));
    }
    let resources: Vec<String> = arn.iter().map(ToString::to_string).collect();
    let access = Access {
        action: permission,
        resources: &resources,
        shown: None,
        request_tags: &request_tags,
        keys: &keys,
        granted: false,
    };
    let asked = Asked { caller: &cx.caller, service: None, access, facts: cx.facts() };
    permit(store, arn.as_ref(), &asked).map_err(|refusal| match refusal {
        Refusal::Denied(denial) => denied(denial.to_string()),
        Refusal::Invalid(message) => invalid(message),
        Refusal::Lookup(error) => {
            tracing::error!(request_id = %cx.request_id, %error, "authorization failed");
            QueryError::new(500, "InternalError", "the server could not authorize the request")
        }
    })
}

/// Whether a session of a role may publish to a topic when a service acts through it, for `source_arn`.
///
/// # Errors
/// When it may not, with the reason; or when the store fails.
pub(super) fn may_publish(
    store: &Reader<'_>,
    caller: &Caller,
    service: &str,
    arn: &TopicArn,
    source_arn: &str,
    now_ms: i64,
) -> Result<(), Refusal> {
    let keys = [
        ("aws:SourceArn", vec![source_arn.to_owned()]),
        ("aws:SourceAccount", vec![caller.account().to_owned()]),
    ];
    let access = Access {
        action: "sns:Publish",
        resources: &[arn.to_string()],
        shown: None,
        request_tags: &[],
        keys: &keys,
        granted: false,
    };
    let facts = RequestFacts {
        source_ip: None,
        secure: true,
        user_agent: None,
        region: &arn.scope.region,
        now: Timestamp::from_millis(now_ms),
    };
    permit(store, Some(arn), &Asked { caller, service: Some(service), access, facts })
}

fn permit(store: &Reader<'_>, arn: Option<&TopicArn>, asked: &Asked<'_>) -> Result<(), Refusal> {
    let verdict = match arn {
        Some(arn) => of_topic(store, arn, asked)?,
        None => None,
    };
    let Asked { caller, access, facts, .. } = asked;
    let own = arn.is_none_or(|arn| &*arn.scope.account == caller.account());
    let is_owner = own && *caller.kind() == Kind::Root;
    if verdict == Some(Verdict::Denied) && !(is_owner && NEVER_LOCKED.contains(&access.action)) {
        return Err(Refusal::by_resource(caller, access, true));
    }
    let granted = own && verdict == Some(Verdict::Allowed);
    let _permit = authorize_access(caller, &Access { granted, ..*access }, facts, &Stored(store))?;
    match verdict {
        // Whether there is a topic in another account is not for everybody to know; of one that is not kept on this
        // server, the service itself judges.
        _ if own || asked.service.is_some() && verdict.is_none() => Ok(()),
        Some(Verdict::Allowed | Verdict::ToAccount) => Ok(()),
        _ => Err(Refusal::by_resource(caller, access, false)),
    }
}

/// What the policy of a topic says; none when there is no topic.
fn of_topic(store: &Reader<'_>, arn: &TopicArn, asked: &Asked<'_>) -> Result<Option<Verdict>, Refusal> {
    let lookup = |error: StoreError| Refusal::Lookup(crate::auth::authorize::LookupError(Box::new(error)));
    let store = store.in_scope(&arn.scope).map_err(lookup)?;
    let Some(topic) = store.get::<Topic>(&arn.name).map_err(lookup)? else { return Ok(None) };
    let context = access_context(asked.caller, &asked.access, &asked.facts)?;
    let mut askers = vec![Asker::Caller(asked.caller)];
    askers.extend(asked.service.map(Asker::Service));
    policy::judge(arn, &topic, &askers, asked.access.action, &context).map(Some).map_err(lookup)
}
