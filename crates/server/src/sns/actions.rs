//! The actions of SNS: those that are served, with what they are about and who carries them out, and those that are not.

use thingwarden_store::Scope;

use super::access::{self, Target};
use super::{messages, subscriptions, tags, topics};
use crate::iam::Cx;
use crate::query;
use crate::query::service::{Action, Api, Handler, Read, Write};

/// SNS.
pub(super) const API: Api<Target> = Api {
    protocol: query::Service { namespace: "http://sns.amazonaws.com/doc/2010-03-31/", version: "2010-03-31" },
    actions: ACTIONS,
    not_served: NOT_SERVED,
    scope,
    authorize: access::authorize,
};

/// Topics belong to an account and a region.
pub(super) fn scope(cx: &Cx) -> Scope {
    Scope::new(cx.caller.account(), &cx.region)
}

const fn read(permission: &'static str, target: Target, run: Read) -> Action<Target> {
    Action { permission, target, handler: Handler::Read(run) }
}

const fn write(permission: &'static str, target: Target, run: Write) -> Action<Target> {
    Action { permission, target, handler: Handler::Write(run) }
}

const TOPIC: Target = Target::Topic("TopicArn");
const TAGGED: Target = Target::Topic("ResourceArn");

/// What each is about is what the
/// [Service Authorization Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html)
/// says.
const ACTIONS: &[Action<Target>] = &[
    write("sns:AddPermission", TOPIC, topics::add_permission),
    write("sns:ConfirmSubscription", TOPIC, subscriptions::confirm),
    write("sns:CreateTopic", Target::NewTopic, topics::create),
    write("sns:DeleteTopic", TOPIC, topics::delete),
    read("sns:GetSubscriptionAttributes", Target::Anything, subscriptions::get_attributes),
    read("sns:GetTopicAttributes", TOPIC, topics::get_attributes),
    read("sns:ListSubscriptions", Target::Anything, subscriptions::list),
    read("sns:ListSubscriptionsByTopic", TOPIC, subscriptions::list_by_topic),
    read("sns:ListTagsForResource", TAGGED, tags::list),
    read("sns:ListTopics", Target::Anything, topics::list),
    write("sns:Publish", Target::Published, messages::publish),
    write("sns:PublishBatch", TOPIC, messages::publish_batch),
    write("sns:RemovePermission", TOPIC, topics::remove_permission),
    write("sns:SetSubscriptionAttributes", Target::Anything, subscriptions::set_attributes),
    write("sns:SetTopicAttributes", TOPIC, topics::set_attributes),
    write("sns:Subscribe", TOPIC, subscriptions::subscribe),
    write("sns:TagResource", TAGGED, tags::tag),
    write("sns:Unsubscribe", Target::Anything, subscriptions::unsubscribe),
    write("sns:UntagResource", TAGGED, tags::untag),
];

/// What AWS has besides: text messages, pushes to phones, data protection. This list may only become shorter.
const NOT_SERVED: &[&str] = &[
    "CheckIfPhoneNumberIsOptedOut",
    "CreatePlatformApplication",
    "CreatePlatformEndpoint",
    "CreateSMSSandboxPhoneNumber",
    "DeleteEndpoint",
    "DeletePlatformApplication",
    "DeleteSMSSandboxPhoneNumber",
    "GetDataProtectionPolicy",
    "GetEndpointAttributes",
    "GetPlatformApplicationAttributes",
    "GetSMSAttributes",
    "GetSMSSandboxAccountStatus",
    "ListEndpointsByPlatformApplication",
    "ListOriginationNumbers",
    "ListPhoneNumbersOptedOut",
    "ListPlatformApplications",
    "ListSMSSandboxPhoneNumbers",
    "OptInPhoneNumber",
    "PutDataProtectionPolicy",
    "SetEndpointAttributes",
    "SetPlatformApplicationAttributes",
    "SetSMSAttributes",
    "VerifySMSSandboxPhoneNumber",
];
